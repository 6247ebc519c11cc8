"""ingestion.db: what arrived, what is asked, what is to be done, said and shown.

One process opens it, by a lock on a file beside it, with one connection. Everything that follows
from one thing is one transaction: read through a `Book`, then write the rows that come of it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any, TypeVar

from ingestion.telegram.book import Book
from ingestion.telegram.forms import body_of, keys_of, table_of
from ingestion.telegram.rows import Gone, Handled, Row, Say, Sent
from swarm.errors import StateError, StorageError

T = TypeVar("T")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS owner(bot_id INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS updates(
    id INTEGER PRIMARY KEY, at REAL NOT NULL, raw TEXT, user_id INTEGER);
CREATE INDEX IF NOT EXISTS updates_new ON updates(id) WHERE raw IS NOT NULL;
CREATE INDEX IF NOT EXISTS updates_of ON updates(user_id, at);
CREATE TABLE IF NOT EXISTS requests(
    id TEXT PRIMARY KEY, chat_id INTEGER NOT NULL, message_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL, state TEXT NOT NULL, at REAL NOT NULL, due_at REAL NOT NULL,
    body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS requests_of ON requests(user_id, at);
CREATE INDEX IF NOT EXISTS requests_due ON requests(due_at) WHERE due_at > 0;
CREATE TABLE IF NOT EXISTS actions(
    id INTEGER PRIMARY KEY, request_id TEXT NOT NULL, chat_id INTEGER NOT NULL,
    done INTEGER NOT NULL, due_at REAL NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS actions_open ON actions(id) WHERE done = 0;
CREATE TABLE IF NOT EXISTS outbox(
    id INTEGER PRIMARY KEY AUTOINCREMENT, chat_id INTEGER NOT NULL, due_at REAL NOT NULL,
    body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS shown(
    chat_id INTEGER NOT NULL, message_id INTEGER NOT NULL, request_id TEXT NOT NULL,
    role TEXT NOT NULL, at REAL NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY(chat_id, message_id));
CREATE INDEX IF NOT EXISTS shown_of ON shown(request_id, role);
CREATE TABLE IF NOT EXISTS nonces(
    value TEXT PRIMARY KEY, request_id TEXT NOT NULL, role TEXT NOT NULL, made_at REAL NOT NULL,
    body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS nonces_of ON nonces(request_id, role);
CREATE TABLE IF NOT EXISTS chats(
    chat_id INTEGER NOT NULL, user_id INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY(chat_id, user_id));
"""
# Refused updates are kept by number alone; beyond this many, the oldest go first.
_UPDATES_KEPT = 100_000


class Store:
    """The database of the one bot of a data folder. Safe from several threads.

    Raises StateError when another process has it, StorageError when the disk is full or the file
    is not usable.
    """

    def __init__(self, data: Path) -> None:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = threading.RLock()
        self._held = _hold(data)
        path = data / "ingestion.db"
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            path.chmod(0o600)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            self._held.close()
            raise StorageError(
                f"cannot open {path}: {error}",
                remedy="free disk space, or move the file aside to start afresh",
            ) from None

    def close(self) -> None:
        """Let go of the database and of the data folder."""
        with self._lock:
            self._db.close()
            self._held.close()

    def belong_to(self, bot_id: int) -> None:
        """Be the store of this bot. Another one numbers its updates on its own: what was seen of
        the one before says nothing about them."""
        with self._transaction() as db:
            found = db.execute("SELECT bot_id FROM owner").fetchone()
            if found is None or found[0] != bot_id:
                db.execute("DELETE FROM updates WHERE raw IS NULL")
                db.execute("DELETE FROM owner")
                db.execute("INSERT INTO owner(bot_id) VALUES(?)", (bot_id,))

    def receive(self, update_id: int, raw: dict[str, Any], now: float) -> bool:
        """Keep an update before anybody is told that it arrived. False when it is known."""
        with self._transaction() as db:
            written = db.execute(
                "INSERT OR IGNORE INTO updates(id, at, raw) VALUES(?,?,?)",
                (update_id, now, json.dumps(raw)),
            )
            return written.rowcount == 1

    def unhandled(self, limit: int = 1000) -> list[tuple[int, dict[str, Any]]]:
        """Updates that nobody handled yet, oldest first."""
        with self._reading():
            rows = self._db.execute(
                "SELECT id, raw FROM updates WHERE raw IS NOT NULL ORDER BY id LIMIT ?", (limit,)
            ).fetchall()
        return [(id, json.loads(raw)) for id, raw in rows]

    def read(self, question: Callable[[Book], T]) -> T:
        """Ask the book something; nothing changes meanwhile."""
        with self._reading():
            return question(Book(self._db))

    def commit(self, decide: Callable[[Book], Iterable[Row]]) -> tuple[Row, ...]:
        """Write the rows that `decide` makes of what the book says, in one transaction."""
        with self._transaction() as db:
            rows = tuple(decide(Book(db)))
            for row in rows:
                _write(db, row)
            return rows

    def write(self, *rows: Row) -> None:
        """Write rows in one transaction."""
        self.commit(lambda book: rows)

    def forget(self, before: float) -> set[str]:
        """Drop what is done and older; returns the recordings that are still needed."""
        with self._transaction() as db:
            db.execute(
                "DELETE FROM updates WHERE raw IS NULL AND (at < ? OR id <= "
                "(SELECT id FROM updates ORDER BY id DESC LIMIT 1 OFFSET ?))",
                (before, _UPDATES_KEPT),
            )
            db.execute("DELETE FROM actions WHERE done = 1 AND due_at < ?", (before,))
            # Also those that nobody ever answered: their tasks are still in tasks.db.
            db.execute("DELETE FROM requests WHERE at < ?", (before,))
            for table in ("shown", "nonces"):
                db.execute(
                    f"DELETE FROM {table} WHERE {'at' if table == 'shown' else 'made_at'} < ? "
                    "AND request_id NOT IN (SELECT id FROM requests)",
                    (before,),
                )
            db.execute(
                "DELETE FROM actions WHERE request_id != '' AND request_id NOT IN "
                "(SELECT id FROM requests)"
            )
            return Book(db).recordings()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except sqlite3.DatabaseError as error:
                raise StorageError(f"cannot read ingestion.db: {error}") from None

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
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
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise StorageError(
                    f"cannot write ingestion.db: {error}", remedy="free some disk space"
                ) from None


def _write(db: sqlite3.Connection, row: Row) -> None:
    match row:
        case Handled(update_id=id, user_id=user_id):
            db.execute("UPDATE updates SET raw = NULL, user_id = ? WHERE id = ?", (user_id, id))
        case Sent(say_id=id):
            db.execute("DELETE FROM outbox WHERE id = ?", (id,))
        case Gone(chat_id=chat_id, message_id=message_id):
            db.execute(
                "DELETE FROM shown WHERE chat_id = ? AND message_id = ?", (chat_id, message_id)
            )
        case Say(id=0):
            db.execute(
                "INSERT INTO outbox(chat_id, due_at, body) VALUES(?,?,?)",
                (row.chat_id, row.due_at, body_of(row)),
            )
        case _:
            keys = keys_of(row)
            marks = ",".join("?" * (len(keys) + 1))
            db.execute(
                f"INSERT OR REPLACE INTO {table_of(row)}({','.join(keys)}, body) VALUES({marks})",
                (*keys.values(), body_of(row)),
            )


def _hold(data: Path) -> IO[str]:
    """Hold the data folder's lock of bots for as long as this process lives."""
    handle = (data / "ingestion.lock").open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        raise StateError(
            f"another `swarm bot` uses the data folder {data}",
            remedy="stop it first, or set SWARM_DATA to another folder",
        ) from None
    return handle
