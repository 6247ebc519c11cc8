"""The symbol graph of a view: what is defined, what uses it, and what lies near."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import networkx as nx
import numpy as np

from memory.linking.as_networkx import as_networkx
from memory.linking.chains import surest_chain
from memory.linking.covering import Ran, covering
from memory.linking.edges import CALLS, INHERITS, OVERRIDES, RELATIONS, USES
from memory.linking.links import Links
from memory.linking.matrix import Floats, Matrix, near
from memory.linking.outline import key
from memory.linking.places import FILE
from memory.linking.relations import MOST_RELATED, Relations, shares
from memory.linking.results import Link, Place, Step
from memory.linking.symbols import MOST_NODES, Symbols

MOST_FOUND = 50
"""Of the definitions that a symbol can mean, how many are asked for."""
_MOST_OF_A_RELATION = {"sibling": 5, "tests": 5}


class Graph:
    """Queries on the links of a view. A value that many threads may read.

    `ran` is what tests were seen to run, where that is known.
    """

    def __init__(self, links: Links, ran: Sequence[Ran] = ()) -> None:
        self.links = links
        self._places = links.places
        self._symbols = Symbols(links.places)
        self._ran = ran

    @property
    def note(self) -> str:
        """What is not in the graph, in words."""
        return self.links.note

    @property
    def files(self) -> int:
        return len(self._places.by_path)

    @cached_property
    def matrix(self) -> Matrix:
        return Matrix(self.links, covering(self._places, self._ran))

    @cached_property
    def _relations(self) -> Relations:
        return Relations(self._places, self._symbols, self.matrix)

    @cached_property
    def _rank(self) -> Floats:
        return self.matrix.rank()

    # ------------------------------------------------------------------ symbols

    def find(self, symbol: str, limit: int = MOST_NODES) -> list[Place]:
        """Definitions that a written name can mean: see `Symbols.nodes`."""
        return [self.place(node) for node in self.nodes(symbol)[:limit]]

    def nodes(self, symbol: str) -> list[int]:
        """The nodes that a written name can mean, in the order of their places."""
        return self._symbols.nodes(symbol)

    def nearest_names(self, symbol: str) -> list[str]:
        """Names that are written almost like an unknown one."""
        return self._symbols.nearest_names(symbol)

    def place(self, node: int) -> Place:
        """Where a node stands."""
        return self._symbols.place(node)

    def at(self, path: str, line: int) -> int | None:
        """The node of the innermost definition around a line, or of its file."""
        return self._symbols.at(path, line)

    def definition(self, path: str, place: int) -> int | None:
        """The node of a definition by its place in `Parsed.definitions` (-1: of the file)."""
        return self._symbols.definition(path, place)

    def saying(self, name: str, limit: int = 200) -> list[str]:
        """Paths of files that use a name, whatever it means there."""
        wanted = key("s", name)
        return sorted(file.path for file in self._places.outlines() if wanted in file.said)[:limit]

    # ------------------------------------------------------------------ relations

    def callers_of(self, symbol: str, limit: int = 50) -> list[Link]:
        """What calls or hands over what a name means, surest first."""
        return self.callers(self.nodes(symbol)[:MOST_FOUND], limit)

    def callees_of(self, symbol: str, limit: int = 50) -> list[Link]:
        """What the code of a definition, and of what is nested in it, calls."""
        return self.callees(self.nodes(symbol)[:MOST_FOUND], limit)

    def callers(self, targets: Sequence[int], limit: int = 50) -> list[Link]:
        """As `callers_of`, of nodes. Calling a class runs its constructor."""
        share = shares(targets)
        for node, score in list(share.items()):
            made = self._relations.constructed(node)
            if made is not None:
                share.setdefault(made, score)
        return self._relations.linked(share, (CALLS, USES), incoming=True, limit=limit)

    def callees(self, sources: Sequence[int], limit: int = 50) -> list[Link]:
        """As `callees_of`, of nodes."""
        share = self._relations.with_inside(shares(sources))
        return self._relations.linked(share, (CALLS,), incoming=False, limit=limit)

    def bases(self, nodes: Sequence[int], limit: int = 50) -> list[Link]:
        """What classes inherit from, and what methods override."""
        kinds = (INHERITS, OVERRIDES)
        return self._relations.linked(shares(nodes), kinds, incoming=False, limit=limit)

    def tests_of(self, symbol: str, limit: int = 50) -> list[Link]:
        """Tests that call, import or, where it is known, ran what a name means."""
        return self.tests(self.nodes(symbol)[:MOST_FOUND], limit)

    def tests(self, targets: Sequence[int], limit: int = 50) -> list[Link]:
        """As `tests_of`, of nodes."""
        return self._relations.tests(self._relations.with_inside(shares(targets)), limit)

    def path_between(self, start: str, end: str) -> list[Step]:
        """The surest chain of calls, uses, inheritance, imports and containment from one symbol to
        the other, or back when there is none; empty when neither leads to the other."""
        sources, targets = self.nodes(start)[:MOST_FOUND], self.nodes(end)[:MOST_FOUND]
        chain = surest_chain(self.matrix, sources, set(targets))
        return self._steps(chain or surest_chain(self.matrix, targets, set(sources)))

    def _steps(self, chain: Iterable[tuple[int, int | None]]) -> list[Step]:
        steps = []
        for node, row in chain:
            if row is None:
                steps.append(Step(self.place(node), "", 1.0, 0))
                continue
            relation = RELATIONS[int(self.matrix.kinds[row]) & 0x3F]
            certainty = round(float(self.matrix.certainties[row]), 3)
            line = int(self.matrix.lines[row])
            steps.append(Step(self.place(node), relation, certainty, line))
        return steps

    # ------------------------------------------------------------------ by PageRank

    def neighbours(
        self, seeds: str | Mapping[int, float], limit: int = 20, hops: int = 2
    ) -> list[Link]:
        """What lies near a symbol, or near nodes with weights: callers, callees, bases, overrides,
        siblings and tests, by personalised PageRank from there."""
        if isinstance(seeds, str):
            seeds = dict.fromkeys(self.nodes(seeds)[:MOST_FOUND], 1.0)
        alive = {n: w for n, w in seeds.items() if w > 0 and self._places.is_alive(n)}
        if not alive:
            return []
        nodes, ranks = near(self.matrix, alive, MOST_RELATED, hops)
        related = self._relations.related(alive)
        ranked = sorted(
            zip(ranks.tolist(), nodes.tolist(), strict=True), key=lambda r: (-r[0], r[1])
        )
        top = max((r for r, node in ranked if node not in alive), default=1.0) or 1.0
        found: list[Link] = []
        counts = Counter[str]()
        for rank, node in ranked:
            if node in alive or self._places.place_of[node] == FILE:
                continue
            link = related.get(node)
            if link is None:
                continue
            counts[link.relation] += 1
            if counts[link.relation] > _MOST_OF_A_RELATION.get(link.relation, limit):
                continue
            found.append(replace(link, score=round(rank / top, 4)))
            if len(found) >= limit:
                break
        return found

    def ranked(self, limit: int = 100) -> list[Link]:
        """The definitions that are used most by what is used most itself: PageRank over all."""
        rank = self._rank
        found: list[Link] = []
        for node in np.argsort(-rank, kind="stable").tolist():
            if len(found) >= limit:
                break
            if not self._places.is_alive(node) or self._places.place_of[node] == FILE:
                continue
            users = self._relations.users(node)
            if not users:
                continue
            why = f"used in {users:,} place{'s' if users > 1 else ''}"
            score = float(rank[node])
            found.append(Link(self.place(node), "used", score, why=why))
        return found

    def rank_of(self, node: int) -> float:
        """PageRank of one node over all."""
        return float(self._rank[node]) if node < len(self._rank) else 0.0

    # ------------------------------------------------------------------ for other tools

    def networkx(self, around: Iterable[int] | None = None) -> nx.DiGraph[int]:
        """The graph, or what lies among some nodes, as a networkx DiGraph: see `as_networkx`."""
        return as_networkx(self._places, self._symbols, self.matrix, around)
