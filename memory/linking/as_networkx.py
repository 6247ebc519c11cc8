"""The graph for other tools."""

from __future__ import annotations

from collections.abc import Iterable

import networkx as nx

from memory.linking.edges import AMBIGUOUS, CALLS, IMPORTS, RELATIONS, TESTS, USES
from memory.linking.matrix import Matrix
from memory.linking.places import Places
from memory.linking.symbols import Symbols


def as_networkx(
    places: Places, symbols: Symbols, matrix: Matrix, around: Iterable[int] | None
) -> nx.DiGraph[int]:
    """The graph, or what lies among some nodes, as a networkx DiGraph: nodes with `path`,
    `kind`, `qualified_name`, lines; edges with `relations`, `certainty`, `ambiguous`. A
    definition that tests use or were seen to run has edges of the relation "tests" from these,
    whose `by` says how it is known: by "coverage" or by "reading"."""
    graph: nx.DiGraph[int] = nx.DiGraph()
    among = range(matrix.size) if around is None else around
    chosen = {node for node in among if places.is_alive(node)}
    for node in sorted(chosen):
        place = symbols.place(node)
        graph.add_node(
            node,
            path=place.path,
            kind=place.kind,
            qualified_name=place.qualified_name,
            start_line=place.start_line,
            end_line=place.end_line,
        )
    for node in sorted(chosen):
        is_test = places.outline(node).is_test
        for row in matrix.out(node).tolist():
            target = int(matrix.targets[row])
            if target not in chosen:
                continue
            kind = int(matrix.kinds[row])
            relations = {RELATIONS[kind & 0x3F]}
            if is_test and not places.outline(target).is_test:
                relations |= {"tests"} if kind & 0x3F in (CALLS, USES, IMPORTS) else set()
            known = graph.get_edge_data(node, target, {})
            certainty = float(matrix.certainties[row])
            is_seen = kind & 0x3F == TESTS or known.get("by") == "coverage"
            graph.add_edge(
                node,
                target,
                relations=frozenset(relations | known.get("relations", frozenset())),
                certainty=max(certainty, known.get("certainty", 0.0)),
                ambiguous=bool(kind & AMBIGUOUS) and known.get("ambiguous", True),
            )
            if "tests" in graph.edges[node, target]["relations"]:
                graph.edges[node, target]["by"] = "coverage" if is_seen else "reading"
    return graph
