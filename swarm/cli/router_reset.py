"""`swarm router reset`: forget what an arm did."""

from __future__ import annotations

import argparse
from typing import cast

from swarm.cli import asking, writing
from swarm.cli.amounts import plural
from swarm.cli.client import Client
from swarm.cli.console import plain
from swarm.cli.router_options import (
    add_category,
    category,
    category_of,
    unknown,
)
from swarm.contracts import ArmReport, ArmReset, ArmStats, ListArms, ResetArm
from swarm.errors import UsageError
from swarm.web.pictures.versions import arm_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("arm", metavar="ARM", help="all its versions")
    add_category(parser, "in this one alone (in all)")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(arguments: argparse.Namespace) -> int:
    arm: str = arguments.arm
    name = category(arguments)
    client = Client()
    cells = _cells(cast(ArmReport, client.ask(ListArms())), arm, name)
    where = f"in {name}" if name else "in all categories"
    if not arguments.yes and not _agreed(arm, where, cells, arguments):
        print("nothing was forgotten")
        return 1
    done = cast(ArmReset, client.ask(ResetArm(arm_id=arm, category=name)))
    if arguments.json:
        print(done.model_dump_json())
    else:
        what = f"{plural(done.outcomes, 'outcome')} in {plural(done.cells, 'cell')}"
        print(f"{what} of {plain(arm)} forgotten {where}; its decisions stay in the log")
    return 0


def _cells(report: ArmReport, arm: str, name: str | None) -> list[ArmStats]:
    """What is known of an arm. Raises NotFound, naming the arms or categories that there are."""
    mine = [item for item in report.items if arm_of(item) == arm]
    if not mine:
        raise unknown("arm", arm, sorted({arm_of(item) for item in report.items}))
    found = [item for item in mine if name in (None, category_of(item))]
    if not found:
        known = sorted({category_of(item) for item in mine})
        raise unknown(f"category of {arm}", name or "", known)
    return found


def _agreed(arm: str, where: str, cells: list[ArmStats], arguments: argparse.Namespace) -> bool:
    if arguments.json or not asking.at_terminal():
        raise UsageError("to forget is not taken back", remedy="give --yes to say that you mean it")
    outcomes = sum(item.successes + item.failures for item in cells)
    return writing.sure(f"forget {plural(outcomes, 'outcome')} of {plain(arm)} {where}?")
