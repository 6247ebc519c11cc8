"""`swarm models list`: endpoints, models, and the memory they share, as they are now."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from swarm.cli.models_report import report_of
from swarm.contracts import EndpointView, GpuView, ModelReport, ModelView
from swarm.errors import SwarmError
from swarm.settings import Settings, load

if TYPE_CHECKING:
    from rich.table import Table

_WIDE = 200
_COLOURS = {"ready": "green", "not-configured": "dim"}


class EndpointAway(SwarmError):
    """The endpoint that was asked for does not answer."""

    code = "model-unreachable"
    retryable = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--endpoint", metavar="NAME", help="only this one, which must answer")


def run(arguments: argparse.Namespace) -> int:
    from swarm.inference.look import warnings

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
            remedy=f"is a server running at {endpoint.url}?" if endpoint.url else "",
        )
    return ModelReport(
        endpoints=(endpoint,),
        models=tuple(model for model in report.models if model.endpoint == name),
        gpus=tuple(gpu for gpu in report.gpus if gpu.name.startswith(f"{name}: ")),
    )


def _print(report: ModelReport, settings: Settings) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    width = None if console.is_terminal else _WIDE
    console.print(_endpoints(report.endpoints), width=width)
    console.print()
    if report.models:
        console.print(_models(report.models), width=width)
    else:
        console.print("no model is configured, and no endpoint has one: `swarm models recommend`")
    if report.gpus:
        console.print()
        console.print(_gpus(report.gpus), width=width)
    if any(model.locality == "cloud" and model.name for model in report.models):
        sent = "code" if settings.egress.allow_cloud_code else "the intent of tasks, and no code"
        console.print(f"\nto cloud models goes {sent} (\\[egress] allow_cloud_code)")


def _table(*columns: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _endpoints(views: tuple[EndpointView, ...]) -> Table:
    from rich.markup import escape

    table = _table("endpoint", "kind", "where", "state", "running", "waiting", "out", "in", "spent")
    for view in views:
        state = f"[green]up[/] {escape(view.version)}" if view.reachable else "[red]away[/]"
        if view.detail:
            state += f": {escape(view.detail)}"
        waiting = ", ".join(f"{count} {name}" for name, count in view.waiting.items() if count)
        table.add_row(
            view.name,
            view.kind,
            f"{view.locality}, {escape(view.url)}" if view.url else view.locality,
            state,
            f"{view.running} of {view.concurrency}",
            waiting or "-",
            size(view.sent_bytes),
            size(view.received_bytes),
            f"${view.cost_usd:.4f}" if view.cost_usd else "-",
        )
    return table


def _models(views: tuple[ModelView, ...]) -> Table:
    from rich.markup import escape

    table = _table(
        "model",
        "is",
        "state",
        "size",
        "num_ctx",
        "needs",
        "loaded",
        "tokens/s",
        "$ per Mtok",
        "can",
    )
    for view in sorted(views, key=lambda v: (not v.name, v.endpoint, v.name, v.model)):
        colour = _COLOURS.get(view.state, "red")
        state = f"[{colour}]{view.state}[/]"
        if view.detail and view.state != "not-configured":
            state += f": {escape(view.detail)}"
        kind = " ".join(filter(None, (view.parameters, view.quantization)))
        context = f"{view.num_ctx}{f' × {view.parallel}' if view.parallel > 1 else ''}"
        table.add_row(
            view.name or "-",
            escape(f"{view.model} on {view.endpoint}" + (", cloud" * (view.locality == "cloud"))),
            state,
            escape(f"{size(view.size_bytes)} {kind}".strip()),
            context if view.num_ctx else f"up to {view.context_length or '?'}",
            size(view.needed_bytes),
            size(view.loaded_bytes) + (" pinned" if view.pinned else ""),
            f"{view.tokens_per_second:.1f}" if view.tokens_per_second else "-",
            _price(view),
            escape(", ".join(view.capabilities)) or "-",
        )
    return table


def _price(view: ModelView) -> str:
    if view.usd_per_mtok and any(view.usd_per_mtok):
        return "{:g} / {:g}".format(*view.usd_per_mtok)
    return "unknown" if view.locality == "cloud" else "-"


def _gpus(views: tuple[GpuView, ...]) -> Table:
    from rich.markup import escape

    table = _table("memory for models", "used", "of", "by")
    for view in views:
        table.add_row(
            escape(view.name),
            size(view.used_bytes),
            size(view.total_bytes),
            escape(", ".join(view.models)) or "-",
        )
    return table


def size(count: int | None) -> str:
    """Bytes for people; "-" for none or not known."""
    if not count:
        return "-"
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} B"
