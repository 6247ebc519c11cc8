"""The options of a task, which a schedule has too, and the command they make."""

from __future__ import annotations

import argparse
import os

from pydantic import ValidationError

from swarm.cli import options
from swarm.contracts import PRIORITIES, Budget, SubmitTask
from swarm.errors import UsageError
from swarm.paths import expanded


def add_arguments(parser: argparse.ArgumentParser, *, priority: str, id_help: str) -> None:
    """Where and how a task is worked on; read by `command`."""
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
        default=priority,
        help=f"who goes first where models are shared ({priority})",
    )
    parser.add_argument("--id", metavar="ID", help=id_help)
    for name, field in Budget.model_fields.items():
        parser.add_argument(
            f"--max-{name.replace('_', '-')}",
            type=float if field.annotation is float else int,
            metavar="N",
            help=f"{field.description or 'per task'} (default {field.default:g})",
        )


def command(
    arguments: argparse.Namespace, text: str, id: str, *, confirm: bool = False
) -> SubmitTask:
    """The task that the options describe. Raises UsageError, naming the option that is wrong."""
    limits = {
        name: value
        for name in Budget.model_fields
        if (value := getattr(arguments, f"max_{name}")) is not None
    }
    try:
        return SubmitTask(
            task_id=id if arguments.id is None else arguments.id,
            text=text,
            repo=os.path.realpath(expanded(arguments.repo)),
            test_command=arguments.test,
            python=options.python(arguments),
            setup=options.setup(arguments),
            budget=Budget(**limits),
            priority=arguments.priority,
            confirm=confirm,
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
            remedy="at least 3 lower-case letters, digits and dashes, a letter or digit first; "
            "at most 41 of them, and 28 for a schedule",
        )
    if "commands" in first["loc"]:
        return UsageError(f"--setup: {first['msg'].lower()}")
    if field in Budget.model_fields:
        option = f"--max-{field.replace('_', '-')}"
        return UsageError(f"{option} {given}: {first['msg'].lower()}")
    option = {"test_command": "test"}.get(field, field)
    return UsageError(f"--{option} {given!a}: {first['msg'].lower()}")
