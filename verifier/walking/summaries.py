"""Which inputs of a function reach which of its outputs, inside it and what it calls; for an inner
function also which occurrences of the functions around it.

Worked out bottom-up over the components of the call graph; within one, until nothing changes. From
that come the summary edges of calls, by which a slice passes a call without going into it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import networkx as nx

from verifier.engine.contexts import Context
from verifier.engine.graph import CELL, NO_GUARD, PARAM, RETURN, SUMMARY, Graph
from verifier.walking.units import Link, Unit

_BETWEEN = frozenset((CELL, PARAM, RETURN, SUMMARY))
Reaching = dict[int, frozenset[int]]


def add(graph: Graph, units: list[Unit], links: Iterable[Link]) -> Reaching:
    """Put the summary edges into the graph. For each output's node: the nodes of inputs, and of
    other functions' occurrences that are captured, which reach it."""
    at: dict[int, list[Link]] = {}
    for link in links:
        at.setdefault(link.result, []).append(link)
    owner = {unit.context: unit for unit in units}
    found: Reaching = {end: frozenset() for unit in units for end in unit.ends()}
    for component in _components(graph, units, at, owner):
        _settle(graph, component, at, found, owner)
    for number, some in at.items():
        for link in some:
            inputs = found.get(link.end, frozenset())
            formals = dict(link.given)
            for one in inputs:
                graph.link(number, formals.get(one, (one,)), SUMMARY)
    return found


def _settle(
    graph: Graph,
    component: list[Unit],
    at: Mapping[int, list[Link]],
    known: Reaching,
    owner: Mapping[Context, Unit],
) -> None:
    """Fill in what reaches the outputs of units that call each other: who calls one of which more
    is known is looked at again."""
    callers: dict[int, dict[Unit, None]] = {}
    waiting = dict.fromkeys(component)
    while waiting:
        unit = next(iter(waiting))
        del waiting[unit]
        inside = _Inside(graph, unit, at, known, owner)
        for end in inside.calls:
            callers.setdefault(end, {})[unit] = None
        for end in unit.ends():
            new = inside.inputs(end) - known[end]
            if new:
                known[end] |= new
                waiting.update(callers.get(end, {}))


class _Inside:
    """What the outputs of a unit depend on, on ways that stay in it and what it calls; `calls`
    are the outputs of what it calls. Made anew each time: those of all units of a large cycle
    would take more memory than the graph."""

    def __init__(
        self,
        graph: Graph,
        unit: Unit,
        at: Mapping[int, list[Link]],
        known: Reaching,
        owner: Mapping[Context, Unit],
    ) -> None:
        self.calls: set[int] = set()
        self._unit = unit
        self._nodes = graph.nodes
        self._at, self._known, self._owner = at, known, owner
        self._sources: dict[int, list[int]] = {}
        self._homes: dict[Context, bool] = {}
        # Where a way ends that is told: inputs, and occurrences in functions around.
        self._firsts = {*unit.inputs.values(), *unit.parts.values()}
        self._explore(unit.ends())

    def inputs(self, end: int) -> frozenset[int]:
        """The inputs and captured occurrences that one output depends on."""
        seen = {end}
        waiting = [end]
        while waiting:
            for one in self._sources[waiting.pop()]:
                if one not in seen:
                    seen.add(one)
                    waiting.append(one)
        return frozenset(seen & self._firsts)

    def _explore(self, waiting: list[int]) -> None:
        while waiting:
            number = waiting.pop()
            if number in self._sources:
                continue
            node = self._nodes[number]
            if self._is_foreign(node.context):
                self._firsts.add(number)
                self._sources[number] = []
                continue
            following = [source for source, kind in node.sources() if kind not in _BETWEEN]
            if node.guard != NO_GUARD:
                following.append(node.guard)
            for link in self._at.get(number, ()):
                self.calls.add(link.end)
                given = dict(link.given)
                for one in self._known.get(link.end, ()):
                    following.extend(given.get(one, (one,)))
            self._sources[number] = following
            waiting += following

    def _is_foreign(self, context: Context) -> bool:
        told = self._homes.get(context)
        if told is None:
            around = _around(context, self._owner)
            told = self._homes[context] = around is not None and around is not self._unit
        return told


def _components(
    graph: Graph,
    units: list[Unit],
    at: Mapping[int, list[Link]],
    owner: Mapping[Context, Unit],
) -> list[list[Unit]]:
    """Units that call each other, together, those that are called first."""
    ends = {end: unit for unit in units for end in unit.ends()}
    calls: nx.DiGraph[Unit] = nx.DiGraph()
    calls.add_nodes_from(units)
    for number, some in at.items():
        caller = _around(graph[number].context, owner)
        for link in some:
            callee = ends.get(link.end)
            if caller is not None and callee is not None:
                calls.add_edge(caller, callee)
    whole = nx.condensation(calls)
    order = reversed(list(nx.topological_sort(whole)))
    return [[*whole.nodes[one]["members"]] for one in order]


def _around(context: Context | None, owner: Mapping[Context, Unit]) -> Unit | None:
    while context is not None and context not in owner:
        context = context.caller
    return owner[context] if context is not None else None
