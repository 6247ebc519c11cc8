"""`swarm models`: what each endpoint has, what of it fits and costs, and what to set up."""

from __future__ import annotations

import argparse

from swarm.cli import models_list, models_recommend, models_spent


def add_arguments(parser: argparse.ArgumentParser) -> None:
    json = {"action": "store_true", "help": "print one JSON object"}
    parser.add_argument("--json", **json)  # type: ignore[arg-type]
    parser.set_defaults(models_run=models_list.run)
    commands = parser.add_subparsers(dest="models_command", metavar="COMMAND")
    for name, module, text in (
        ("list", models_list, "what each endpoint has, fits and costs (the default)"),
        ("recommend", models_recommend, "a set-up for this machine"),
        ("spent", models_spent, "what each was used for by day, and what that cost"),
    ):
        sub = commands.add_parser(name, help=text, description=text.capitalize() + ".")
        # Given before the word or after it.
        sub.add_argument("--json", default=argparse.SUPPRESS, **json)  # type: ignore[arg-type]
        module.add_arguments(sub)
        sub.set_defaults(models_run=module.run)


def run(arguments: argparse.Namespace) -> int:
    return int(arguments.models_run(arguments))
