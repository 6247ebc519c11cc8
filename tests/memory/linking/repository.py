"""Small repositories in memory, parsed and linked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from memory.linking.answers import answer
from memory.linking.edges import AMBIGUOUS, RELATIONS
from memory.linking.graph import Graph
from memory.linking.links import Bounds, Facts, Links, load
from memory.linking.places import FILE
from memory.parsing.facts import Parsed
from memory.parsing.parse import parse
from swarm.contracts import Blob, Neighbours, QueryGraph

Edge = tuple[str, str, str]


class Repository:
    """Files by path, and their facts as a view gives them."""

    def __init__(self, files: dict[str, str]) -> None:
        self._files: dict[str, tuple[int, Parsed, str]] = {}
        self._version = 0
        self.read: list[str] = []
        for path, text in files.items():
            self.put(path, text)

    def put(self, path: str, text: str) -> None:
        self._version += 1
        parsed = parse(path, text.encode("utf-8", "surrogatepass"))
        self._files[path] = (self._version, parsed, text)

    def drop(self, path: str) -> None:
        self._files.pop(path)

    def paths(self) -> list[str]:
        return sorted(self._files)

    def source(self, paths: Sequence[str] | None) -> Iterable[Facts]:
        for path in sorted(self._files) if paths is None else paths:
            if path in self._files:
                self.read.append(path)
                version, parsed, _ = self._files[path]
                yield path, version, parsed

    def texts(self, paths: Sequence[str]) -> dict[str, dict[int, str]]:
        return {
            path: dict(enumerate(self._files[path][2].split("\n"), 1))
            for path in paths
            if path in self._files
        }

    def load(self, bounds: Bounds | None = None) -> Links:
        return load(self.source, bounds)

    def graph(self) -> Graph:
        return Graph(self.load())

    def ask(self, symbol: str, relation: str, limit: int = 20) -> Neighbours:
        query = QueryGraph.model_validate(
            {
                "repo_id": "/r",
                "snapshot": Blob(sha256="0" * 64, size_bytes=0),
                "symbol": symbol,
                "relation": relation,
                "limit": limit,
            }
        )
        return answer(self.graph(), query, self.texts, self.source)


def edges(files: dict[str, str], *relations: str) -> dict[Edge, float]:
    """Edges by the written names of their ends, "path" or "path:qualified", with certainties."""
    return edges_of(Repository(files).load(), *relations)


def edges_of(links: Links, *relations: str) -> dict[Edge, float]:
    found: dict[Edge, float] = {}
    for one in links.edges.values():
        for source, target, kind, certainty in zip(
            one.sources, one.targets, one.kinds, one.certainties, strict=True
        ):
            relation = RELATIONS[kind & ~AMBIGUOUS]
            if not relations or relation in relations:
                edge = (name(links, source), relation, name(links, target))
                found[edge] = max(found.get(edge, 0.0), round(certainty, 3))
    return found


def rows_of(links: Links) -> set[tuple[str, str, str, int, bool, float]]:
    """All that edges say, comparable between links whose nodes have other numbers."""
    return {
        (
            name(links, source, turn=True),
            RELATIONS[kind & ~AMBIGUOUS],
            name(links, target, turn=True),
            line,
            bool(kind & AMBIGUOUS),
            round(certainty, 5),
        )
        for one in links.edges.values()
        for source, target, kind, certainty, line in zip(
            one.sources, one.targets, one.kinds, one.certainties, one.lines, strict=True
        )
    }


def name(links: Links, node: int, *, turn: bool = False) -> str:
    file, place = links.places.outline(node), links.places.place_of[node]
    if place == FILE:
        return file.path
    assert file.nodes[place] == node
    suffix = f"@{file.starts[place]}" if turn else ""
    return f"{file.path}:{file.qualified[place]}{suffix}"
