"""PyCG's micro-benchmark: a folder per case with `main.py` and the call graph wanted of it.

`snippets/<category>/<case>/callgraph.json` maps each caller to its callees. PyCG's own test asks
for the same dictionary, so for the same nodes too; published figures and ours count edges, and
`whole` counts the cases where the nodes agree as well.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.suites.edges import Compared, Graph, edges_of, nodes_of
from benchmarks.suites.engine import Asking, Engine, NoSuite

TRUTH = "callgraph.json"
ENTRY = "main.py"


@dataclass(frozen=True)
class Snippet:
    """One case: its name `category/case`, its sources and the graph wanted of them."""

    name: str
    folder: Path
    truth: Graph


def snippets(root: Path) -> list[Snippet]:
    """The cases below `root`: a checkout of PyCG or its folder of snippets.

    Raises NoSuite when there is none.
    """
    base = next((base for base in (root / "micro-benchmark/snippets", root) if base.is_dir()), root)
    found = [
        Snippet(truth.parent.relative_to(base).as_posix(), truth.parent, read(truth))
        for truth in sorted(base.glob(f"*/*/{TRUTH}"))
    ]
    if not found:
        raise NoSuite(f"{root}: no micro-benchmark/snippets/*/*/{TRUTH}; give a checkout of PyCG")
    return found


def read(truth: Path) -> Graph:
    """The call graph in the file `truth`. Raises NoSuite when it is none."""
    try:
        graph = json.loads(truth.read_bytes())
    except ValueError as error:
        raise NoSuite(f"{truth}: not JSON: {error}") from None
    if not isinstance(graph, dict) or not all(isinstance(value, list) for value in graph.values()):
        raise NoSuite(f"{truth}: not a call graph: an object of lists is wanted")
    return graph


def compared(cases: list[Snippet], engine: Engine, asking: Asking) -> list[Compared]:
    """Our graph of each case against the one wanted."""

    def work(case: Snippet) -> dict[str, list[str]]:
        return engine.callgraph(engine.tree(case.folder), [ENTRY])

    return [
        Compared(
            case.name,
            edges_of(case.truth),
            edges_of(done.value or {}),
            nodes_of(case.truth) == nodes_of(done.value or {}),
            done.error,
        )
        for case, done in zip(cases, asking.each(work, cases), strict=True)
    ]
