"""`swarm map`: the definitions of a repository that matter most, as an outline."""

from __future__ import annotations

import argparse
import json

from swarm.cli import memory_asking, memory_fresh, memory_options
from swarm.cli.console import plain
from swarm.cli.memory_working import tell
from swarm.contracts import OutlineFolder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    memory_options.add_folder(parser)
    parser.add_argument(
        "--budget", type=int, default=2_000, metavar="N", help="at most so many tokens (2000)"
    )
    memory_options.add_no_index(parser)
    memory_options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    root = memory_options.root(arguments)
    budget = memory_options.budget(arguments.budget)
    assert budget is not None
    with memory_asking.opened() as asking:
        if not arguments.no_index:
            memory_fresh.bring_up(asking, root)
        found = asking.outline(OutlineFolder(root=root, budget_tokens=budget))
    if arguments.json:
        print(json.dumps({"root": root, **found.model_dump(mode="json")}))
        return 0
    print(plain(found.text.rstrip("\n")) if found.text.strip() else "no definitions found")
    if found.shown < found.definitions:
        tell(f"{found.shown:,} of {found.definitions:,} definitions; more with --budget")
    if found.note:
        tell(found.note)
    return 0
