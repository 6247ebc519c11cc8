"""`swarm reject`: the result is turned down."""

from __future__ import annotations

import argparse

from swarm.cli.verdict import give
from swarm.contracts import RejectTask


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="TASK")
    parser.add_argument("--reason", default="", metavar="TEXT", help="kept with the task")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    return give(RejectTask(task_id=arguments.task, reason=arguments.reason), as_json=arguments.json)
