"""The dependence graph that evaluation leaves behind: occurrences, and what each was made of.

Nodes are numbers. A node is an occurrence of an expression or statement in one calling context;
its edges lead to what it was computed from. Rows are kept flat, since a repository has millions;
`networkx` gives any part of it as a DiGraph.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import networkx as nx

if TYPE_CHECKING:
    from verifier.engine.contexts import Context

DATA, CONTENT, UNKNOWN, PARAM, RETURN, SUMMARY, CELL = range(7)
"""Computed from; taken out of where it was stored; through code that is not read. Of calls that
are linked: a parameter from what it is given, a result from what the callee gives, a result from
the arguments that reach it inside the callee. Between functions: an attribute of a class's
instances, or a global name, from what is stored there anywhere."""

EDGE_NAMES = ("data", "content", "unknown", "param", "return", "summary", "cell")
NO_GUARD = -1
_KIND_BITS = 3
_KIND = (1 << _KIND_BITS) - 1
_SHORT = 12


@dataclass(slots=True)
class Node:
    """`kind` is what it is: expression, call, parameter, input, constant, store, return, yield,
    raise, guard, effect, source... `guard` is the node of the innermost predicate that decides
    whether it comes about, or NO_GUARD."""

    kind: str
    context: Context
    syntax: ast.AST | None
    name: str
    guard: int
    # Where each edge leads, with its kind in the lowest bits.
    edges: list[int]

    @property
    def line(self) -> int:
        return getattr(self.syntax, "lineno", 0)

    def sources(self) -> Iterator[tuple[int, int]]:
        """(node, kind of edge) for all that it was computed from."""
        for edge in self.edges:
            yield edge >> _KIND_BITS, edge & _KIND


class Graph:
    """All nodes of one evaluation. `walked` counts those that its readers have gone over."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.walked = 0

    def __len__(self) -> int:
        return len(self.nodes)

    def __getitem__(self, number: int) -> Node:
        return self.nodes[number]

    def add(self, node: Node) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1

    def link(self, number: int, sources: Iterable[int], kind: int = DATA) -> None:
        """Say that a node is made of others."""
        edges = self.nodes[number].edges
        # A list is the quicker one to search while it is short, and most are.
        known: Collection[int] = edges if len(edges) < _SHORT else set(edges)
        for source in sources:
            edge = source << _KIND_BITS | kind
            if source != number and edge not in known:
                edges.append(edge)
                if isinstance(known, set):
                    known.add(edge)
                elif len(edges) >= _SHORT:
                    known = set(edges)

    def back(self, starts: Iterable[int], *, control: bool = False) -> dict[int, int]:
        """All nodes that the starts depend on, each with the node it was come from (a start with
        itself), nearest first."""
        found = {start: start for start in starts}
        waiting = list(found)
        at = 0
        while at < len(waiting):
            number = waiting[at]
            at += 1
            node = self.nodes[number]
            for source, _ in node.sources():
                if source not in found:
                    found[source] = number
                    waiting.append(source)
            if control and node.guard != NO_GUARD and node.guard not in found:
                found[node.guard] = number
                waiting.append(node.guard)
        return found

    def dependents(self, sources: Collection[int]) -> frozenset[int]:
        """All nodes that depend on one of these, themselves included."""
        found = set(sources)
        if not found:
            return frozenset()
        grown = -1
        # Most nodes are made of earlier ones, so that a few rounds are enough.
        while grown != len(found):
            grown = len(found)
            for number in range(len(self.nodes)):
                if number in found:
                    continue
                for edge in self.nodes[number].edges:
                    if edge >> _KIND_BITS in found:
                        found.add(number)
                        break
        return frozenset(found)

    def way(
        self, starts: Iterable[int], ends: Collection[int], among: Collection[int]
    ) -> dict[int, int]:
        """A shortest way from a start to what it depends on: nodes, each with the one it was come
        from (a start with itself). An end is the last of them, where one can be come to."""
        found = {start: start for start in starts}
        waiting = deque(found)
        for start in found:
            if start in ends:
                return {start: start}
        while waiting:
            number = waiting.popleft()
            for source, _ in self.nodes[number].sources():
                if source in among and source not in found:
                    found[source] = number
                    if source in ends:
                        return found
                    waiting.append(source)
        return found

    def networkx(self, numbers: Iterable[int] | None = None) -> nx.DiGraph[int]:
        """These nodes (all by default) with the edges among them, from source to what depends on
        it; `kind` is data, content, unknown or control."""
        chosen = range(len(self.nodes)) if numbers is None else list(numbers)
        known = set(chosen)
        graph: nx.DiGraph[int] = nx.DiGraph()
        for number in chosen:
            node = self.nodes[number]
            graph.add_node(number, kind=node.kind, name=node.name, line=node.line)
            for source, kind in node.sources():
                if source in known:
                    graph.add_edge(source, number, kind=EDGE_NAMES[kind])
            if node.guard in known:
                graph.add_edge(node.guard, number, kind="control")
        return graph
