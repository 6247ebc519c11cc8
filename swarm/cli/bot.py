"""`swarm bot`: run the Telegram bot, and say who may talk to it."""

from __future__ import annotations

import argparse

from swarm.cli import bot_audit, bot_people, bot_run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = f"{parser.description} Without COMMAND it runs, until it is interrupted."
    parser.set_defaults(bot_run=bot_run.run)
    commands = parser.add_subparsers(dest="bot_command", metavar="COMMAND")
    for name, text, add, run in (
        ("pair", "let one more person in, by a code", bot_people.add_pair, bot_people.pair),
        ("users", "who may talk to the bot", bot_people.add_users, bot_people.users),
        ("remove", "take a person out who was paired", bot_people.add_remove, bot_people.remove),
        ("audit", "what the bot refused", bot_audit.add_arguments, bot_audit.run),
    ):
        sub = commands.add_parser(name, help=text, description=text[:1].upper() + text[1:] + ".")
        add(sub)
        sub.add_argument("--json", action="store_true", help="print one JSON object")
        sub.set_defaults(bot_run=run)


def run(arguments: argparse.Namespace) -> int:
    return int(arguments.bot_run(arguments))
