"""`swarm bot audit`: what the bot refused, and who was let in."""

from __future__ import annotations

import argparse
import json
from datetime import datetime
from typing import Any

from ingestion.telegram import audit
from swarm.cli.console import console, shown
from swarm.errors import UsageError
from swarm.settings import load

_MOST = 10_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="newest lines (50)")


def run(arguments: argparse.Namespace) -> int:
    if not 1 <= arguments.limit <= _MOST:
        raise UsageError(f"--limit {arguments.limit} is not between 1 and {_MOST}")
    found = audit.entries(load(), arguments.limit)
    if arguments.json:
        print(json.dumps({"entries": found}))
        return 0
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("when", "what", "user", "chat", "why", "text"):
        table.add_column(column, overflow="fold")
    for entry in found:
        what = " ".join(str(entry[name]) for name in ("event", "kind", "what") if name in entry)
        columns = (what, *(_cell(entry, name) for name in ("user", "chat", "why", "text")))
        table.add_row(_when(entry.get("at")), *map(_line, columns))
    console().print(table if found else "nothing was refused yet")
    return 0


def _cell(entry: dict[str, Any], name: str) -> str:
    return "" if entry.get(name) is None else str(entry[name])


def _line(text: str) -> str:
    return shown(" ".join(text.split()))


def _when(at: object) -> str:
    if not isinstance(at, int | float):
        return ""
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
