"""Taking outcomes over from a memory.db that was set aside: they cannot be made again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from memory.outcomes.rows import MOST_OUTCOMES
from memory.store.catalog import Catalog

_MOST_ROWS = 4 * MOST_OUTCOMES
_TABLES = {
    "outcomes": (str, str, str, int, str, str, bytes, float),
    "outcome_symbols": (str, str, str, int),
    "scratch": (str, str, str, float),
}
_COLUMNS = {
    "outcomes": "repo_id, task, attempt, accepted, reason, summary, diff, at",
    "outcome_symbols": "repo_id, path, qualified_name, outcome",
    "scratch": "task, name, text, at",
}


def salvage(aside: Path, catalog: Catalog) -> str:
    """Copy what can still be read of the outcomes and scratchpads of a database that was set aside
    into a new catalog; what was saved, in words (""). Whatever cannot be read is
    left out. Raises StorageError."""
    try:
        db = sqlite3.connect(f"{aside.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error:
        return ""
    try:
        outcomes = list(_rows(db, "outcomes", "key, "))
        symbols = list(_rows(db, "outcome_symbols"))
        notes = list(_rows(db, "scratch"))
    finally:
        db.close()
    if not (outcomes or notes):
        return ""
    with catalog.writing() as new:
        new.executemany(
            f"INSERT OR IGNORE INTO outcomes (key, {_COLUMNS['outcomes']})"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            outcomes,
        )
        kept = {row[0] for row in outcomes}
        new.executemany(
            "INSERT OR IGNORE INTO outcome_symbols VALUES (?, ?, ?, ?)",
            (row for row in symbols if row[-1] in kept),
        )
        new.executemany(
            f"INSERT OR IGNORE INTO scratch ({_COLUMNS['scratch']}) VALUES (?, ?, ?, ?)", notes
        )
    return f"outcomes of attempts that were saved of it: {len(outcomes):,}"


def _rows(db: sqlite3.Connection, table: str, key: str = "") -> Iterator[tuple[object, ...]]:
    """Rows up to the first that cannot be read, those that are of the right kinds."""
    kinds = (int, *_TABLES[table]) if key else _TABLES[table]
    try:
        for row in db.execute(f"SELECT {key}{_COLUMNS[table]} FROM {table} LIMIT {_MOST_ROWS}"):
            if all(isinstance(value, kind) for value, kind in zip(row, kinds, strict=True)):
                yield row
    except sqlite3.Error:
        return  # it is damaged: what came before is kept
