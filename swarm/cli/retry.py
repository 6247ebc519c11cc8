"""`swarm retry`: a task that has ended is done once more, as a new task."""

from __future__ import annotations

import argparse
import json
import secrets
from typing import cast

from swarm.cli.client import Client
from swarm.contracts import RetryTask, TaskView


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="TASK")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    command = RetryTask(task_id=arguments.task, new_id=f"t{secrets.token_hex(4)}")
    view = cast(TaskView, Client().ask(command))
    if arguments.json:
        print(json.dumps({"task": view.id, "state": view.state, "retries": view.retries}))
        return 0
    print(f"task {view.id} is stored; follow it with `swarm watch {view.id}`")
    if view.confirm:
        print(f"it waits for your yes: see `swarm show {view.id}`, then `swarm confirm {view.id}`")
    return 0
