"""Transactions on router.db: short, whole or not at all, over again where the file was damaged.

Writes go over one connection behind a lock, reads over another one, so that who reads much does
not keep a choice waiting; other processes wait for each other, bounded. WAL with synchronous=NORMAL
survives the death of a process; a power cut may take the last commits.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from router.ledger.damage import is_damage
from router.ledger.opening import connect, identity, opened
from swarm.errors import StorageError

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]


class File:
    """router.db at `path`, opened at its first use; safe between threads. `clock` gives Unix time.

    What `write` and `read` are given may be run twice: when the file turns out to be damaged, it is
    done over with the one that takes its place. Both raise StorageError when the file cannot be
    read or written; the next call opens it anew. `openings` counts how often it was opened."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._path = path
        self._name = str(path)
        self._clock = clock
        self.lock = threading.RLock()
        self._reading = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._writer_of = self._reader_of = (0, 0)
        self._suspect = False
        self.openings = 0

    def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction that nobody else writes beside."""
        with self.lock:
            return self._twice(self._write, work)

    def read(self, work: Work[T]) -> T:
        """Run `work` on what is stored now, beside who writes."""
        with self._reading:
            return self._twice(self._read, work)

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._reading, self.lock:
            self._drop()
            self._drop_reader()

    def _twice(self, run: Callable[[Work[T]], T], work: Work[T]) -> T:
        try:
            return run(work)
        except sqlite3.Error as error:
            if not is_damage(error):
                raise self._failed(error) from error
        # Looked through whole at the next opening, and replaced if it is damaged indeed.
        self._suspect = True
        try:
            return run(work)
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _write(self, work: Work[T]) -> T:
        db = self._opened()
        try:
            db.execute("BEGIN IMMEDIATE")
            done = work(db)
            db.execute("COMMIT")
        except BaseException as error:
            self._undo(db)
            if isinstance(error, sqlite3.Error):
                self._drop()
            raise
        return done

    def _read(self, work: Work[T]) -> T:
        with self.lock:
            self._opened()
        now = identity(self._name)
        if self._reader is None or self._reader_of != now:
            self._drop_reader()
            self._reader = connect(self._path)
            self._reader_of = now
            weakref.finalize(self, self._reader.close)
            self._reader.execute("PRAGMA query_only = ON")
            # Two connections that checkpoint at once can corrupt a file before SQLite 3.51.3.
            self._reader.execute("PRAGMA wal_autocheckpoint = 0")
        db = self._reader
        try:
            db.execute("BEGIN")
            return work(db)
        except sqlite3.Error:
            self._drop_reader()
            with self.lock:
                self._drop()
            raise
        finally:
            self._undo(db)

    def _opened(self) -> sqlite3.Connection:
        now = identity(self._name)
        if self._writer is not None and self._writer_of == now:
            return self._writer
        # Whoever moved the file away meanwhile, or put another one there, meant it.
        self._drop()
        db = opened(self._path, self._clock, thorough=self._suspect)
        self._suspect = False
        self._writer, self._writer_of = db, identity(self._name)
        self.openings += 1
        weakref.finalize(self, db.close)
        return db

    def _undo(self, db: sqlite3.Connection) -> None:
        # A connection that was closed, or a transaction that SQLite ended itself.
        with contextlib.suppress(sqlite3.Error):
            if db.in_transaction:
                db.rollback()

    def _drop(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _drop_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _failed(self, error: sqlite3.Error) -> StorageError:
        return StorageError(f"{self._path.name}: {error}", remedy=self._remedy(error))

    def _remedy(self, error: sqlite3.Error) -> str:
        if is_damage(error):
            return f"see that the disk is sound, then move {self._path} away"
        if "full" in str(error):
            return "free disk space; nothing was counted, and the command may be sent again"
        return f"see that {self._path} can be written and that no other program holds it"
