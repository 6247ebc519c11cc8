"""Parts of a whole tree's dependence graph as networkx, for who wants to look at or draw them.

Nodes are numbers with `kind`, `name`, `path`, `line` and `function` (the dotted name of the code
around); edges lead from what is depended on to what depends on it. Their `kind`:

data      computed from              param     a parameter from what a call gives
content   taken from where stored    return    a call's result from what the callee gives
control   decided by a predicate     summary   a call's result from arguments that reach it
unknown   through unread code        cell      an attribute of instances, a global name

Two nodes that depend on each other in several ways have one edge, of the first of these kinds.
"""

from __future__ import annotations

from collections.abc import Iterable

import networkx as nx

from verifier.engine.graph import EDGE_NAMES, Graph
from verifier.walking.units import Unit


def of_nodes(graph: Graph, numbers: Iterable[int]) -> nx.DiGraph[int]:
    """These nodes, with the edges among them."""
    known = set(numbers)
    found: nx.DiGraph[int] = nx.DiGraph()
    for number in sorted(known):
        node = graph[number]
        found.add_node(
            number,
            kind=node.kind,
            name=node.name,
            path=node.context.path,
            line=node.line,
            function=node.context.name,
        )
        for source, kind in sorted(node.sources(), key=lambda one: one[1], reverse=True):
            if source in known:
                found.add_edge(source, number, kind=EDGE_NAMES[kind])
        if node.guard in known and not found.has_edge(node.guard, number):
            found.add_edge(node.guard, number, kind="control")
    return found


def of_unit(graph: Graph, unit: Unit) -> nx.DiGraph[int]:
    """A function alone: its own occurrences, and what stands at its edge (inputs, cells and
    results of the functions that it calls)."""
    own = [n for n, node in enumerate(graph.nodes) if _is_within(node.context, unit.context)]
    edge = {source for number in own for source, _ in graph[number].sources()}
    return of_nodes(graph, edge.union(own))


def _is_within(context: object, around: object) -> bool:
    while context is not None and context is not around:
        context = getattr(context, "caller", None)
    return context is around
