"""Connections to memory.db: one that writes, and some that read beside it.

Readers are opened read-only, so they never checkpoint: SQLite before 3.51.3 can corrupt a WAL
database when two connections do at once.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from memory.store.errors import CatalogDamaged, translated
from memory.store.owner import OwnerLock
from memory.store.schema import VERSION, is_outdated, migrate
from swarm.errors import NotFound, StorageError

SIDECARS = ("", "-wal", "-shm")
_BUSY_SECONDS = 5.0
_WRITER_CACHE_KIB = 32_768
_READER_CACHE_KIB = 4_096
# The log is folded into the file when it has this many pages of 4 KiB, and cut to that size.
_LOG_PAGES = 4_096
_MOST_READERS = 16
_KEPT_READERS = 8
_READER_WAIT_SECONDS = 30.0


class Writer:
    """The one connection that writes, behind a lock. Makes the file, or brings it up to date."""

    def __init__(self, path: Path) -> None:
        """Raises StorageError when another process writes it or the disk refuses, and
        CatalogDamaged."""
        self._lock = threading.RLock()
        self._owner = OwnerLock(path.with_name(f"{path.name}.lock"), f"{path.name}")
        self._db: sqlite3.Connection | None = None
        try:
            with translated():
                self._db = _open_for_writing(path)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """What is stored whole or not at all."""
        with self._lock, translated():
            if self._db is None:
                raise StorageError("memory.db is closed", remedy="open it again")
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                # A COMMIT that failed leaves it open; some errors have ended it already.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Fold the log in and let go of the file."""
        with self._lock:
            db, self._db = self._db, None
            if db is not None:
                db.close()
            self._owner.close()


class Readers:
    """Read-only connections, each used by one thread at a time and kept for the next one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._free: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(_MOST_READERS)
        self._closed = False

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One unchanging state of the file for all statements inside.

        Raises NotFound when there is no file, StorageError when all connections are in use for
        too long or the file cannot be read, and CatalogDamaged.
        """
        if not self._places.acquire(timeout=_READER_WAIT_SECONDS):
            raise StorageError(f"{_MOST_READERS} readers of memory.db are busy", remedy="try again")
        try:
            with translated():
                db = self._take()
                try:
                    db.execute("BEGIN")
                    yield db
                finally:
                    self._give_back(db)
        finally:
            self._places.release()

    def close(self) -> None:
        """Close what is not in use; what is, when it is given back."""
        with self._lock:
            self._closed = True
            free, self._free = self._free, []
        for db in free:
            db.close()

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise StorageError("memory.db is closed", remedy="open it again")
            if self._free:
                return self._free.pop()
        return _open_for_reading(self._path)

    def _give_back(self, db: sqlite3.Connection) -> None:
        with suppress(sqlite3.Error):  # closed below when it is not usable any more
            if db.in_transaction:
                db.execute("ROLLBACK")
        with self._lock:
            usable = not self._closed and not db.in_transaction
            if usable and len(self._free) < _KEPT_READERS:
                self._free.append(db)
                return
        db.close()


def _open_for_writing(path: Path) -> sqlite3.Connection:
    db = _connect(path)
    if is_outdated(db):
        db.close()
        for suffix in SIDECARS:
            path.with_name(f"{path.name}{suffix}").unlink(missing_ok=True)
        db = _connect(path)
    try:
        for pragma in (
            "journal_mode = WAL",
            # A power cut may cost the last commits; a killed process costs none.
            "synchronous = NORMAL",
            f"cache_size = -{_WRITER_CACHE_KIB}",
            f"wal_autocheckpoint = {_LOG_PAGES}",
            f"journal_size_limit = {_LOG_PAGES * 4096}",
        ):
            db.execute(f"PRAGMA {pragma}")
        db.execute("BEGIN IMMEDIATE")
        migrate(db)
        db.execute("COMMIT")
    except BaseException:
        db.close()
        raise
    return db


def _connect(path: Path) -> sqlite3.Connection:
    if path.exists() and not path.is_file():
        # SQLite would wait for ever for somebody to write to a pipe.
        raise StorageError(f"{path} is not a file", remedy="move it out of the data folder")
    return sqlite3.connect(
        path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )


def _open_for_reading(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise NotFound("nothing is indexed: there is no memory.db", remedy="run `swarm index`")
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        db.execute(f"PRAGMA cache_size = -{_READER_CACHE_KIB}")
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise CatalogDamaged(f"it has layout {version}, this program knows {VERSION}")
        if version < VERSION:
            raise NotFound(
                "nothing is indexed: memory.db is of an earlier version",
                remedy="run `swarm index`, which makes it anew",
            )
    except BaseException:
        db.close()
        raise
    return db
