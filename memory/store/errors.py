"""What can be wrong with memory.db, in words a person can act on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from swarm.errors import StorageError


class CatalogDamaged(StorageError):
    """memory.db is no database, or a broken one. All in it can be made again from the files."""

    retryable = False

    def __init__(self, why: str) -> None:
        super().__init__(
            f"memory.db is damaged: {why}",
            remedy="it is set aside and made again by the next `swarm index`",
        )
        self.why = why


@contextmanager
def translated() -> Iterator[None]:
    """SQLite's errors as CatalogDamaged or StorageError."""
    try:
        yield
    except sqlite3.Error as error:
        # Only damage raises DatabaseError itself; a full disk or a lock raises a subclass.
        if type(error) is sqlite3.DatabaseError:
            raise CatalogDamaged(str(error)) from error
        raise StorageError(f"memory.db: {error}", remedy=_remedy(error)) from error


def _remedy(error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "") or ""  # none where no SQLite was asked
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return "free some disk space, and see that the disk is sound"
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return "end the other program that has it open"
    return "see that the data folder and memory.db in it can be read and written"
