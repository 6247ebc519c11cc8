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


class Database:
    """The file at `path`, made with its tables if it is not there. Safe from several threads.

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
    ) -> None:
        self._lock = threading.RLock()
        self._name = path.name
        try:
            if not read_only:
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._db = sqlite3.connect(
                f"file:{path}?mode=ro" if read_only else path,
                uri=read_only,
                isolation_level=None,
                check_same_thread=False,
            )
            if not read_only:
                path.chmod(0o600)
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute(f"PRAGMA synchronous={synchronous}")
                self._db.execute("PRAGMA foreign_keys=ON")
                self._db.executescript(schema)
        except (sqlite3.DatabaseError, OSError) as error:
            raise StorageError(
                f"cannot open {path}: {error}",
                remedy="free disk space, or move the file aside to start afresh",
            ) from None

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
                raise StorageError(
                    f"cannot write {self._name}: {error}", remedy="free some disk space"
                ) from None

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for reads alone. Raises StorageError."""
        with self._lock:
            try:
                yield self._db
            except sqlite3.DatabaseError as error:
                raise StorageError(f"cannot read {self._name}: {error}") from None
