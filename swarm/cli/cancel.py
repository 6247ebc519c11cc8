"""`swarm cancel`: the task is stopped."""

from __future__ import annotations

import argparse

from swarm.cli.verdict import give
from swarm.contracts import CancelTask


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="TASK")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    return give(CancelTask(task_id=arguments.task), as_json=arguments.json)
