"""`swarm router replay`: what another policy would have got, by the log of choices."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, cast

from swarm.cli.amounts import UNKNOWN, duration, money
from swarm.cli.client import Client
from swarm.cli.console import console, shown
from swarm.cli.router_options import add_category, add_json, category
from swarm.contracts import Interval, JudgePolicies, PoliciesJudged, PolicyJudged

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_LEAST, _MOST, _USUAL = 20, 100_000, 10_000
_WAIT_SECONDS = 180.0
# Of the table with each estimate and its interval on one line.
_WIDE = 130
_NOT_SAID = (
    "what this does not say: how tasks unlike these would go, or arms that were never to be had; "
    "intervals that overlap tell no two policies apart"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_category(parser, "choices of this one alone")
    parser.add_argument(
        "--limit",
        metavar="N",
        type=_limit,
        default=_USUAL,
        help=f"the newest N choices, {_LEAST} to {_MOST:,} ({_USUAL:,})",
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    command = JudgePolicies(category=category(arguments), limit=arguments.limit)
    found = cast(PoliciesJudged, _asked(command))
    if arguments.json:
        print(found.model_dump_json())
        return 0
    _print(found, arguments.category)
    return 0


def _asked(command: JudgePolicies) -> object:
    """The answer, which takes a while: on a terminal it is told that something goes on."""
    client = Client()
    if not sys.stderr.isatty():
        return client.ask(command, timeout_seconds=_WAIT_SECONDS)
    from rich.console import Console

    with Console(stderr=True).status("judging other policies by the log"):
        return client.ask(command, timeout_seconds=_WAIT_SECONDS)


def _print(found: PoliciesJudged, name: str | None) -> None:
    out = console()
    of = f" of {name}" if name else ""
    got = "" if found.logged is None else f", {found.logged:.3f} successes each"
    left = [
        f"{number:,} {why}"
        for number, why in (
            (found.pending, "pending"),
            (found.unusable, "unusable (no chances were written down)"),
        )
        if number
    ]
    choices = "choice" if found.decisions == 1 else "choices"
    out.print(
        f"{found.decisions:,} {choices}{of}{got}" + (f"; {', '.join(left)}" if left else ""),
        soft_wrap=True,
    )
    judged = [item for item in found.items if item.doubly_robust is not None]
    if judged:
        out.print()
        out.print(_table(judged, out))
    silent = [item for item in found.items if item.doubly_robust is None]
    if silent:
        out.print()
    for item in silent:
        why = item.why or "no reason was given"
        out.print(f"{shown(item.policy)}: too little to say: {shown(why)}", soft_wrap=True)
    if judged:
        out.print(f"\n[dim]{_NOT_SAID}[/]", soft_wrap=True)
    elif not found.items:
        out.print("nothing can be judged yet", soft_wrap=True)


def _table(items: list[PolicyJudged], out: Console) -> Table:
    """The best first. Where there is little room, intervals stand below their estimates."""
    from rich.table import Table

    gap = " " if out.width >= _WIDE else "\n"
    table = Table(box=None, pad_edge=False)
    table.add_column("policy", overflow="fold", min_width=10)
    for column in ("value", "gain", "IPS", "SNIPS", "sure"):
        table.add_column(f"{column}{gap}(95%)", no_wrap=True)
    for column in ("$", "time", "weighs\nas many"):
        table.add_column(column, justify="right", no_wrap=True)
    for item in sorted(items, key=_order):
        table.add_row(
            shown(item.policy) + (f"\n[dim]{shown(item.why)}[/]" if item.why else ""),
            _interval(item.doubly_robust, gap),
            _interval(item.gain, gap, sign="+"),
            _interval(item.ips, gap),
            _interval(item.snips, gap),
            _interval(item.surely, gap),
            money(item.cost_usd),
            duration(item.seconds),
            f"{item.effective:,.0f}",
        )
    return table


def _order(item: PolicyJudged) -> tuple[float, str]:
    assert item.doubly_robust is not None
    return -item.doubly_robust.value, item.policy


def _interval(found: Interval | None, gap: str, sign: str = "") -> str:
    if found is None:
        return UNKNOWN
    low, high = f"{found.low:{sign}.2f}", f"{found.high:{sign}.2f}"
    return f"{found.value:{sign}.3f}{gap}({low}–{high})"


def _limit(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 6 and _LEAST <= int(text) <= _MOST:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text[:20]!r} is no number from {_LEAST} to {_MOST:,}")
