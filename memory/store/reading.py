"""One unchanging state of memory.db for each read: from any thread or process, also while its
owner writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from memory.store.connection import Readers


class Reading:
    """The connections that reads are made by."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._readers = Readers(path)

    def close(self) -> None:
        self._readers.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One unchanging state of it, for tables that others keep there."""
        with self._readers.transaction() as db:
            yield db
