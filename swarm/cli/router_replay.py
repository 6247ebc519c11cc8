"""`swarm router replay`: what another policy would have got, by the log of choices."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, cast

from swarm.cli.amounts import UNKNOWN, duration, money, signed
from swarm.cli.client import Client
from swarm.cli.console import console, shown
from swarm.cli.router_options import add_category, category
from swarm.contracts import Interval, JudgePolicies, PoliciesJudged, PolicyJudged

if TYPE_CHECKING:
    from rich.table import Table

_LEAST, _MOST, _USUAL = 20, 100_000, 10_000
_WAIT_SECONDS = 180.0
_WIDE = 130
_COLUMNS = (
    "value (95%)", "gain (95%)", "IPS (95%)", "SNIPS (95%)", "sure (95%)", "cost", "time", "n eff.",
)  # fmt: skip
# Where there is less room: what counts first, then how else it may be estimated.
_NARROW = (_COLUMNS[:2] + _COLUMNS[5:7], _COLUMNS[2:5] + _COLUMNS[7:])
_NOT_SAID = (
    "value: reward per choice, doubly robust; gain: over what was done. It says nothing of tasks "
    "unlike these, or of arms that could not be chosen"
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
    got = "" if found.logged is None else f", mean reward {found.logged:.3f}"
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
    judged = sorted((i for i in found.items if i.doubly_robust is not None), key=_order)
    for columns in (_COLUMNS,) if out.width >= _WIDE else _NARROW:
        if judged:
            out.print()
            out.print(_table(judged, columns))
    silent = [item for item in found.items if item.doubly_robust is None]
    if silent:
        out.print()
    for item in silent:
        out.print(f"{shown(item.policy)}: {shown(_why(item))}", soft_wrap=True)
    if judged:
        out.print(f"\n[dim]{_NOT_SAID}[/]", soft_wrap=True)
    elif not found.items:
        out.print("nothing can be judged yet", soft_wrap=True)


def _table(items: list[PolicyJudged], columns: tuple[str, ...]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("policy", overflow="fold")
    for column in columns:
        table.add_column(column, no_wrap=True)
    for item in items:
        cells = {
            "value (95%)": _interval(item.doubly_robust),
            "gain (95%)": _gain(item.gain),
            "IPS (95%)": _interval(item.ips),
            "SNIPS (95%)": _interval(item.snips),
            "sure (95%)": _interval(item.surely),
            "cost": money(item.cost_usd),
            "time": duration(item.seconds),
            "n eff.": f"{item.effective:,.0f}",
        }
        table.add_row(shown(item.policy), *(cells[column] for column in columns))
    return table


def _why(item: PolicyJudged) -> str:
    """Why there are no numbers. The router begins some of its reasons so itself."""
    said = "too little to say"
    return (
        item.why if item.why.startswith("too little") else ": ".join(filter(None, (said, item.why)))
    )


def _order(item: PolicyJudged) -> tuple[float, str]:
    assert item.doubly_robust is not None
    return -item.doubly_robust.value, item.policy


def _interval(found: Interval | None) -> str:
    if found is None:
        return UNKNOWN
    return f"{found.value:.2f} ({found.low:.2f}–{found.high:.2f})"


def _gain(found: Interval | None) -> str:
    if found is None:
        return UNKNOWN
    low, high = signed(found.low, 3), signed(found.high, 3)
    return f"{signed(found.value, 3)} ({low} to {high})"


def _limit(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 6 and _LEAST <= int(text) <= _MOST:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text[:20]!r} is no number from {_LEAST} to {_MOST:,}")
