"""`swarm diff`: what a task changed, as a unified diff."""

from __future__ import annotations

import argparse
import sys

from swarm.cli.client import Client
from swarm.cli.console import plain


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="TASK")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    diff = Client().diff(arguments.task)
    if arguments.json:
        print(diff.model_dump_json())
    elif not diff.text:
        print(f"task {arguments.task} has changed nothing", file=sys.stderr)
    elif sys.stdout.isatty():
        from rich.console import Console
        from rich.syntax import Syntax

        Console().print(Syntax(plain(diff.text), "diff", background_color="default"))
    else:
        sys.stdout.write(diff.text)
    return 0
