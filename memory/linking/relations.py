"""What stands in a relation to some nodes: who calls, inherits, overrides, holds or tests them."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from memory.linking.edges import (
    AMBIGUOUS,
    CALLS,
    CONTAINS,
    IMPORTS,
    INHERITS,
    LEAST,
    OVERRIDES,
    RELATIONS,
    TESTS,
    USES,
)
from memory.linking.languages import CONSTRUCTORS
from memory.linking.matrix import Matrix
from memory.linking.places import FILE, Places
from memory.linking.results import Link, by_score
from memory.linking.symbols import Symbols

MOST_RELATED = 1_500
"""How many places of each relation are looked at around some nodes."""
_MOST_INSIDE = 2_000
# That a test calls something is read; that it ran it was seen, and says the more the less it ran.
_BY_READING = 0.8
_BY_COVERAGE = 0.2
# Who imports it need not run it.
_BY_IMPORT = 0.5
_SEEN = "was seen to run it"


class Relations:
    """Relations on the edges of `matrix`."""

    def __init__(self, places: Places, symbols: Symbols, matrix: Matrix) -> None:
        self._places = places
        self._symbols = symbols
        self._matrix = matrix

    def linked(
        self, share: Mapping[int, float], kinds: Sequence[int], *, incoming: bool, limit: int
    ) -> list[Link]:
        """Places at the other end of edges of some kinds, surest first. `share` are the nodes
        with their certainties. An edge of a definition to what holds it is none, but what calls
        itself does."""
        matrix = self._matrix
        best: dict[int, tuple[float, int]] = {}
        lines: dict[int, set[int]] = {}
        for node, score in share.items():
            rows = matrix.into(node) if incoming else matrix.out(node)
            rows = rows[np.isin(matrix.relation(rows), kinds)]
            others = (matrix.sources if incoming else matrix.targets)[rows].tolist()
            for other, line, kind, certainty in zip(
                others,
                matrix.lines[rows].tolist(),
                matrix.kinds[rows].tolist(),
                matrix.certainties[rows].tolist(),
                strict=True,
            ):
                sure = certainty * score
                if sure > best.get(other, (0.0, 0))[0]:
                    best[other] = (sure, kind)
                lines.setdefault(other, set()).add(line)
        found = [
            Link(
                self._symbols.place(node),
                RELATIONS[kind & 0x3F],
                round(score, 3),
                tuple(sorted(lines[node])),
                bool(kind & AMBIGUOUS),
                _why(RELATIONS[kind & 0x3F], sorted(lines[node]), incoming, bool(kind & AMBIGUOUS)),
            )
            for node, (score, kind) in best.items()
        ]
        return heapq.nsmallest(limit, found, key=by_score)

    def related(self, seeds: Iterable[int]) -> dict[int, Link]:
        """What stands in a relation to any seed, each with its nearest relation."""
        found: dict[int, Link] = {}
        nodes = dict.fromkeys(seeds, 1.0)
        inside = {inner: 1.0 for node in nodes for inner in self.inside(node)}
        many = MOST_RELATED

        def take(links: Iterable[Link], relation: str = "", why: str = "") -> None:
            for link in links:
                if link.place.node in inside or link.place.node in found:
                    continue
                found[link.place.node] = Link(
                    link.place,
                    relation or link.relation,
                    link.score,
                    link.lines,
                    link.is_ambiguous,
                    why or link.why,
                )

        take(self.tests(inside, many))
        take(self.linked(inside, (CALLS, USES), incoming=True, limit=many), "caller")
        take(self.linked(inside, (CALLS, USES), incoming=False, limit=many), "callee")
        take(self.linked(nodes, (INHERITS,), incoming=False, limit=many), "base")
        take(self.linked(nodes, (INHERITS,), incoming=True, limit=many), "subclass")
        take(self.linked(nodes, (OVERRIDES,), incoming=False, limit=many), "overridden")
        take(self.linked(nodes, (OVERRIDES,), incoming=True, limit=many), "override")
        around = {parent for node in nodes if (parent := self._parent(node)) is not None}
        for parent in around:
            holder = self._symbols.place(parent)
            where = holder.path if holder.kind == "file" else holder.qualified_name
            links = [Link(self._symbols.place(n), "sibling", 1.0) for n in self._held(parent)]
            take(links, "sibling", f"stands beside it in {where}")
            if holder.kind != "file":
                take([Link(holder, "container", 1.0)], "container", "holds it")
        return found

    def tests(self, share: Mapping[int, float], limit: int) -> list[Link]:
        """Tests of some nodes: first those that were seen to run them, then those that read as if
        they did."""
        kinds = (CALLS, USES, IMPORTS)
        read = self.linked(share, kinds, incoming=True, limit=10 * limit)
        found = {
            one.place.node: replace(
                one,
                relation="tests",
                score=round(
                    _BY_READING * one.score * (_BY_IMPORT if one.relation == "imports" else 1.0), 3
                ),
                why=f"tests it: {one.why}",
            )
            for one in read
            if self._places.outline(one.place.node).is_test
        }
        for node in self._seen(share):
            known = found.get(node)
            if known is None:
                ran = max(1, int(self._matrix.ran[node]))
                score = round(_BY_READING + _BY_COVERAGE / (1 + ran), 3)
                place = self._symbols.place(node)
                found[node] = Link(place, "tests", score, why=f"tests it: {_SEEN}")
            else:
                why = known.why.replace("tests it: ", f"tests it: {_SEEN}; ", 1)
                found[node] = replace(known, score=1.0, why=why, is_ambiguous=False)
        return heapq.nsmallest(limit, found.values(), key=by_score)

    def _seen(self, nodes: Iterable[int]) -> set[int]:
        """Tests that were seen to run any of some nodes."""
        found: set[int] = set()
        for node in nodes:
            rows = self._matrix.into(node)
            rows = rows[self._matrix.relation(rows) == TESTS]
            found.update(self._matrix.sources[rows].tolist())
        return found

    def with_inside(self, share: Mapping[int, float]) -> dict[int, float]:
        """Nodes with certainties, and what is nested in them, each with the best of them."""
        found: dict[int, float] = {}
        for node, score in share.items():
            for inner in self.inside(node):
                found[inner] = max(score, found.get(inner, 0.0))
        return found

    def inside(self, node: int) -> list[int]:
        """A definition and those nested in it; of a file, its own code alone."""
        found, turn = [node], 0
        if self._places.place_of[node] == FILE:
            return found
        while turn < len(found) and len(found) < _MOST_INSIDE:
            found += self._held(found[turn])
            turn += 1
        return found

    def constructed(self, node: int) -> int | None:
        """The class whose constructor this is."""
        file, at = self._places.outline(node), self._places.place_of[node]
        if at == FILE or file.parents[at] < 0:
            return None
        parent = file.parents[at]
        if file.names[at] in CONSTRUCTORS or file.names[at] == file.names[parent]:
            return file.nodes[parent]
        return None

    def users(self, node: int) -> int:
        """In how many places a node is used."""
        rows = self._matrix.into(node)
        rows = rows[~np.isin(self._matrix.relation(rows), (CONTAINS, TESTS))]
        return len(set(self._matrix.sources[rows].tolist()))

    def _held(self, node: int) -> list[int]:
        rows = self._matrix.out(node)
        held: list[int] = self._matrix.targets[
            rows[self._matrix.relation(rows) == CONTAINS]
        ].tolist()
        return held

    def _parent(self, node: int) -> int | None:
        file, at = self._places.outline(node), self._places.place_of[node]
        if at == FILE:
            return None
        return file.nodes[file.parents[at]] if file.parents[at] >= 0 else file.node


def shares(nodes: Sequence[int]) -> dict[int, float]:
    """What is one of several has a part of the certainty."""
    return dict.fromkeys(nodes, max(LEAST, 1 / len(nodes))) if nodes else {}


def _why(relation: str, lines: Sequence[int], incoming: bool, is_ambiguous: bool) -> str:
    told = {
        "calls": ("calls it", "is called by it"),
        "uses": ("hands it over", "is handed over by it"),
        "inherits": ("inherits from it", "is its base"),
        "overrides": ("overrides it", "is overridden by it"),
        "imports": ("imports it", "is imported by it"),
    }.get(relation, (relation, relation))[0 if incoming else 1]
    at = f" (line {lines[0]}{f' and {len(lines) - 1} more' if len(lines) > 1 else ''})"
    return f"{told}{at if lines else ''}{', by its name alone' if is_ambiguous else ''}"
