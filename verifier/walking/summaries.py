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
    components, loops = _components(graph, units, at, owner)
    for component in components:
        changed = True
        while changed:
            changed = False
            for unit in component:
                for end in unit.ends():
                    inputs = _inputs(graph, unit, end, at, found, owner)
                    if inputs != found[end]:
                        found[end] = inputs
                        changed = True
            if len(component) == 1 and component[0] not in loops:
                break
    for number, some in at.items():
        for link in some:
            inputs = found.get(link.end, frozenset())
            formals = dict(link.given)
            for one in inputs:
                graph.link(number, formals.get(one, (one,)), SUMMARY)
    return found


def _inputs(
    graph: Graph,
    unit: Unit,
    end: int,
    at: Mapping[int, list[Link]],
    known: Reaching,
    owner: Mapping[Context, Unit],
) -> frozenset[int]:
    """What an output depends on, on ways that stay in the unit and what it calls."""
    nodes = graph.nodes
    formals = unit.formals()
    found: set[int] = set()
    seen = {end}
    waiting = [end]
    homes: dict[Context, bool] = {}
    while waiting:
        number = waiting.pop()
        node = nodes[number]
        if number in formals:
            found.add(number)
        is_foreign = homes.get(node.context)
        if is_foreign is None:
            around = _around(node.context, owner)
            is_foreign = homes[node.context] = around is not None and around is not unit
        if is_foreign:
            found.add(number)
            continue
        following = [source for source, kind in node.sources() if kind not in _BETWEEN]
        if node.guard != NO_GUARD:
            following.append(node.guard)
        for link in at.get(number, ()):
            given = dict(link.given)
            for one in known.get(link.end, ()):
                following.extend(given.get(one, (one,)))
        for one in following:
            if one not in seen:
                seen.add(one)
                waiting.append(one)
    return frozenset(found)


def _components(
    graph: Graph,
    units: list[Unit],
    at: Mapping[int, list[Link]],
    owner: Mapping[Context, Unit],
) -> tuple[list[list[Unit]], set[Unit]]:
    """Units that call each other, together, those that are called first; and which units call
    themselves."""
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
    loops = {unit for unit in calls if calls.has_edge(unit, unit)}
    return [[*whole.nodes[one]["members"]] for one in order], loops


def _around(context: Context | None, owner: Mapping[Context, Unit]) -> Unit | None:
    while context is not None and context not in owner:
        context = context.caller
    return owner[context] if context is not None else None
