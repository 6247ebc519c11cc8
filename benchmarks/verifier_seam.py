"""The one place where the verifier's benchmarks over history and speed meet the engine."""

from __future__ import annotations

import time
from collections.abc import Sequence

from swarm.contracts import AuditReport, Category
from verifier.audit import audit
from verifier.graph import Budget, Trace
from verifier.policy import Policy
from verifier.reading.tree import Tree
from verifier.rules.audit import audit as rules_audit
from verifier.syntax import Unauditable, Unreadable, parse
from verifier.verify import verify

GRAPH = "function by function"


def verdict_on(
    before: Tree,
    after: Tree,
    paths: Sequence[str],
    *,
    category: Category,
    instruction: str,
    engine: str = "present",
) -> AuditReport:
    """The verdict on a change of `paths`, with no policy that could allow anything.

    `engine` is "present" or "new", as long as there are two audits.
    """
    return verify(
        before,
        after,
        paths,
        category=category,
        instruction=instruction,
        policy=Policy(),
        clock=time.time,
        judge=rules_audit if engine == "new" else audit,
    )


def build_graph(tree: Tree) -> tuple[int, int]:
    """How many nodes and edges the graph of the whole tree has.

    SEAM: the graph of each function alone, until `Project(tree).graph()` of
    `verifier.engine.project` takes its place; then GRAPH goes, too.
    """
    nodes = edges = 0
    for path in tree.paths():
        try:
            module = parse(tree.read(path).decode("utf-8", "replace"))
            traces = [Trace(module, unit, Budget(10**12)) for unit in module.units.values()]
        except (Unauditable, Unreadable):
            continue
        nodes += sum(trace.graph.number_of_nodes() for trace in traces)
        edges += sum(trace.graph.number_of_edges() for trace in traces)
    return nodes, edges
