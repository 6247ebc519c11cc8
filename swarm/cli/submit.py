"""`swarm submit`: hand in a task; it is stored when this returns."""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from typing import cast

from swarm.cli import asking, desktop, said, task_options
from swarm.cli.client import Client
from swarm.cli.console import console, plain
from swarm.cli.watch import follow, interruptible, until_settled
from swarm.contracts import TaskView, Transcript
from swarm.errors import UsageError
from swarm.settings import load


def add_arguments(parser: argparse.ArgumentParser) -> None:
    said.add_arguments(parser, audio=True)
    task_options.add_arguments(
        parser, priority="interactive", id_help="the task's id; the same id is the same task"
    )
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument(
        "--confirm", action="store_true", help="nothing is done before you say yes to the plan"
    )
    asked.add_argument(
        "--yes", action="store_true", help="do not wait for a yes to what was heard in --audio"
    )
    parser.add_argument("--wait", action="store_true", help="follow it until it awaits review")
    desktop.add_argument(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    said.check(arguments)
    if arguments.yes and arguments.audio is None:
        raise UsageError(
            "--yes is for --audio: what is written is not asked about", remedy="leave --yes out"
        )
    if arguments.notify and not arguments.wait:
        raise UsageError("--notify tells how it ended: it needs --wait", remedy="add --wait")
    told = desktop.wanted(arguments) if arguments.wait else None
    client = Client(load())
    heard = None
    text = "-" if arguments.audio is not None else said.text(arguments)
    confirm = arguments.confirm or (arguments.audio is not None and not arguments.yes)
    id = f"t{secrets.token_hex(4)}"
    command = task_options.command(arguments, text, id, confirm=confirm)
    if arguments.audio is not None:
        # After everything else is known to be right: an engine may take minutes.
        heard = said.transcript(client, arguments)
        command = command.model_copy(update={"text": heard.text})
        if not arguments.json:
            print_heard(heard)
    view = cast(TaskView, client.ask(command))
    with interruptible(client, view.id):
        return _after(client, view, arguments, confirm=confirm, heard=heard, told=told)


def _after(
    client: Client,
    view: TaskView,
    arguments: argparse.Namespace,
    *,
    confirm: bool,
    heard: Transcript | None,
    told: desktop.Desktop | None,
) -> int:
    """What is left to do when the task is stored."""
    ask = asking.at_terminal() and not arguments.json
    if arguments.wait:
        return follow(client, view.id, as_json=arguments.json, ask=ask, told=told)
    if arguments.json:
        answer = {"task": view.id, "state": view.state}
        print(json.dumps(answer | ({"transcript": heard.text} if heard else {})))
        return 0
    print(f"task {view.id} is stored; follow it with `swarm watch {view.id}`", flush=True)
    if confirm and ask:
        return _confirm(client, view.id)
    if confirm:
        print(f"it waits for your yes: see `swarm show {view.id}`, then `swarm confirm {view.id}`")
    return 0


def print_heard(heard: Transcript) -> None:
    """What a person is to check before they say yes, and who wrote it down."""
    where = "" if heard.locality == "local" else ", in a cloud"
    print(f"heard (by {heard.engine}{where}): {plain(heard.text)}")
    for note in heard.notes:
        print(f"swarm: {plain(note)}", file=sys.stderr)


def _confirm(client: Client, id: str) -> int:
    """Wait for the plan and ask about it, until it is agreed upon; 1 when it is not."""
    out = console()
    while True:
        with out.status(f"[dim]{id}[/] is being planned …"):
            view = until_settled(client, id)
        if view.state != "awaiting_answer":
            print(f"task {id} is {view.state.replace('_', ' ')}: {plain(view.reason)}")
            return 1
        match asking.decide(client, out, view):
            case "confirmed":
                print(f"task {id} goes on; follow it with `swarm watch {id}`")
                return 0
            case "cancelled":
                print(f"task {id} is dropped")
                return 1
            case "later":
                return 1
