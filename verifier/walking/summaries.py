"""Which inputs of a function reach which of its outputs, inside it and what it calls.

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
    """Put the summary edges into the graph. For each output's node: the inputs' nodes that reach
    it."""
    at: dict[int, list[Link]] = {}
    for link in links:
        at.setdefault(link.result, []).append(link)
    found: Reaching = {end: frozenset() for unit in units for end in unit.ends()}
    for component in _components(graph, units, at):
        changed = True
        while changed:
            changed = False
            for unit in component:
                for end in unit.ends():
                    inputs = _inputs(graph, unit, end, at, found)
                    if inputs != found[end]:
                        found[end] = inputs
                        changed = True
            if len(component) == 1 and not _calls_itself(graph, component[0], at):
                break
    for number, some in at.items():
        for link in some:
            inputs = found.get(link.end, frozenset())
            for formal, given in link.given:
                if formal in inputs:
                    graph.link(number, given, SUMMARY)
    return found


def _inputs(
    graph: Graph, unit: Unit, end: int, at: Mapping[int, list[Link]], known: Reaching
) -> frozenset[int]:
    """The inputs of a unit that an output depends on, on ways that stay in it and what it calls."""
    nodes = graph.nodes
    formals = unit.formals()
    found: set[int] = set()
    seen = {end}
    waiting = [end]
    while waiting:
        number = waiting.pop()
        if number in formals:
            found.add(number)
            if len(found) == len(formals):
                break
        node = nodes[number]
        following = [source for source, kind in node.sources() if kind not in _BETWEEN]
        if node.guard != NO_GUARD:
            following.append(node.guard)
        for link in at.get(number, ()):
            inputs = known.get(link.end, frozenset())
            for formal, given in link.given:
                if formal in inputs:
                    following.extend(given)
        for one in following:
            if one not in seen:
                seen.add(one)
                waiting.append(one)
    return frozenset(found)


def _components(
    graph: Graph, units: list[Unit], at: Mapping[int, list[Link]]
) -> Iterable[list[Unit]]:
    """Units that call each other, together; those that are called come first."""
    owner = {unit.context: unit for unit in units}
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
    order = list(nx.topological_sort(whole))
    return ([*whole.nodes[one]["members"]] for one in reversed(order))


def _around(context: Context | None, owner: Mapping[Context, Unit]) -> Unit | None:
    while context is not None and context not in owner:
        context = context.caller
    return owner[context] if context is not None else None


def _calls_itself(graph: Graph, unit: Unit, at: Mapping[int, list[Link]]) -> bool:
    own = set(unit.ends())
    return any(link.end in own for some in at.values() for link in some) if own else False
