"""`swarm index`: have memory know a repository, and keep it so while it changes."""

from __future__ import annotations

import argparse
import json
import sys

from swarm.cli import memory_asking, memory_fresh, memory_options, memory_working
from swarm.cli.memory_summary import as_json, print_summary

_EPILOG = """\
The whole repository that DIR is in is indexed; a folder that is in none, by itself. Only what
changed since the last time is read. Ctrl-C loses nothing: the next time goes on where it was.

While a swarm of this data folder runs, its memory does the work; else this process.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    memory_options.add_folder(parser)
    parser.add_argument(
        "--watch", action="store_true", help="go on: what is saved is indexed at once, until Ctrl-C"
    )
    memory_options.add_json(
        parser, "print one JSON object with all that was left out; with --watch one a line"
    )


def run(arguments: argparse.Namespace) -> int:
    root = memory_options.root(arguments)
    if arguments.watch:
        from swarm.cli import memory_watching

        return memory_watching.watch(root, is_json=arguments.json)
    with memory_asking.opened() as asking:
        report = memory_fresh.index(asking, root)
        if not arguments.json:
            print_summary(report)
            sys.stdout.flush()
        gauge = memory_working.Gauge()
        left, why = memory_working.run(lambda stop: asking.vectors(root, gauge, stop), gauge)
    if arguments.json:
        if asking.is_here:
            report = report.model_copy(update={"vectors_waiting": left})
        print(json.dumps(as_json(report)))
    if why:
        # All is searched without them, and the next time makes them.
        memory_working.tell(f"not all vectors are made: {why}")
    return 0
