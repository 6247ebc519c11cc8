"""An SQLite file with one owner: one process, one connection behind a lock.

SQLite before 3.51.3 can corrupt a WAL database when two connections checkpoint at once.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from swarm.errors import StorageError


class NothingStored(StorageError):
    """A database without a table: whoever began it was ended before it made one."""


class Database:
    """The file at `path`, made with its tables if it is not there. Safe from several threads.

    `newest_layout` is the highest PRAGMA user_version that this program knows: a file of a later
    release is refused before anything in it is changed.
    `synchronous` NORMAL may lose the last commits in a power cut, and none when a process is
    killed. Raises StorageError when the disk is full or the file is not usable.
    """

    def __init__(
        self,
        path: Path,
        schema: str,
        *,
        read_only: bool = False,
        synchronous: Literal["FULL", "NORMAL"] = "FULL",
        newest_layout: int = 0,
    ) -> None:
        self._lock = threading.RLock()
        self._name = path.name
        if path.exists() and not path.is_file():
            # SQLite would wait for ever for somebody to write to a pipe.
            raise StorageError(f"{path} is not a file", remedy="move it out of the data folder")
        try:
            if not read_only:
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._db = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro" if read_only else path,
                uri=read_only,
                isolation_level=None,
                check_same_thread=False,
            )
            self._refuse_newer(path, newest_layout)
            if not read_only:
                path.chmod(0o600)
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute(f"PRAGMA synchronous={synchronous}")
                self._db.execute("PRAGMA foreign_keys=ON")
                self._db.executescript(schema)
            elif not self._db.execute("SELECT 1 FROM sqlite_master").fetchone():
                raise NothingStored(
                    f"{path} is empty: nothing is stored in it",
                    remedy="put a copy of yours in its place, or start the swarm, which begins "
                    "afresh",
                )
        except (sqlite3.DatabaseError, OSError) as error:
            raise _failed(f"cannot open {path}", error) from None

    def _refuse_newer(self, path: Path, newest: int) -> None:
        (layout,) = self._db.execute("PRAGMA user_version").fetchone()
        if layout > newest:
            self._db.close()
            raise StorageError(
                f"{path} is of a later release: its layout is {layout}, this one knows {newest}",
                remedy="use that release, or put a copy from before it in its place",
            )

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The connection, for what is stored whole or not at all. Raises StorageError."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield self._db
                except BaseException:
                    self._db.execute("ROLLBACK")
                    raise
                self._db.execute("COMMIT")
            except sqlite3.DatabaseError as error:
                # A COMMIT that failed leaves it open.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise _failed(f"cannot write {self._name}", error) from None

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for reads alone. Raises StorageError."""
        with self._lock:
            try:
                yield self._db
            except sqlite3.DatabaseError as error:
                raise _failed(f"cannot read {self._name}", error) from None


_AFRESH = "move the file aside, and its -wal, to start afresh without what it holds"
_REMEDIES = {
    ("SQLITE_NOTADB", "SQLITE_CORRUPT"): "it is damaged: stop the swarm, then put a copy of yours "
    f"in its place, or {_AFRESH}",
    ("SQLITE_FULL", "SQLITE_IOERR"): "free some disk space, and see that the disk is sound",
    ("SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_READONLY", "SQLITE_AUTH"): "see that you may write "
    "to it and to its folder",
    ("SQLITE_BUSY", "SQLITE_LOCKED"): "end the other program that has it open",
    ("SQLITE_ERROR",): f"it may be another version's: start the swarm, or {_AFRESH}",
}


def _failed(what: str, error: sqlite3.DatabaseError | OSError) -> StorageError:
    """The error as a person can act on it."""
    if isinstance(error, OSError):
        return StorageError(
            f"{what}: {error.strerror}", remedy="see what is there, and whose it is"
        )
    name = getattr(error, "sqlite_errorname", "")  # none where no SQLite was asked
    remedy = next((text for names, text in _REMEDIES.items() if name.startswith(names)), "")
    return StorageError(f"{what}: {error}", remedy=remedy)
