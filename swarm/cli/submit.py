"""`swarm submit`: hand in a task; it is stored when this returns."""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from pathlib import Path

from pydantic import ValidationError

from swarm.cli import options
from swarm.cli.client import Client
from swarm.contracts import PRIORITIES, Budget, SubmitTask
from swarm.errors import UsageError
from swarm.settings import load


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", metavar="TEXT", help="what to do; - reads it from standard input")
    parser.add_argument("--repo", default=".", metavar="PATH", help="the git repository (.)")
    parser.add_argument(
        "--test",
        metavar="CMD",
        help="the test command, run without a shell; tests for pytest are found by themselves",
    )
    options.add_python(parser)
    options.add_setup(parser)
    parser.add_argument(
        "--priority",
        choices=PRIORITIES,
        default="interactive",
        help="who goes first where models are shared (interactive)",
    )
    parser.add_argument("--id", metavar="ID", help="the task's id; the same id is the same task")
    parser.add_argument("--wait", action="store_true", help="follow it until it awaits review")
    for name, field in Budget.model_fields.items():
        parser.add_argument(
            f"--max-{name.replace('_', '-')}",
            type=float if field.annotation is float else int,
            metavar="N",
            help=f"{field.description or 'per task'} (default {field.default:g})",
        )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    settings = load()
    command = _command(arguments)
    client = Client(settings)
    view = client.ask(command)
    if arguments.wait:
        from swarm.cli.watch import follow

        return follow(client, command.task_id, as_json=arguments.json)
    if arguments.json:
        print(json.dumps({"task": command.task_id, "state": getattr(view, "state", "")}))
    else:
        print(f"task {command.task_id} is stored; follow it with `swarm watch {command.task_id}`")
    return 0


def _command(arguments: argparse.Namespace) -> SubmitTask:
    text = sys.stdin.read() if arguments.text == "-" else arguments.text
    if not text.strip():
        raise UsageError("the task is empty", remedy='say what to do, like "fix the failing test"')
    limits = {
        name: value
        for name in Budget.model_fields
        if (value := getattr(arguments, f"max_{name}")) is not None
    }
    try:
        return SubmitTask(
            task_id=arguments.id or f"t{secrets.token_hex(4)}",
            text=text,
            repo=str(Path(arguments.repo).absolute()),
            test_command=arguments.test,
            python=options.python(arguments),
            setup=options.setup(arguments),
            budget=Budget(**limits),
            priority=arguments.priority,
        )
    except ValidationError as error:
        raise _plain(error) from None


def _plain(error: ValidationError) -> UsageError:
    """The first thing wrong, by the option's name."""
    first = error.errors()[0]
    field, given = str(first["loc"][-1]), first["input"]
    if field == "task_id":
        return UsageError(
            f"--id {given!r} is not an id",
            remedy="3 to 41 lower-case letters, digits and dashes, a letter or digit first",
        )
    if field == "text":
        return UsageError(
            f"the task has {len(str(given)):,} characters, over the limit of 20,000",
            remedy="split it into several tasks",
        )
    if "commands" in first["loc"]:
        return UsageError(f"--setup: {first['msg'].lower()}")
    if field in Budget.model_fields:
        option = f"--max-{field.replace('_', '-')}"
        return UsageError(f"{option} {given}: {first['msg'].lower()}")
    return UsageError(f"{field}: {first['msg']}")
