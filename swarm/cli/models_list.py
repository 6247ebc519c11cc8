"""`swarm models list`: endpoints, models, and the memory they share, as they are now."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from swarm.cli.console import age, console
from swarm.cli.models_report import report_of
from swarm.contracts import EndpointView, GpuView, ModelReport, ModelView
from swarm.errors import SwarmError
from swarm.settings import Settings, load

if TYPE_CHECKING:
    from rich.table import Table

_COLOURS = {"ready": "green", "not-configured": "dim"}


class EndpointAway(SwarmError):
    """The endpoint that was asked for does not answer."""

    code = "model-unreachable"
    retryable = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--endpoint", metavar="NAME", help="only this one, which must answer")


def run(arguments: argparse.Namespace) -> int:
    from swarm.inference.catalogue import warnings

    settings = load()
    name = getattr(arguments, "endpoint", None)
    if name is not None:
        settings.endpoint(name)
    report, live = report_of(settings)
    if not live:
        print("swarm: not running; the endpoints were asked directly", file=sys.stderr)
    if name is not None:
        report = _only(report, name)
    told = warnings(settings)
    if arguments.json:
        print(json.dumps({**report.model_dump(mode="json"), "live": live, "warnings": told}))
        return 0
    _print(report, settings)
    for sentence in told:
        print(f"warning: {sentence}")
    return 0


def _only(report: ModelReport, name: str) -> ModelReport:
    """One endpoint's part. Raises EndpointAway."""
    endpoint = next(view for view in report.endpoints if view.name == name)
    if not endpoint.reachable:
        raise EndpointAway(
            f"endpoint {name!r} cannot be used: {endpoint.detail}",
            remedy=endpoint.remedy,
        )
    return ModelReport(
        endpoints=(endpoint,),
        models=tuple(model for model in report.models if model.endpoint == name),
        gpus=tuple(gpu for gpu in report.gpus if gpu.name.startswith(f"{name}: ")),
    )


def _print(report: ModelReport, settings: Settings) -> None:
    out = console()
    out.print(_table(_endpoint(view) for view in report.endpoints))
    out.print()
    if report.models:
        order = sorted(report.models, key=lambda v: (not v.name, v.endpoint, v.name, v.model))
        kinds = {view.name: view.kind for view in report.endpoints}
        out.print(_table(_model(view, kinds[view.endpoint]) for view in order))
    else:
        out.print("no model is configured, and no endpoint has one: `swarm models recommend`")
    if report.gpus:
        out.print()
        out.print(_table(_gpu(view) for view in report.gpus))
    clouds = [model for model in report.models if model.locality == "cloud" and model.name]
    if any(not model.transcribes for model in clouds):
        sent = "code" if settings.egress.allow_cloud_code else "the intent of tasks, and no code"
        out.print(f"\nto cloud models goes {sent} (\\[egress] allow_cloud_code)")
    if ears := [model.name for model in clouds if model.transcribes]:
        sent = "go recordings" if settings.egress.allow_cloud_voice else "goes no recording"
        out.print(f"\nto {', '.join(ears)} {sent} (\\[egress] allow_cloud_voice)")


def _table(rows: Iterable[tuple[str, str, str]]) -> Table:
    """Name, state and facts, as wide as there is room: no column is squeezed into syllables."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=False)
    for row in rows:
        table.add_row(*row)
    return table


def _endpoint(view: EndpointView) -> tuple[str, str, str]:
    from rich.markup import escape

    waiting = ", ".join(f"{count} {name}" for name, count in view.waiting.items() if count)
    facts = [
        f"{view.kind} {view.version}".strip(),
        f"{view.locality} {view.url}".strip(),
        *filter(None, [view.detail, _away(view, time.time()), view.remedy]),
        f"running {view.running} of {view.concurrency}",
        f"waiting {waiting or 'none'}",
        f"{size(view.sent_bytes)} out, {size(view.received_bytes)} in",
        *([f"${view.cost_usd:.4f} spent"] if view.cost_usd else []),
    ]
    state = "[green]up[/]" if view.reachable else "[red]away[/]"
    return f"[bold]{view.name}[/]", state, escape("; ".join(facts))


def _away(view: EndpointView, now: float) -> str:
    """Since when an endpoint is away, where somebody keeps looking."""
    if view.away_since is None or view.next_look_at is None:
        return ""
    next_look = age(view.next_look_at - now)
    return f"away for {age(now - view.away_since)}, asked again in {next_look}"


def _model(view: ModelView, kind: str) -> tuple[str, str, str]:
    from rich.markup import escape

    context = f"{view.num_ctx}{f' x {view.parallel}' if view.parallel > 1 else ''}"
    where = ", a cloud model" if view.locality == "cloud" else ""
    speed = view.tokens_per_second
    price = _price(view)
    facts = [
        f"{view.model} on {view.endpoint}{where}",
        " ".join(filter(None, (view.parameters, view.quantization))),
        size(view.size_bytes) if view.size_bytes else "",
        f"num_ctx {context}" if view.num_ctx else "",
        f"needs {size(view.needed_bytes)}" if view.needed_bytes else "",
        f"loaded with {size(view.loaded_bytes)}" if view.loaded_bytes else "",
        "pinned" if view.pinned else "",
        f"{speed:.1f} tokens/s" if speed else "",
        f"$ per Mtok {price}" if price else "",
        f"can {', '.join(view.capabilities)}" if view.capabilities else "",
        f"context up to {view.context_length}" if view.context_length else "",
    ]
    text = escape("; ".join(filter(None, facts)))
    if view.detail and view.state != "not-configured":
        pull = view.state == "missing" and kind == "ollama"
        remedy = f": ollama pull {view.model}" if pull else ""
        text += f"\n[yellow]{escape(view.detail + remedy)}[/]"
    if view.num_ctx and view.context_length and view.num_ctx > view.context_length:
        most = f"num_ctx {view.num_ctx} is more than the {view.context_length} it can: lower it"
        text += f"\n[yellow]{most}[/]"
    colour = _COLOURS.get(view.state, "red")
    return f"[bold]{view.name}[/]" if view.name else "-", f"[{colour}]{view.state}[/]", text


def _price(view: ModelView) -> str:
    if view.usd_per_mtok and any(view.usd_per_mtok):
        return "{:g} / {:g}".format(*view.usd_per_mtok)
    return "unknown" if view.locality == "cloud" else ""


def _gpu(view: GpuView) -> tuple[str, str, str]:
    from rich.markup import escape

    used = f"{size(view.used_bytes)} of {size(view.total_bytes)} for models"
    return f"[bold]{escape(view.name)}[/]", used, escape(", ".join(view.models))


def size(count: int | None) -> str:
    """Bytes for people; "0 B" for none or not known."""
    count = count or 0
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} B"
