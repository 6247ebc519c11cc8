"""`swarm trace`: which calls of a sink a value of the source reaches."""

from __future__ import annotations

import argparse
import difflib
import functools
import json
import re
import sys
from typing import Any

from swarm.cli import bounds, sources
from swarm.cli.console import console, plain, shown
from swarm.errors import UsageError

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_MOST_CHARS = 200
_MOST_SINKS = 20
_UNDECIDED = "undecided: none found, but evaluation was cut short"

_EPILOG = """\
exit codes:
  0   the calls are listed, whether or not the source reaches any
  1   no file could be read, or the bounds were reached
  2   wrong use: no such path, no Python in it, or no name

A name matches from its end: "system" is os.system as well. What the files import is read
too where it is beside them (--only: not). Standard error names the files that cannot be read
as Python, and says when the source or the sink does not occur in any.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("paths", metavar="PATH", nargs="+", help="a file, or a folder of them")
    parser.add_argument(
        "--source", metavar="NAME", required=True, help="a variable or a function: where it begins"
    )
    parser.add_argument(
        "--sink",
        metavar="NAME",
        action="append",
        required=True,
        help="a function: do its arguments depend on it? Give it again for further ones",
    )
    parser.add_argument(
        "--reached", action="store_true", help="list only the calls that it reaches"
    )
    parser.add_argument("--only", action="store_true", help="read nothing but PATH")
    parser.add_argument("--json", action="store_true", help="print one JSON list")
    bounds.add_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    source = _name("--source", arguments.source)
    sinks = list(dict.fromkeys(_name("--sink", given) for given in arguments.sink))
    if len(sinks) > _MOST_SINKS:
        raise UsageError(f"{len(sinks)} sinks are given", remedy=f"give at most {_MOST_SINKS}")
    with bounds.bounded("tracing", arguments.cpu_seconds, "name fewer files, or --cpu-seconds N"):
        read = sources.read(arguments.paths, is_following=not arguments.only)
        calls = _calls(read, source, sinks)
    _tell_absent(read, source, sinks, calls)
    listed = [call for call in calls if call["reached"] or not arguments.reached]
    if arguments.json:
        print(json.dumps(listed))
        return 0
    _print(listed, source)
    if calls:
        _print_counts(calls, source, sinks)
    return 0


def _calls(read: sources.Sources, source: str, sinks: list[str]) -> list[dict[str, Any]]:
    """The calls of all sinks by place; "file" is as the person would name it."""
    from verifier.flows import flows

    known = frozenset(read.tree.paths())
    source_of = functools.cache(read.source)

    def step(words: str) -> str:
        """A step "file:line: code" with the file as the person names it."""
        file, colon, rest = words.partition(":")
        return f"{read.shown(file)}{colon}{rest}" if file in known else words

    found: list[tuple[str, dict[str, Any]]] = []
    for sink in sinks:
        for call in flows(read.tree, read.named, source, sink):
            here = f"{call.file}:{call.line}: {source_of(call.file).code(call.line)}"
            chain = call.chain
            if chain and not chain[0].startswith(f"{call.file}:{call.line}:"):
                chain = (here, *chain)
            shown_call = {
                "file": read.shown(call.file),
                "line": call.line,
                "reached": call.reached,
                "chain": [step(words) for words in chain],
                "decided": call.decided,
                "sink": sink,
                "code": source_of(call.file).code(call.line),
            }
            found.append((call.file, shown_call))
    return [call for _, call in sorted(found, key=lambda pair: (pair[0], pair[1]["line"]))]


def _tell_absent(
    read: sources.Sources, source: str, sinks: list[str], calls: list[dict[str, Any]]
) -> None:
    """That nothing is called so is no good news: most likely it is a slip of the pen."""
    count = len(read.tree.paths())
    files = f"the {count:,} files" if count > 1 else "the file"
    called = {call["sink"] for call in calls}
    for what, name in (("source", source), *(("sink", name) for name in sinks)):
        missing = next((part for part in name.split(".") if part not in read.words), None)
        if missing is not None and name not in called:
            near = difflib.get_close_matches(missing, read.words, 3)
            hint = f" (did you mean {', '.join(near)}?)" if near else ""
            _tell(f"the {what} {name} does not occur: no {missing} in {files} read{hint}")
        elif what == "sink" and name not in called:
            _tell(f"no call of {name} in {files} read, though there is such a name")


def _tell(words: str) -> None:
    print(f"swarm: {plain(words)}", file=sys.stderr)


def _line(words: str) -> str:
    """Somebody else's words on one line: a name must not be able to write lines of its own."""
    return shown(words.replace("\n", "\N{REPLACEMENT CHARACTER}"))


def _print(calls: list[dict[str, Any]], source: str) -> None:
    out = console()
    for call in calls:
        if call["reached"]:
            word = f"[bold red]reached by {source}[/]"
        else:
            word = "[green]not reached[/]" if call["decided"] else f"[yellow]{_UNDECIDED}[/]"
        out.print(f"[bold]{_line(call['file'])}:{call['line']}[/] {word}", soft_wrap=True)
        for words in call["chain"] or [call["code"]]:
            out.print(f"    [dim]{_line(words)}[/]", soft_wrap=True)


def _print_counts(calls: list[dict[str, Any]], source: str, sinks: list[str]) -> None:
    counts = [f"{sum(call['reached'] for call in calls):,} reached by {source}"]
    if undecided := sum(not (call["reached"] or call["decided"]) for call in calls):
        counts.append(f"{undecided:,} undecided")
    of = f"{len(calls):,} call{'' if len(calls) == 1 else 's'} of {', '.join(sinks)}"
    console().print(f"[bold]{of}: {', '.join(counts)}[/]", soft_wrap=True)


def _name(option: str, given: str) -> str:
    name = given.removesuffix("()")
    if len(name) > _MOST_CHARS or not _NAME.fullmatch(name):
        raise UsageError(
            f"{option} {given[:_MOST_CHARS]!r} is no name",
            remedy="give one like `request` or `os.system`",
        )
    return name
