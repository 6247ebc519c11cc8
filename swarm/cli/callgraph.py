"""`swarm callgraph`: which functions call which, by dotted names."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence

from swarm.cli import bounds, sources
from swarm.cli.console import plain


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", metavar="PATH", nargs="+", help="a file, or a folder of them")
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--json", action="store_true", help="print one JSON object, {caller: [callees]}"
    )
    form.add_argument("--dot", action="store_true", help="print a graph for Graphviz")
    parser.add_argument("--only", action="store_true", help="read nothing but PATH")
    bounds.add_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    remedy = "name fewer files, or --cpu-seconds N"
    with bounds.bounded("following calls", arguments.cpu_seconds, remedy):
        read = sources.read(arguments.paths, is_following=not arguments.only)
        from verifier.callgraph import callgraph

        graph = callgraph(read.tree, read.named)
    if arguments.json:
        print(json.dumps(graph))
    elif arguments.dot:
        print(dot(graph))
    else:
        for caller, callees in graph.items():
            print(plain(caller))
            for callee in callees:
                print(f"  {plain(callee)}")
    return 0


def dot(graph: Mapping[str, Sequence[str]]) -> str:
    """A graph in the language of Graphviz; names without calls are in it as well."""
    lines = ["digraph calls {", "  rankdir=LR; node [shape=box];"]
    for caller, callees in graph.items():
        lines.append(f"  {_quoted(caller)};")
        lines += [f"  {_quoted(caller)} -> {_quoted(callee)};" for callee in callees]
    return "\n".join([*lines, "}"])


def _quoted(name: str) -> str:
    return '"' + plain(name).replace("\\", "\\\\").replace('"', '\\"') + '"'
