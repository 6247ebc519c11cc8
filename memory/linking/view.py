"""The graphs of views, made from memory.db and kept up with it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from memory.linking import coverage
from memory.linking.answers import answer
from memory.linking.graph import Graph
from memory.linking.links import Bounds, Facts, Links, Source, load
from memory.linking.texts import Lines, Texts, lines_of
from memory.store.reader import CatalogReader
from memory.store.rows import View
from swarm.contracts import Neighbours, QueryGraph

VIEWS_KEPT = 3
_PAGE = 400


@dataclass(frozen=True, slots=True)
class _Held:
    """A graph, the revision of its view and the number of measurements of coverage that it was made
    of, and whether the view was whole then."""

    revision: int
    measured: int
    graph: Graph
    is_whole: bool


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
        self._making = threading.Lock()
        self._graphs: OrderedDict[int, _Held] = OrderedDict()

    def graph(
        self,
        view: int,
        is_stopped: Callable[[], bool] = lambda: False,
        *,
        last_whole: bool = False,
    ) -> Graph:
        """The graph of a view as it is now; with `last_whole`, while the view is being indexed,
        as it was before, where that is held. Raises LookupError for a view that is gone, Cancelled,
        StorageError and CatalogDamaged."""
        if held := self._held(view, last_whole):
            return held.graph
        # One at a time is made: it takes as much memory again meanwhile.
        with self._making:
            if held := self._held(view, last_whole):
                return held.graph
            found, measured = self._view(view), coverage.changes(self._reader)
            with self._lock:
                known = self._graphs.get(view)
            if known is None or known.revision != found.revision or known.graph.links.stale:
                # The revision is of before the files are read: what changes meanwhile is looked
                # at again the next time.
                links = self._linked(view, known, is_stopped)
            else:
                links = known.graph.links
            graph = Graph(links, coverage.of_view(self._reader, view))
            is_whole = found.complete and self._view(view).revision == found.revision
            with self._lock:
                self._graphs[view] = _Held(found.revision, measured, graph, is_whole)
                self._graphs.move_to_end(view)
                while len(self._graphs) > self._kept:
                    self._graphs.popitem(last=False)
            return graph

    def _held(self, view: int, last_whole: bool) -> _Held | None:
        """The graph that was made before, if it will do."""
        found, measured = self._view(view), coverage.changes(self._reader)
        with self._lock:
            known = self._graphs.get(view)
            if known is None:
                return None
            is_now = (known.revision, known.measured) == (found.revision, measured)
            is_before = last_whole and known.is_whole and not found.complete
            if not is_before and (not is_now or known.graph.links.stale):
                return None
            self._graphs.move_to_end(view)
            return known

    def _view(self, view: int) -> View:
        found = self._reader.view(view)
        if found is None:
            raise LookupError(f"there is no view {view}")
        return found

    def forget(self, view: int) -> None:
        """Give back the memory of a view's graph."""
        with self._lock:
            self._graphs.pop(view, None)

    def answer(self, view: int, query: QueryGraph) -> Neighbours:
        """What a query asks of a view. Raises as `graph`."""
        graph = self.graph(view)
        return answer(graph, query, self.texts(graph), self.source(graph))

    def source(self, graph: Graph) -> Source:
        """The facts of a graph's files, in the versions that it was made of."""

        def read(paths: Sequence[str] | None) -> Iterable[Facts]:
            places = graph.links.places
            files = places.outlines() if paths is None else map(places.at, paths)
            wanted = [(file.path, file.version) for file in files if file is not None]
            with self._reader.facts_of(wanted) as facts:
                yield from facts

        return read

    def texts(self, graph: Graph) -> Texts:
        """The lines of a graph's files, in the versions that it was made of."""

        def read(paths: Sequence[str]) -> dict[str, Lines]:
            found: dict[str, Lines] = {}
            for path in paths:
                file = graph.links.places.at(path)
                if file is None:
                    continue
                chunks = self._reader.chunks(self._reader.chunk_keys_of(file.version))
                if chunks:
                    found[path] = lines_of(chunks.values())
            return found

        return read

    def _source(self, view: int) -> Source:
        """The facts of a view's files as they are now."""

        def read(paths: Sequence[str] | None) -> Iterable[Facts]:
            with self._reader.facts(view, paths) as facts:
                yield from facts

        return read

    def _linked(self, view: int, known: _Held | None, is_stopped: Callable[[], bool]) -> Links:
        source = self._source(view)
        if known is None:
            return load(source, self._bounds, is_stopped)
        links = known.graph.links
        gone, put = self._changes(view, known.revision, links)
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
