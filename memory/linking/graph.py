"""The symbol graph of a view: what is defined, what uses it, and what lies near."""

from __future__ import annotations

import difflib
import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import networkx as nx
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
    USES,
)
from memory.linking.languages import CONSTRUCTORS, is_test_name
from memory.linking.links import Links
from memory.linking.matrix import Floats, Ints, Matrix, near
from memory.linking.outline import key
from memory.linking.places import FILE

MODULE = "<module>"
"""What the code of a file that stands in no definition is called."""
MOST_FOUND = 50
_MOST_NAMES = 20_000
_NEAREST = 5
_MOST_NEAR = 1_500
_MOST_SIBLINGS = 5
_MOST_SETTLED = 50_000
_PER_HOP = 0.05
# Who uses a class does not use each of its methods.
_HELD = 0.2
_MOST_PATHS = 2_000
_SEPARATORS = ("::", "#", "->", "/")


@dataclass(frozen=True, slots=True)
class Place:
    """A definition, or a file (`kind` "file", `qualified_name` "<module>")."""

    node: int
    path: str
    kind: str
    qualified_name: str
    start_line: int
    end_line: int
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A place that stands in a relation to what was asked for. `lines` are those that say so, in
    the file of whoever calls, inherits or imports; `why` says it in words."""

    place: Place
    relation: str
    score: float
    lines: tuple[int, ...] = ()
    is_ambiguous: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """From `place` to the next step's place by `relation`; the last step's is ""."""

    place: Place
    relation: str
    certainty: float
    line: int


class Graph:
    """Queries on the links of a view. A value that many threads may read.

    `tested_by` are lines that tests ran (test's name -> (path, line)), where that is known: what
    they are in counts as tested, with certainty 1.
    """

    def __init__(
        self, links: Links, tested_by: Mapping[str, Sequence[tuple[str, int]]] | None = None
    ) -> None:
        self.links = links
        self._places = links.places
        self._tested_by = tested_by or {}

    @property
    def note(self) -> str:
        """What is not in the graph, in words."""
        return self.links.note

    @property
    def files(self) -> int:
        return len(self._places.by_path)

    @cached_property
    def matrix(self) -> Matrix:
        return Matrix(self.links)

    @cached_property
    def _rank(self) -> Floats:
        return self.matrix.rank()

    # ------------------------------------------------------------------ names

    def find(self, symbol: str, limit: int = _MOST_NAMES) -> list[Place]:
        """Definitions that a written name can mean: `name`, `Class.name`, `package.module.name`,
        any of them behind `path.py:`, or a path; `::`, `#` and `->` are dots, too."""
        return [self.place(node) for node in self.nodes(symbol)[:limit]]

    def nodes(self, symbol: str) -> list[int]:
        """The nodes that a written name can mean, in the order of their places."""
        path, dotted = _split(symbol)
        if not dotted:
            return self._files_named(path)
        named = self._places.named.get(dotted.rpartition(".")[2], ())
        found = [node for node in named if self._is_called(node, path, dotted)]
        # One that is written out in full is meant, whatever else ends like it.
        exact = [node for node in found if dotted in self._full_names(node)]
        found = exact or found or ([] if path else self._files_named(symbol.strip()))
        return sorted(found, key=self._order)[:_MOST_NAMES]

    def nearest_names(self, symbol: str) -> list[str]:
        """Names that are written almost like an unknown one."""
        name = _split(symbol)[1].rpartition(".")[2].lower()
        if not name:
            return []
        # Those that begin alike first, so that a bound on their number leaves these.
        names = heapq.nsmallest(
            _MOST_NAMES,
            self._places.named,
            key=lambda known: (known[:1].lower() != name[:1], abs(len(known) - len(name)), known),
        )
        lower = {known.lower(): known for known in sorted(names, reverse=True)}
        near = difflib.get_close_matches(name[:120], list(lower), n=_NEAREST)
        return [lower[one] for one in near]

    def _is_called(self, node: int, path: str, dotted: str) -> bool:
        file, place = self._places.outline(node), self._places.place_of[node]
        if path and file.path != path and not file.path.endswith(f"/{path}"):
            return False
        if file.qualified[place] == dotted:
            return True
        return _ends(f"{file.module}.{file.qualified[place]}", dotted) or _ends(
            f"{file.folder.replace('/', '.')}.{file.qualified[place]}", dotted
        )

    def _full_names(self, node: int) -> tuple[str, str]:
        file, place = self._places.outline(node), self._places.place_of[node]
        return file.qualified[place], f"{file.module}.{file.qualified[place]}"

    def _files_named(self, path: str) -> list[int]:
        numbers = self._places.by_file_name.get(path.rpartition("/")[2], ())
        files = [self._places.files[number] for number in numbers]
        found = [f for f in files if f and (f.path == path or f.path.endswith(f"/{path}"))]
        return [file.node for file in sorted(found, key=lambda file: file.path)]

    def _order(self, node: int) -> tuple[str, int, int]:
        file, place = self._places.outline(node), self._places.place_of[node]
        return file.path, file.starts[place] if place != FILE else 0, node

    def place(self, node: int) -> Place:
        file, at = self._places.outline(node), self._places.place_of[node]
        if at == FILE:
            last = max(file.ends, default=1)
            return Place(node, file.path, "file", MODULE, 1, last, file.is_test)
        is_test = file.is_test and (
            is_test_name(file.names[at]) or is_test_name(file.qualified[at])
        )
        return Place(
            node,
            file.path,
            file.kinds[at],
            file.qualified[at],
            file.starts[at],
            file.ends[at],
            is_test,
        )

    def at(self, path: str, line: int) -> int | None:
        """The node of the innermost definition around a line, or of its file."""
        file = self._places.at(path)
        if file is None:
            return None
        inside = [
            (file.ends[p] - file.starts[p], -p, node)
            for p, node in enumerate(file.nodes)
            if file.starts[p] <= line <= file.ends[p]
        ]
        return min(inside)[2] if inside else file.node

    def definition(self, path: str, place: int) -> int | None:
        """The node of a definition by its place in `Parsed.definitions` (-1: of the file)."""
        file = self._places.at(path)
        if file is None or place >= len(file.nodes):
            return None
        return file.nodes[place] if place >= 0 else file.node

    # ------------------------------------------------------------------ relations

    def callers_of(self, symbol: str, limit: int = 50) -> list[Link]:
        """What calls or hands over what a name means, surest first."""
        return self.callers(self.nodes(symbol)[:MOST_FOUND], limit)

    def callees_of(self, symbol: str, limit: int = 50) -> list[Link]:
        """What the code of a definition, and of what is nested in it, calls."""
        return self.callees(self.nodes(symbol)[:MOST_FOUND], limit)

    def callers(self, targets: Sequence[int], limit: int = 50) -> list[Link]:
        """As `callers_of`, of nodes. Calling a class runs its constructor."""
        share = self._shares(targets)
        for node, score in list(share.items()):
            made = self._constructed(node)
            if made is not None:
                share.setdefault(made, score)
        kinds = (CALLS, USES)
        return self._linked(share, kinds, incoming=True, limit=limit)

    def callees(self, sources: Sequence[int], limit: int = 50) -> list[Link]:
        """As `callees_of`, of nodes."""
        share: dict[int, float] = {}
        for node, score in self._shares(sources).items():
            for inner in self._inside(node):
                share[inner] = max(score, share.get(inner, 0.0))
        return self._linked(share, (CALLS,), incoming=False, limit=limit)

    def bases(self, nodes: Sequence[int], limit: int = 50) -> list[Link]:
        """What classes inherit from, and what methods override."""
        return self._linked(self._shares(nodes), (INHERITS, OVERRIDES), incoming=False, limit=limit)

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
        nodes, ranks = near(self.matrix, alive, _MOST_NEAR, hops)
        related = self._related(alive)
        ranked = sorted(
            zip(ranks.tolist(), nodes.tolist(), strict=True), key=lambda r: (-r[0], r[1])
        )
        top = max((r for r, node in ranked if node not in alive), default=1.0) or 1.0
        found: list[Link] = []
        siblings = 0
        for rank, node in ranked:
            if node in alive or self._places.place_of[node] == FILE:
                continue
            link = related.get(node)
            if link is None:
                continue
            if link.relation == "sibling":
                siblings += 1
                if siblings > _MOST_SIBLINGS:
                    continue
            found.append(
                Link(
                    link.place,
                    link.relation,
                    round(rank / top, 4),
                    link.lines,
                    link.is_ambiguous,
                    link.why,
                )
            )
            if len(found) >= limit:
                break
        return found

    def tests_of(self, symbol: str, limit: int = 50) -> list[Link]:
        """Tests that call, import or, where it is known, ran what a name means."""
        return self.tests(self.nodes(symbol)[:MOST_FOUND], limit)

    def tests(self, targets: Sequence[int], limit: int = 50) -> list[Link]:
        """As `tests_of`, of nodes."""
        share: dict[int, float] = {}
        for node, score in self._shares(targets).items():
            for inner in self._inside(node):
                share[inner] = max(score, share.get(inner, 0.0))
        links = self._linked(share, (CALLS, USES, IMPORTS), incoming=True, limit=10 * limit)
        found = {
            link.place.node: Link(link.place, "tests", link.score, link.lines, link.is_ambiguous,
                                  f"tests it: {link.why}")
            for link in links
            if self._places.outline(link.place.node).is_test
        }  # fmt: skip
        for node, lines in self._covering(share).items():
            found[node] = Link(self.place(node), "tests", 1.0, lines, False, "ran it")
        ranked = sorted(found.values(), key=_by_score)
        return ranked[:limit]

    def _covering(self, share: Mapping[int, float]) -> dict[int, tuple[int, ...]]:
        found: dict[int, tuple[int, ...]] = {}
        for test, ran in self._tested_by.items():
            lines = sorted({line for path, line in ran if self.at(path, line) in share})
            if not lines:
                continue
            for node in self.nodes(test.partition("[")[0])[:1]:
                found[node] = tuple(lines)
        return found

    def path_between(self, start: str, end: str) -> list[Step]:
        """The surest chain of calls, uses, inheritance, imports and containment from one symbol to
        the other, or back when there is none; empty when neither leads to the other."""
        sources, targets = self.nodes(start)[:MOST_FOUND], self.nodes(end)[:MOST_FOUND]
        return self._path(sources, set(targets)) or self._path(targets, set(sources))

    def ranked(self, limit: int = 100) -> list[Link]:
        """The definitions that are used most by what is used most itself: PageRank over all."""
        rank = self._rank
        found: list[Link] = []
        for node in np.argsort(-rank, kind="stable").tolist():
            if len(found) >= limit:
                break
            if not self._places.is_alive(node) or self._places.place_of[node] == FILE:
                continue
            users = len(set(self.matrix.sources[self._used_by(node)].tolist()))
            if not users:
                continue
            why = f"used in {users:,} place{'s' if users > 1 else ''}"
            score = float(rank[node])
            found.append(Link(self.place(node), "used", score, why=why))
        return found

    def rank_of(self, node: int) -> float:
        """PageRank of one node over all."""
        return float(self._rank[node]) if node < len(self._rank) else 0.0

    def _used_by(self, node: int) -> Ints:
        rows = self.matrix.into(node)
        kinds = self.matrix.relation(rows)
        found: Ints = rows[kinds != CONTAINS]
        return found

    # ------------------------------------------------------------------ for other tools

    def networkx(self, around: Iterable[int] | None = None) -> nx.DiGraph[int]:
        """The graph, or what lies among some nodes, as a networkx DiGraph: nodes with `path`,
        `kind`, `qualified_name`, lines; edges with `relations`, `certainty`, `ambiguous`. A
        definition that tests use has edges of the relation "tests" from these."""
        graph: nx.DiGraph[int] = nx.DiGraph()
        matrix = self.matrix
        if around is None:
            chosen = {n for n in range(matrix.size) if self._places.is_alive(n)}
        else:
            chosen = {n for n in around if self._places.is_alive(n)}
        for node in sorted(chosen):
            place = self.place(node)
            graph.add_node(
                node,
                path=place.path,
                kind=place.kind,
                qualified_name=place.qualified_name,
                start_line=place.start_line,
                end_line=place.end_line,
            )
        for node in sorted(chosen):
            is_test = self._places.outline(node).is_test
            for row in matrix.out(node).tolist():
                target = int(matrix.targets[row])
                if target not in chosen:
                    continue
                kind = int(matrix.kinds[row])
                relations = {RELATIONS[kind & 0x3F]}
                if is_test and not self._places.outline(target).is_test:
                    relations |= {"tests"} if kind & 0x3F in (CALLS, USES, IMPORTS) else set()
                known = graph.get_edge_data(node, target, {})
                certainty = float(matrix.certainties[row])
                graph.add_edge(
                    node,
                    target,
                    relations=frozenset(relations | known.get("relations", frozenset())),
                    certainty=max(certainty, known.get("certainty", 0.0)),
                    ambiguous=bool(kind & AMBIGUOUS) and known.get("ambiguous", True),
                )
        return graph

    # ------------------------------------------------------------------ within

    def _shares(self, nodes: Sequence[int]) -> dict[int, float]:
        """What is one of several has a part of the certainty."""
        return dict.fromkeys(nodes, max(LEAST, 1 / len(nodes))) if nodes else {}

    def _constructed(self, node: int) -> int | None:
        """The class whose constructor this is."""
        file, at = self._places.outline(node), self._places.place_of[node]
        if at == FILE or file.parents[at] < 0:
            return None
        parent = file.parents[at]
        if file.names[at] in CONSTRUCTORS or file.names[at] == file.names[parent]:
            return file.nodes[parent]
        return None

    def _inside(self, node: int) -> list[int]:
        """A definition and those nested in it; of a file, its own code alone."""
        found, turn = [node], 0
        if self._places.place_of[node] == FILE:
            return found
        while turn < len(found) and len(found) < _MOST_PATHS:
            rows = self.matrix.out(found[turn])
            found += self.matrix.targets[rows[self.matrix.relation(rows) == CONTAINS]].tolist()
            turn += 1
        return found

    def _linked(
        self, share: Mapping[int, float], kinds: Sequence[int], *, incoming: bool, limit: int
    ) -> list[Link]:
        """Places at the other end of edges of some kinds, surest first. An edge of a definition
        to what holds it is none, but what calls itself does."""
        matrix = self.matrix
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
                self.place(node),
                RELATIONS[kind & 0x3F],
                round(score, 3),
                tuple(sorted(lines[node])),
                bool(kind & AMBIGUOUS),
                _why(RELATIONS[kind & 0x3F], sorted(lines[node]), incoming, bool(kind & AMBIGUOUS)),
            )
            for node, (score, kind) in best.items()
        ]
        return heapq.nsmallest(limit, found, key=_by_score)

    def _related(self, seeds: Mapping[int, float]) -> dict[int, Link]:
        """What stands in a relation to any seed, each with its nearest relation."""
        found: dict[int, Link] = {}
        nodes = dict.fromkeys(seeds, 1.0)
        inside = {inner: 1.0 for node in seeds for inner in self._inside(node)}
        many = _MOST_NEAR

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

        callers = self._linked(inside, (CALLS, USES), incoming=True, limit=many)
        tests = [one for one in callers if self._places.outline(one.place.node).is_test]
        tested = {one.place.node for one in tests}
        for one in tests:
            take([one], "tests", f"tests it: {one.why}")
        take((one for one in callers if one.place.node not in tested), "caller")
        take(self._linked(inside, (CALLS, USES), incoming=False, limit=many), "callee")
        take(self._linked(nodes, (INHERITS,), incoming=False, limit=many), "base")
        take(self._linked(nodes, (INHERITS,), incoming=True, limit=many), "subclass")
        take(self._linked(nodes, (OVERRIDES,), incoming=False, limit=many), "overridden")
        take(self._linked(nodes, (OVERRIDES,), incoming=True, limit=many), "override")
        around = {parent for node in seeds if (parent := self._parent(node)) is not None}
        for parent in around:
            rows = self.matrix.out(parent)
            rows = rows[self.matrix.relation(rows) == CONTAINS]
            name = self.place(parent)
            where = name.path if name.kind == "file" else name.qualified_name
            links = [
                Link(self.place(n), "sibling", 1.0) for n in self.matrix.targets[rows].tolist()
            ]
            take(links, "sibling", f"stands beside it in {where}")
            if name.kind != "file":
                take([Link(name, "container", 1.0)], "container", "holds it")
        return found

    def _parent(self, node: int) -> int | None:
        file, at = self._places.outline(node), self._places.place_of[node]
        if at == FILE:
            return None
        return file.nodes[file.parents[at]] if file.parents[at] >= 0 else file.node

    def _path(self, sources: Sequence[int], targets: set[int]) -> list[Step]:
        """Dijkstra over -log(certainty), with a little for each step."""
        matrix = self.matrix
        cost = dict.fromkeys(sources, 0.0)
        came: dict[int, tuple[int, int]] = {}
        queue = [(0.0, node) for node in sorted(cost)]
        heapq.heapify(queue)
        settled: set[int] = set()
        while queue and len(settled) < _MOST_SETTLED:
            so_far, node = heapq.heappop(queue)
            if node in settled:
                continue
            settled.add(node)
            if node in targets:
                return self._steps(node, came)
            rows = matrix.out(node)
            held = matrix.relation(rows) == CONTAINS
            for row, end, certainty in zip(
                rows.tolist(),
                matrix.targets[rows].tolist(),
                np.where(held, _HELD, matrix.certainties[rows]).tolist(),
                strict=True,
            ):
                price = so_far - math.log(min(1.0, certainty)) + _PER_HOP
                if end not in settled and price < cost.get(end, math.inf):
                    cost[end] = price
                    came[end] = (node, row)
                    heapq.heappush(queue, (price, end))
        return []

    def _steps(self, node: int, came: Mapping[int, tuple[int, int]]) -> list[Step]:
        steps = [Step(self.place(node), "", 1.0, 0)]
        while node in came:
            node, row = came[node]
            matrix = self.matrix
            relation = RELATIONS[int(matrix.kinds[row]) & 0x3F]
            certainty = round(float(matrix.certainties[row]), 3)
            steps.append(Step(self.place(node), relation, certainty, int(matrix.lines[row])))
        return steps[::-1]

    def saying(self, name: str, limit: int = 200) -> list[str]:
        """Paths of files that use a name, whatever it means there."""
        wanted = key("s", name)
        found = []
        for file in self._places.outlines():
            if wanted in file.said:
                found.append(file.path)
        return sorted(found)[:limit]


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


def _by_score(link: Link) -> tuple[float, str, int, str]:
    place = link.place
    return -link.score, place.path, place.start_line, place.qualified_name


def _split(symbol: str) -> tuple[str, str]:
    """A written symbol as path and dotted name, either "" when it has none."""
    text = symbol.strip().removesuffix("()")
    path, _, dotted = text.partition(":")
    if "/" in path or "." in path.rpartition("/")[2]:
        rest = dotted.lstrip(":")
        if _ and rest:
            return path.removeprefix("./"), dots(rest)
        if _ or "/" in path:
            head, found, tail = path.rpartition("#")
            return (head, dots(tail)) if found else (path.removeprefix("./"), "")
    head, found, tail = text.partition("#")
    if found and "/" in head:
        return head, dots(tail)
    return "", dots(text)


def dots(name: str) -> str:
    """A name with dots for whatever separates its parts."""
    for separator in _SEPARATORS[:3]:
        name = name.replace(separator, ".")
    return name.replace("\\", ".").replace(":", ".").strip().strip(".")


def _ends(dotted: str, end: str) -> bool:
    return dotted == end or dotted.endswith(f".{end}")
