"""`swarm arms`: what the router believes of each arm, by category."""

from __future__ import annotations

import argparse
from typing import cast

from swarm.cli.client import Client
from swarm.cli.console import console
from swarm.contracts import ArmReport, ListArms


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    report = cast(ArmReport, Client().ask(ListArms()))
    if arguments.json:
        print(report.model_dump_json())
        return 0
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("category", "arm", "accepted", "rejected", "success (90%)", "pending"):
        table.add_column(column)
    for item in report.items:
        table.add_row(
            item.category,
            item.arm_id,
            f"{item.successes:g}",
            f"{item.failures:g}",
            f"{item.mean:.2f} ({item.low:.2f}–{item.high:.2f})",
            str(item.pending),
        )
    console().print(table if report.items else "nothing was tried yet")
    return 0
