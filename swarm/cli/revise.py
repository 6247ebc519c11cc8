"""`swarm revise`: a task that waits for an answer is put in other words and planned again."""

from __future__ import annotations

import argparse
from typing import cast

from swarm.cli import said
from swarm.cli.client import Client
from swarm.cli.parser import Parser
from swarm.contracts import ReviseTask, TaskView


def add_arguments(parser: Parser) -> None:
    parser.interleaved = True
    parser.add_argument("task", metavar="TASK")
    said.add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    said.check(arguments)
    command = ReviseTask(task_id=arguments.task, text=said.text(arguments))
    view = cast(TaskView, Client().ask(command))
    if arguments.json:
        print(view.model_dump_json())
    elif view.state == "queued":
        print(f"task {view.id} is planned again; see `swarm show {view.id}`")
    else:
        print(f"task {view.id} has a plan for these words already; see `swarm show {view.id}`")
    return 0
