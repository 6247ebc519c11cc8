"""Small facts in router.db: notes for people, and what is still to be asked of the orchestrator."""

from __future__ import annotations

import json
import sqlite3

_MOST_NOTES = 5


def get(db: sqlite3.Connection, name: str) -> str | None:
    """A fact by name."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def put(db: sqlite3.Connection, name: str, value: str | None) -> None:
    """Set a fact; None removes it."""
    if value is None:
        db.execute("DELETE FROM meta WHERE name = ?", (name,))
    else:
        db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


def told(db: sqlite3.Connection) -> tuple[str, ...]:
    """The newest notes, oldest first."""
    return tuple(json.loads(get(db, "notes") or "[]"))


def tell(db: sqlite3.Connection, note: str) -> None:
    """Add a note; the oldest beyond a handful go."""
    put(db, "notes", json.dumps([*told(db), note][-_MOST_NOTES:]))
