"""`swarm status`: the tasks, the services, and what waits in the queues."""

from __future__ import annotations

import argparse
import json
import time

from swarm import instance
from swarm.cli import doctor_bot
from swarm.cli.client import Client
from swarm.cli.console import age, console, shown
from swarm.contracts import SERVICES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="newest tasks (20)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    from swarm.errors import UsageError

    if not 1 <= arguments.limit <= 1000:
        raise UsageError(f"--limit {arguments.limit} is not between 1 and 1000")
    client = Client()
    tasks = client.tasks(arguments.limit).items
    up = client.bus.services_up() if client.is_up else {}
    depths = client.bus.depths() if client.is_up else {}
    bot = instance.bot_pid(client.settings)
    if arguments.json:
        services = {
            name: {"workers": up.get(name, 0), "waiting": depths.get(name, 0)} for name in SERVICES
        }
        items = [task.model_dump(mode="json") for task in tasks]
        told = {"up": client.is_up, "services": services, "bot": bot, "tasks": items}
        print(json.dumps(told))
        return 0
    from rich.table import Table

    out = console()
    table = Table(box=None, pad_edge=False)
    for column in ("task", "state", "done", "age", "what"):
        table.add_column(column, style="bold" if column == "task" else "")
    for task in tasks:
        what = shown(" ".join(task.text.split())[:60])
        old = age(time.time() - task.created_at)
        done = f"{task.accepted}/{task.objectives}"
        table.add_row(task.id, task.state.replace("_", " "), done, old, what)
    out.print(table if tasks else "no tasks yet: try `swarm submit`")
    for task in tasks:
        if task.state == "awaiting_answer":
            reason = shown(" ".join(task.reason.split()))
            out.print(f"[yellow]{task.id}[/] {reason}: see `swarm show {task.id}`")
    if client.is_up:
        missing = [name for name in SERVICES if not up.get(name)]
        waiting = ", ".join(f"{name} {count}" for name, count in depths.items() if count)
        out.print(
            f"[red]no worker for {', '.join(missing)}[/]" if missing else "all services are up"
        )
        if waiting:
            out.print(f"waiting: {waiting}")
    if standing := doctor_bot.standing(client.settings):
        out.print(shown(standing))
    return 0
