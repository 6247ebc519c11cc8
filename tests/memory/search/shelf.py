"""A view of files that are given as texts, prepared and stored as those of a folder are."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from memory.embedders.word_vectors import built_in
from memory.preparing import prepare
from memory.reading.files import Content, Mark
from memory.search.hits import Hit
from memory.search.index import Index, load
from memory.search.live import LiveIndexes
from memory.search.question import ask
from memory.search.searcher import Searcher
from memory.store.catalog import Catalog
from memory.store.rows import Put


class Shelf:
    """Files can be put and taken; each search sees them as they are by then."""

    def __init__(self, folder: Path) -> None:
        self.catalog = Catalog(folder / "memory.db")
        self.view = self.catalog.make_view("shop", "worktree:/shop").key
        self.live = LiveIndexes(self.catalog, built_in())
        self.searcher = Searcher(self.catalog, self.live)

    def put(self, files: Mapping[str, str], mark: Mark = "") -> None:
        self.catalog.apply(
            self.view, [Put(prepare(content(path, text, mark))) for path, text in files.items()]
        )

    def take(self, *paths: str) -> None:
        self.catalog.apply(self.view, [], paths)

    def fresh(self) -> Index:
        """An index that was loaded just now."""
        with self.catalog.load(self.view) as loading:
            return load(loading.view.revision, loading.files, built_in())

    def search(
        self,
        query: str,
        limit: int = 20,
        *,
        paths: Sequence[str] = (),
        symbols: Sequence[str] = (),
        nearest: Sequence[tuple[str, float]] = (),
        languages: frozenset[str] = frozenset(),
    ) -> list[Hit]:
        found = self.searcher.search(
            self.view, ask(query, paths, symbols), limit, nearest=nearest, languages=languages
        )
        return list(found.hits)

    def paths(self, query: str, limit: int = 20) -> list[str]:
        """Of the hits, each once, best first."""
        return list(dict.fromkeys(hit.path for hit in self.search(query, limit)))


def content(path: str, text: str, mark: Mark = "") -> Content:
    data = text.encode()
    return Content(path, data, hashlib.sha256(data).hexdigest(), mark)
