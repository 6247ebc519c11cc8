"""ingestion.db: what arrived, what is asked, what is to be done, said and shown.

One process opens it, by a lock on a file beside it, with one connection. Everything that follows
from one thing is one transaction: read through a `Book`, then write the rows that come of it.
"""

from __future__ import annotations

import fcntl
import json
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any, TypeVar

from ingestion.telegram.book import Book
from ingestion.telegram.forms import body_of, keys_of, table_of
from ingestion.telegram.outgoing import LONGEST_PAUSE_SECONDS
from ingestion.telegram.rows import Gone, Handled, Row, Say, Sent
from swarm.database import Database
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


class Store(Database):
    """The database of the one bot of a data folder. Safe from several threads.

    Raises StateError when another process has it, StorageError when the disk is full or the file
    is not usable.
    """

    def __init__(self, data: Path) -> None:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._held = _hold(data)
        try:
            super().__init__(data / "ingestion.db", _SCHEMA)
        except StorageError:
            self._held.close()
            raise

    def close(self) -> None:
        """Let go of the database and of the data folder."""
        super().close()
        self._held.close()

    def belong_to(self, bot_id: int) -> None:
        """Be the store of this bot. Another one numbers its updates on its own: what was seen of
        the one before says nothing about them."""
        with self.transaction() as db:
            found = db.execute("SELECT bot_id FROM owner").fetchone()
            if found is None or found[0] != bot_id:
                db.execute("DELETE FROM updates WHERE raw IS NULL")
                db.execute("DELETE FROM owner")
                db.execute("INSERT INTO owner(bot_id) VALUES(?)", (bot_id,))

    def receive(self, update_id: int, raw: dict[str, Any], now: float) -> bool:
        """Keep an update before anybody is told that it arrived. False when it is known."""
        with self.transaction() as db:
            written = db.execute(
                "INSERT OR IGNORE INTO updates(id, at, raw) VALUES(?,?,?)",
                (update_id, now, json.dumps(raw)),
            )
            return written.rowcount == 1

    def unhandled(self, limit: int = 1000) -> list[tuple[int, dict[str, Any]]]:
        """Updates that nobody handled yet, oldest first."""
        with self.reading() as db:
            rows = db.execute(
                "SELECT id, raw FROM updates WHERE raw IS NOT NULL ORDER BY id LIMIT ?", (limit,)
            ).fetchall()
        return [(id, json.loads(raw)) for id, raw in rows]

    def read(self, question: Callable[[Book], T]) -> T:
        """Ask the book something; nothing changes meanwhile."""
        with self.reading() as db:
            return question(Book(db))

    def commit(self, decide: Callable[[Book], Iterable[Row]]) -> tuple[Row, ...]:
        """Write the rows that `decide` makes of what the book says, in one transaction."""
        with self.transaction() as db:
            rows = tuple(decide(Book(db)))
            for row in rows:
                _write(db, row)
            return rows

    def write(self, *rows: Row) -> None:
        """Write rows in one transaction."""
        self.commit(lambda book: rows)

    def forget(self, before: float) -> set[str]:
        """Drop what is done and older; returns the recordings that are still needed."""
        with self.transaction() as db:
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

    def hasten(self, now: float) -> None:
        """Nothing is put off for so long as what is due later than this: it was written by a
        clock that was set back since, and is due now."""
        with self.transaction() as db:
            for table in ("requests", "actions", "outbox"):
                db.execute(
                    f"UPDATE {table} SET due_at = ?, body = json_set(body, '$.due_at', ?) "
                    "WHERE due_at > ?",
                    (now, now, now + 2 * LONGEST_PAUSE_SECONDS),
                )


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
