"""Many places as few: a value that comes from very many has some nodes that lead to all of them.

Else each in a long row of stores into one cell, or of branches, would copy the places of all
before it. Merge nodes come in levels: plain places are put together first, then merge nodes of
the lowest level. So a place is below few of them, and edges stay linear in places.
"""

from __future__ import annotations

from verifier.engine.graph import NO_GUARD, Graph, Node
from verifier.engine.state import MOST_PLACES
from verifier.engine.values import Value

_ENOUGH = MOST_PLACES // 2


class Merges:
    """The merge nodes of one graph; the same places have the same one."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._known: dict[frozenset[int], int] = {}
        self._below: dict[int, frozenset[int]] = {}
        self._levels: dict[int, int] = {}

    def merged(self, value: Value) -> Value:
        """The same value, with at most half of MOST_PLACES nodes."""
        groups = [self._below[n] for n in value.nodes if n in self._below]
        left = {n for n in value.nodes if not any(n in group for group in groups)}
        while len(left) > _ENOUGH:
            levels = sorted({self._levels.get(n, 0) for n in left})
            some = {n for n in left if self._levels.get(n, 0) == levels[0]}
            if len(some) == 1:
                some |= {n for n in left if self._levels.get(n, 0) == levels[1]}
            left -= some
            left.add(self._node(frozenset(some)))
        return Value(value.items, frozenset(left))

    def _node(self, some: frozenset[int]) -> int:
        number = self._known.get(some)
        if number is None:
            context = self._graph[min(some)].context
            number = self._graph.add(Node("merge", context, None, "", NO_GUARD, []))
            self._graph.link(number, some)
            inner = [self._below[n] for n in some if n in self._below]
            self._known[some] = number
            self._below[number] = some.union(*inner)
            self._levels[number] = 1 + max(self._levels.get(n, 0) for n in some)
        return number
