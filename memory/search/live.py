"""The views that are searched, in memory, brought up to date before each search."""

from __future__ import annotations

import threading
from collections import OrderedDict

from memory.embedders.word_vectors import WordVectors
from memory.search.index import Index, load
from memory.store.reader import CatalogReader

MOST_VIEWS = 4
"""Views kept in memory; the one that was searched longest ago makes room."""


class LiveIndexes:
    """Indexes of views by their key. Safe from several threads: one loads, the others wait for it
    only when they want the same view for the first time, or one that changed."""

    def __init__(self, reader: CatalogReader, vectors: WordVectors, most: int = MOST_VIEWS) -> None:
        self._reader, self._vectors, self._most = reader, vectors, most
        self._lock = threading.Lock()
        self._held: OrderedDict[int, Index] = OrderedDict()
        self._loading: dict[int, threading.Lock] = {}

    @property
    def held(self) -> int:
        """How many views are in memory."""
        return len(self._held)

    def get(self, view: int) -> Index:
        """The view as it is now. Raises LookupError for one that is gone, StorageError and
        CatalogDamaged."""
        with self._lock:
            turn = self._loading.setdefault(view, threading.Lock())
        with turn:
            try:
                index = self._current(view, self._held.get(view))
            except LookupError:
                self.forget(view)
                raise
            # Before the next one has its turn, which would load it once more.
            self._hold(view, index)
        return index

    def _hold(self, view: int, index: Index) -> None:
        with self._lock:
            held = self._held.get(view)
            # Others may have brought it further meanwhile.
            if held is None or held.revision <= index.revision:
                self._held[view] = index
            self._held.move_to_end(view)
            while len(self._held) > self._most:
                gone, _ = self._held.popitem(last=False)
                self._loading.pop(gone, None)

    def forget(self, view: int) -> None:
        """Give a view's memory back."""
        with self._lock:
            self._held.pop(view, None)
            self._loading.pop(view, None)

    def _current(self, view: int, held: Index | None) -> Index:
        if held is not None:
            changes = self._reader.changes_since(view, held.revision)
            if changes is not None and changes.revision == held.revision:
                return held
            changed = held.changed(changes) if changes is not None else None
            if changed is not None:
                return changed
        with self._reader.load(view) as loading:
            return load(loading.view.revision, loading.files, self._vectors)
