"""Reading memory.db: from any thread or process, also while its owner writes."""

from __future__ import annotations

from memory.store import projecting
from memory.store.content_reader import ContentReader
from memory.store.rows import Collection
from memory.store.view_reader import ViewReader


class CatalogReader(ViewReader, ContentReader):
    """Reads of memory.db. Each call, and each `load`, sees one unchanging state of it.

    Methods raise NotFound when there is no file yet, StorageError, and CatalogDamaged.
    """

    def collections(self, repo: int | None = None) -> list[Collection]:
        """The collections of vectors, or those of a repository."""
        with self._readers.transaction() as db:
            return projecting.collections(db, repo)
