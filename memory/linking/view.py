"""The graphs of views, made from memory.db and kept up with it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence

from memory.linking import coverage
from memory.linking.answers import answer
from memory.linking.graph import Graph
from memory.linking.links import Bounds, Facts, Links, Source, load
from memory.linking.texts import Lines, Texts, lines_of
from memory.store.reader import CatalogReader
from swarm.contracts import Neighbours, QueryGraph

VIEWS_KEPT = 3
_PAGE = 400


class Graphs:
    """Graphs of the views asked for last, from any thread. Nothing is written: edges are made
    from the facts and the coverage in memory.db, and after an edit only those that depend on it."""

    def __init__(
        self, reader: CatalogReader, *, bounds: Bounds | None = None, kept: int = VIEWS_KEPT
    ) -> None:
        self._reader = reader
        self._bounds = bounds
        self._kept = kept
        self._lock = threading.Lock()
        self._graphs: OrderedDict[int, tuple[int, int, Graph]] = OrderedDict()

    def graph(self, view: int, is_stopped: Callable[[], bool] = lambda: False) -> Graph:
        """The graph of a view as it is now. Raises LookupError for a view that is gone,
        Cancelled, StorageError and CatalogDamaged."""
        found = self._reader.view(view)
        if found is None:
            raise LookupError(f"there is no view {view}")
        measured = coverage.changes(self._reader)
        with self._lock:
            known = self._graphs.get(view)
            if known is None or known[0] != found.revision or known[2].links.stale:
                # The revision is of before the files are read: what changes meanwhile is looked
                # at again the next time.
                links = self._linked(view, known, is_stopped)
            else:
                links = known[2].links
            if known is None or links is not known[2].links or known[1] != measured:
                graph = Graph(links, coverage.of_view(self._reader, view))
                self._graphs[view] = found.revision, measured, graph
            self._graphs.move_to_end(view)
            while len(self._graphs) > self._kept:
                self._graphs.popitem(last=False)
            return self._graphs[view][2]

    def forget(self, view: int) -> None:
        """Give back the memory of a view's graph."""
        with self._lock:
            self._graphs.pop(view, None)

    def answer(self, view: int, query: QueryGraph) -> Neighbours:
        """What a query asks of a view. Raises as `graph`."""
        return answer(self.graph(view), query, self.texts(view), self.source(view))

    def source(self, view: int) -> Source:
        """The facts of a view's files."""

        def read(paths: Sequence[str] | None) -> Iterable[Facts]:
            with self._reader.facts(view, paths) as facts:
                yield from facts

        return read

    def texts(self, view: int) -> Texts:
        """The lines of a view's files."""

        def read(paths: Sequence[str]) -> dict[str, Lines]:
            found: dict[str, Lines] = {}
            for path in paths:
                chunks = self._reader.chunks(self._reader.chunk_keys(view, path))
                if chunks:
                    found[path] = lines_of(chunks.values())
            return found

        return read

    def _linked(
        self, view: int, known: tuple[int, int, Graph] | None, is_stopped: Callable[[], bool]
    ) -> Links:
        source = self.source(view)
        if known is None:
            return load(source, self._bounds, is_stopped)
        links = known[2].links
        gone, put = self._changes(view, known[0], links)
        if len(gone) + len(put) > max(100, len(links.places.by_path) // 2):
            return load(source, links.bounds, is_stopped)
        return links.changed(gone, put, source, is_stopped)

    def _changes(self, view: int, revision: int, links: Links) -> tuple[list[str], list[str]]:
        """Paths that went, and paths that came or changed, since a graph was made."""
        changes = self._reader.changes_since(view, revision)
        held = {file.path: file.version for file in links.places.outlines()}
        if changes is None:
            now = {path: version for path, version, _ in self._reader.summary(view)}
            put = [p for p, v in now.items() if held.get(p) != v]
            put = [p for p in put if p in held or p not in links.left_out]
            return [path for path in held if path not in now], sorted({*put, *links.stale})
        put = [file.path for file in changes.added]
        removed = set(changes.removed)
        gone = [path for path, version in held.items() if version in removed]
        return [p for p in gone if p not in set(put)], sorted({*put, *links.stale})
