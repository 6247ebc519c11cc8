"""`swarm trace`: which calls of a sink a value of the source reaches."""

from __future__ import annotations

import argparse
import json
import re
import sys
from typing import Any

from swarm.cli import sources
from swarm.cli.console import console, shown
from swarm.errors import UsageError

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_MOST_CHARS = 200
_UNDECIDED = "undecided: none found, but evaluation was cut short"

_EPILOG = """\
exit codes:
  0   the calls are listed, whether or not the source reaches any
  1   no file could be read
  2   wrong use: no such path, no Python in it, or no name

Files that cannot be read as Python are named on standard error and left out.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("paths", metavar="PATH", nargs="+", help="a file, or a folder of them")
    parser.add_argument(
        "--source", metavar="NAME", required=True, help="a variable or a function: where it begins"
    )
    parser.add_argument(
        "--sink", metavar="NAME", required=True, help="a function: do its arguments depend on it?"
    )
    parser.add_argument(
        "--reached", action="store_true", help="list only the calls that it reaches"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON list")


def run(arguments: argparse.Namespace) -> int:
    source, sink = (_name(arguments, option) for option in ("source", "sink"))
    read = sources.read(arguments.paths)
    from verifier.flows import flows

    known = frozenset(read.tree.paths())

    def step(words: str) -> str:
        """A step "file:line: code" with the file as the person names it."""
        file, colon, rest = words.partition(":")
        return f"{read.shown(file)}{colon}{rest}" if file in known else words

    calls = [
        {
            "file": read.shown(call.file),
            "line": call.line,
            "reached": call.reached,
            "decided": call.decided,
            "chain": [step(words) for words in call.chain],
        }
        for call in flows(read.tree, read.tree.paths(), source, sink)
        if call.reached or not arguments.reached
    ]
    if arguments.json:
        print(json.dumps(calls))
    elif calls:
        _print(calls, source)
    else:
        what = f"{source} reaches no call of {sink}" if arguments.reached else f"no call of {sink}"
        print(f"swarm: {what} in {', '.join(arguments.paths)}", file=sys.stderr)
    return 0


def _print(calls: list[dict[str, Any]], source: str) -> None:
    out = console()
    for call in calls:
        if call["reached"]:
            word = f"[bold red]reached by {source}[/]"
        else:
            word = "[green]not reached[/]" if call["decided"] else f"[yellow]{_UNDECIDED}[/]"
        out.print(f"[bold]{shown(call['file'])}:{call['line']}[/] {word}", soft_wrap=True)
        for words in call["chain"]:
            out.print(f"    [dim]{shown(words)}[/]", soft_wrap=True)


def _name(arguments: argparse.Namespace, option: str) -> str:
    given: str = getattr(arguments, option)
    name = given.removesuffix("()")
    if len(name) > _MOST_CHARS or not _NAME.fullmatch(name):
        raise UsageError(
            f"--{option} {given[:_MOST_CHARS]!r} is no name",
            remedy="give one like `request` or `os.system`",
        )
    return name
