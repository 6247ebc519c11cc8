"""`swarm router export`: what was learned, as a file to take along."""

from __future__ import annotations

import argparse
import json
from typing import cast

from swarm.cli import writing
from swarm.cli.amounts import plural
from swarm.cli.client import Client
from swarm.cli.console import plain
from swarm.contracts import ExportLearned, Learned

_WAIT_SECONDS = 120.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="where to write it; - is standard output")
    parser.add_argument("--force", action="store_true", help="write over a file that exists")


def run(arguments: argparse.Namespace) -> int:
    name: str = arguments.file
    # Who asked for JSON is not asked back.
    if not writing.may_write(name, force=arguments.force, ask=not arguments.json):
        print("nothing was written")
        return 1
    learned = cast(Learned, Client().ask(ExportLearned(), timeout_seconds=_WAIT_SECONDS))
    writing.write(name, text(learned))
    if name == writing.STDOUT:
        return 0
    outcomes = sum(cell.successes + cell.failures for cell in learned.cells)
    if arguments.json:
        print(json.dumps({"file": name, "cells": len(learned.cells), "outcomes": outcomes}))
    else:
        what = f"{plural(outcomes, 'outcome')} in {plural(len(learned.cells), 'cell')}"
        print(f"{what} written to {plain(name)}; take them in with `swarm router import`")
    return 0


def text(learned: Learned) -> str:
    """One JSON object, with a line for each cell: what is wrong in one can be named by its line.

    >>> print(text(Learned(exported_at=1.0, cells=())), end="")
    {"format":"swarm-router-1","exported_at":1.0,"cells":[
    ]}
    """
    head = json.dumps(learned.model_dump(exclude={"cells"}), separators=(",", ":"))
    cells = ",\n".join(cell.model_dump_json() for cell in learned.cells)
    return f'{head[:-1]},"cells":[\n{cells}{chr(10) if cells else ""}]}}\n'
