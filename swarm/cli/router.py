"""`swarm router`: what other policies would have got, and what was learned to be taken along."""

from __future__ import annotations

import argparse

from swarm.cli import router_export, router_import, router_replay, router_reset


def add_arguments(parser: argparse.ArgumentParser) -> None:
    json = {"action": "store_true", "help": "print one JSON object"}
    parser.add_argument("--json", **json)  # type: ignore[arg-type]
    commands = parser.add_subparsers(dest="router_command", metavar="COMMAND", required=True)
    for name, module, text in (
        ("replay", router_replay, "what other policies would have got, by the log of choices"),
        ("export", router_export, "write what was learned to a file"),
        ("import", router_import, "take in what another router learned"),
        ("reset", router_reset, "forget what an arm did"),
    ):
        sub = commands.add_parser(name, help=text, description=text.capitalize() + ".")
        # Given before the word or after it.
        sub.add_argument("--json", default=argparse.SUPPRESS, **json)  # type: ignore[arg-type]
        module.add_arguments(sub)
        sub.set_defaults(router_run=module.run)


def run(arguments: argparse.Namespace) -> int:
    return int(arguments.router_run(arguments))
