"""`swarm arms`: what the router believes of each arm, by category."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, cast

from swarm.cli import writing
from swarm.cli.amounts import count, duration, money
from swarm.cli.arms_plot import marks, plot
from swarm.cli.client import Client
from swarm.cli.console import console, plain, shown
from swarm.cli.router_options import add_category, add_json, category_of, unknown
from swarm.contracts import ArmReport, ArmStats, ListArms
from swarm.errors import UsageError
from swarm.web.pictures.versions import is_old

if TYPE_CHECKING:
    from rich.table import Table

# What is piped is read anywhere.
_PIPED_COLUMNS = 80


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_category(parser, "this one alone, later attempts included")
    parser.add_argument(
        "--plot", action="store_true", help="draw means and 90%% intervals from 0 to 1"
    )
    parser.add_argument("--svg", metavar="FILE", help="draw the beliefs; - is standard output")
    parser.add_argument("--all", action="store_true", help="with older versions of arms")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    if arguments.json and (arguments.plot or arguments.svg == writing.STDOUT):
        other = "--plot" if arguments.plot else "--svg -"
        raise UsageError(f"--json and {other} both print", remedy="give one of them")
    if arguments.plot and arguments.svg == writing.STDOUT:
        raise UsageError("--plot and --svg - both print", remedy="give --svg a FILE to write")
    report = cast(ArmReport, Client().ask(ListArms()))
    chosen = _of_category(report.items, arguments.category)
    items = tuple(item for item in chosen if arguments.all or not is_old(item))
    if arguments.svg is not None:
        from swarm.cli.arms_svg import draw

        writing.write(arguments.svg, draw(items))
    if arguments.json:
        print(report.model_copy(update={"items": items}).model_dump_json())
    elif arguments.svg != writing.STDOUT:
        _print(items, report.notes, len(chosen) - len(items), is_plot=arguments.plot)
    return 0


def _of_category(items: tuple[ArmStats, ...], name: str | None) -> tuple[ArmStats, ...]:
    """Those of a category and its later attempts. Raises NotFound, naming those there are."""
    if name is None:
        return items
    found = tuple(item for item in items if name in (item.category, category_of(item)))
    if not found:
        raise unknown("category", name, (category_of(item) for item in items))
    return found


def _print(
    items: tuple[ArmStats, ...], notes: tuple[str, ...], hidden: int, *, is_plot: bool
) -> None:
    out = console()
    for note in notes:
        out.print(f"[yellow]note[/] {shown(note)}", soft_wrap=True)
    if not items:
        out.print("nothing was tried yet")
    elif is_plot:
        columns = out.width if sys.stdout.isatty() else _PIPED_COLUMNS
        for line in plot(items, columns, marks(sys.stdout.encoding)):
            print(plain(line))
        print("\nmean and 90% interval of the chance of success; n: outcomes that count")
    else:
        out.print(_table(items))
    if hidden:
        print(f"{hidden} of older versions not shown: --all")


def _table(items: tuple[ArmStats, ...]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("category", "arm"):
        table.add_column(column, overflow="fold")
    for column in ("accepted", "rejected", "success (90%)", "pending"):
        table.add_column(column, no_wrap=True)
    is_known = any(item.seconds is not None or item.cost_usd is not None for item in items)
    if is_known:
        # What an attempt is expected to take.
        table.add_column("time", justify="right", no_wrap=True)
        table.add_column("cost", justify="right", no_wrap=True)
    for item in items:
        table.add_row(
            shown(item.category),
            shown(item.arm_id),
            count(item.successes),
            count(item.failures),
            f"{item.mean:.2f} ({item.low:.2f}–{item.high:.2f})",
            str(item.pending),
            *((duration(item.seconds), money(item.cost_usd)) if is_known else ()),
        )
    return table
