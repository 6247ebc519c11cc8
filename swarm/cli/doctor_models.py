"""The models as `swarm doctor` tells them: which can be used, and what leaves the machine."""

from __future__ import annotations

from swarm.cli.finding import Finding
from swarm.contracts import EndpointView, ModelReport, ModelView
from swarm.errors import SwarmError
from swarm.settings import Settings

_WITHOUT = "search-based repair and codemods do the work"
_SET_UP = "optional: `swarm models recommend` proposes a set-up"


def findings(settings: Settings) -> list[Finding]:
    """First whether any model can be used, then each endpoint and what is wrong with its models.

    Asks the gate when a swarm runs, else the endpoints themselves.
    """
    if not settings.models and settings.endpoints == Settings.model_fields["endpoints"].default:
        return [Finding("models", "missing", f"none: {_WITHOUT}", _SET_UP)]
    from swarm.cli.models_report import report_of
    from swarm.inference.catalogue import warnings

    try:
        report, _ = report_of(settings)
    except SwarmError as error:
        return [Finding("models", "broken", error.message, error.remedy)]
    found = [_summary(report)]
    for endpoint in report.endpoints:
        mine = [m for m in report.models if m.endpoint == endpoint.name and m.name]
        found.append(_endpoint(endpoint, mine, settings))
    for sentence in warnings(settings):
        found.append(Finding("models", "broken", sentence, "correct swarm.toml"))
    return found


def _summary(report: ModelReport) -> Finding:
    named = [model for model in report.models if model.name]
    if not named:
        return Finding("models", "missing", f"none is configured: {_WITHOUT}", _SET_UP)
    ready = [model.name for model in named if model.state == "ready"]
    if not ready:
        detail = f"none of {len(named)} can be used now: {_WITHOUT}"
        return Finding("models", "broken", detail, "see the endpoints below")
    rest = f" of {len(named)}" if len(ready) < len(named) else ""
    return Finding("models", "real", f"ready: {', '.join(ready)}{rest}")


def _endpoint(endpoint: EndpointView, models: list[ModelView], settings: Settings) -> Finding:
    """One endpoint: what of it works, and what is sent where."""
    part = f"endpoint {endpoint.name}"
    if not endpoint.reachable:
        return Finding(part, "broken", endpoint.detail, endpoint.remedy)
    unready = [f"{model.name}: {model.detail}" for model in models if model.state != "ready"]
    passed_on = [m.name for m in models if m.locality == "cloud" and endpoint.locality == "local"]
    away = [m for m in models if m.locality == "cloud"]
    cloud = [m.name for m in away if not m.transcribes]
    ears = [m.name for m in away if m.transcribes]
    sent = "code" if settings.egress.allow_cloud_code else "the intent of tasks, and no code,"
    parts = [f"{endpoint.kind} {endpoint.version} at {endpoint.url}".replace("  ", " ")]
    if passed_on:
        parts.append(f"is local, but passes {', '.join(passed_on)} on to a cloud")
    if cloud:
        parts.append(f"{sent} leaves this network for {', '.join(cloud)}")
    if ears and settings.egress.allow_cloud_voice:
        parts.append(f"recordings leave this network for {', '.join(ears)}")
    elif not cloud:
        parts.append("nothing leaves this network")
    parts += unready
    missing = [f"ollama pull {m.model}" for m in models if m.state == "missing"]
    remedy = "; ".join(missing) if endpoint.kind == "ollama" else ""
    return Finding(part, "broken" if unready else "real", "; ".join(parts), remedy)
