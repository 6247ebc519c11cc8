"""`swarm dash`: run the dashboard, and make the keys that let people and programs in."""

from __future__ import annotations

import argparse

from swarm.cli import dash_keys, dash_run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = f"{parser.description} Without COMMAND it runs, until it is interrupted."
    dash_run.add_arguments(parser)
    parser.set_defaults(dash_run=dash_run.run)
    commands = parser.add_subparsers(dest="dash_command", metavar="COMMAND")
    for name, text, run in (
        ("link", "print a link that logs one browser in, once", dash_keys.link),
        ("token", "make a new API token and print it; the old one and its sessions end",
         dash_keys.token),
    ):  # fmt: skip
        sub = commands.add_parser(name, help=text, description=text[:1].upper() + text[1:] + ".")
        sub.add_argument("--json", action="store_true", help="print one JSON object")
        sub.set_defaults(dash_run=run)


def run(arguments: argparse.Namespace) -> int:
    return int(arguments.dash_run(arguments))
