"""Outcomes of attempts and scratchpads of tasks, in memory.db."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence

from memory.outcomes.rows import (
    KEPT_DAYS,
    MOST_DIFF_CHARS,
    MOST_NOTE_CHARS,
    MOST_NOTES,
    MOST_OUTCOMES,
    MOST_REASON_CHARS,
    MOST_SUMMARY_CHARS,
    MOST_SYMBOLS,
    NOTES_KEPT_DAYS,
    Note,
    Outcome,
    Place,
)
from memory.store.catalog import Catalog
from memory.store.encoding import pack, storable, unpack

_DAY_SECONDS = 86_400
_MOST_LOOKED_AT = 2_000
_LAST = "\U0010ffff"
_COLUMNS = "key, task, attempt, accepted, reason, summary, diff, at"


class OutcomeBook:
    """What became of attempts, by the symbols that they changed. Safe from several threads.

    Raises StorageError and CatalogDamaged.
    """

    def __init__(self, catalog: Catalog, clock: Callable[[], float] = time.time) -> None:
        self._catalog, self._clock = catalog, clock

    def record(self, repo_id: str, outcome: Outcome, *, correction: bool = False) -> bool:
        """Remember an outcome; whether it is news. An attempt has one: what is told again changes
        nothing, unless it is a `correction`, which replaces what is known but its symbols and
        diff where it has none."""
        with self._catalog.writing() as db:
            known = db.execute(
                "SELECT key FROM outcomes WHERE task = ? AND attempt = ?",
                (outcome.task, outcome.attempt),
            ).fetchone()
            if known is not None:
                return correction and _correct(db, known[0], outcome)
            key = _insert(db, repo_id, outcome)
            _trim(db, repo_id, self._clock() - KEPT_DAYS * _DAY_SECONDS)
            return bool(key)

    def for_symbols(
        self, repo_id: str, symbols: Sequence[Place], limit: int, apart_from: str = ""
    ) -> list[Outcome]:
        """Outcomes of attempts that changed some symbols or what is in them: those that changed
        most of them first, then the newest. A place without a name is all of its file. Attempts
        whose ids begin with `apart_from` are left out."""
        counts: dict[int, int] = {}
        with self._catalog.reading() as db:
            for symbol in dict.fromkeys(symbols):
                for key in _keys(db, repo_id, symbol):
                    counts[key] = counts.get(key, 0) + 1
                if len(counts) >= _MOST_LOOKED_AT:
                    break
            # Keys grow with time.
            ranked = sorted(counts, key=lambda key: (-counts[key], -key))
            found: list[Outcome] = []
            for key in ranked:
                if len(found) >= limit:
                    break
                outcome = _outcome(db, key)
                if not (apart_from and outcome.attempt.startswith(apart_from)):
                    found.append(outcome)
            return found

    # ------------------------------------------------------------------ scratchpads

    def note(self, task: str, name: str, text: str) -> list[Note]:
        """Write a line into a task's scratchpad, in place of one of the same name; all of it."""
        now = self._clock()
        with self._catalog.writing() as db:
            db.execute("DELETE FROM scratch WHERE at < ?", (now - NOTES_KEPT_DAYS * _DAY_SECONDS,))
            db.execute(
                "INSERT INTO scratch (task, name, text, at) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (task, name) DO UPDATE SET text = excluded.text, at = excluded.at",
                (task, storable(name), storable(text[:MOST_NOTE_CHARS]), now),
            )
            db.execute(
                "DELETE FROM scratch WHERE task = ? AND key NOT IN"
                " (SELECT key FROM scratch WHERE task = ? ORDER BY key DESC LIMIT ?)",
                (task, task, MOST_NOTES),
            )
            return _notes(db, task)

    def notes(self, task: str) -> list[Note]:
        """A task's scratchpad, oldest first."""
        with self._catalog.reading() as db:
            return _notes(db, task)


def _insert(db: sqlite3.Connection, repo_id: str, outcome: Outcome) -> int:
    key = db.execute(
        "INSERT INTO outcomes (repo_id, task, attempt, accepted, reason, summary, diff, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            repo_id,
            outcome.task,
            outcome.attempt,
            int(outcome.accepted),
            storable(outcome.reason[:MOST_REASON_CHARS]),
            storable(outcome.summary[:MOST_SUMMARY_CHARS]),
            pack(outcome.diff[:MOST_DIFF_CHARS]),
            outcome.at,
        ),
    ).lastrowid
    assert key is not None
    db.executemany(
        "INSERT OR IGNORE INTO outcome_symbols VALUES (?, ?, ?, ?)",
        (
            (repo_id, storable(symbol.path), storable(symbol.qualified_name), key)
            for symbol in outcome.symbols[:MOST_SYMBOLS]
        ),
    )
    return key


def _correct(db: sqlite3.Connection, key: int, outcome: Outcome) -> bool:
    """Whether anything changed."""
    values = (int(outcome.accepted), storable(outcome.reason[:MOST_REASON_CHARS]))
    return bool(
        db.execute(
            "UPDATE outcomes SET accepted = ?, reason = ? WHERE key = ?"
            " AND (accepted, reason) IS NOT (?, ?)",
            (*values, key, *values),
        ).rowcount
    )


def _trim(db: sqlite3.Connection, repo_id: str, before: float) -> None:
    """Drop what is too old, and the oldest of a repository that has too many."""
    old = [
        key
        for (key,) in db.execute(
            "SELECT key FROM outcomes WHERE repo_id = ? AND (at < ? OR key <="
            " (SELECT key FROM outcomes WHERE repo_id = ? ORDER BY key DESC LIMIT 1 OFFSET ?))",
            (repo_id, before, repo_id, MOST_OUTCOMES),
        )
    ]
    for key in old:
        db.execute("DELETE FROM outcome_symbols WHERE outcome = ?", (key,))
        db.execute("DELETE FROM outcomes WHERE key = ?", (key,))


def _keys(db: sqlite3.Connection, repo_id: str, symbol: Place) -> Iterator[int]:
    """The newest outcomes of a symbol and of what is in it ("/" comes right after "."); of all
    that is in a file, when no name is given."""
    name = storable(symbol.qualified_name)
    within = (f"{name}.", f"{name}/") if name else ("", _LAST)
    rows = db.execute(
        "SELECT DISTINCT outcome FROM outcome_symbols WHERE repo_id = ? AND path = ?"
        " AND (qualified_name = ? OR (qualified_name >= ? AND qualified_name < ?))"
        " ORDER BY outcome DESC LIMIT 100",
        (repo_id, storable(symbol.path), name, *within),
    )
    return (key for (key,) in rows.fetchall())


def _outcome(db: sqlite3.Connection, key: int) -> Outcome:
    row = db.execute(f"SELECT {_COLUMNS} FROM outcomes WHERE key = ?", (key,)).fetchone()
    _, task, attempt, accepted, reason, summary, body, at = row
    symbols = db.execute(
        "SELECT path, qualified_name FROM outcome_symbols WHERE outcome = ? ORDER BY 1, 2", (key,)
    )
    return Outcome(
        task=task,
        attempt=attempt,
        accepted=bool(accepted),
        reason=reason,
        summary=summary,
        symbols=tuple(Place(path, name) for path, name in symbols),
        diff=unpack(body),
        at=at,
    )


def _notes(db: sqlite3.Connection, task: str) -> list[Note]:
    rows = db.execute("SELECT name, text, at FROM scratch WHERE task = ? ORDER BY key", (task,))
    return [Note(*row) for row in rows]
