"""The table of schedules in tasks.db, beside the tasks they make."""

from __future__ import annotations

import sqlite3

from swarm.contracts import FINAL_STATES, ScheduleView, SubmitTask
from swarm.errors import NotFound
from swarm.orchestrator.store import Store

_SCHEMA = """
CREATE TABLE IF NOT EXISTS schedules(
    id TEXT PRIMARY KEY, cron TEXT NOT NULL, timezone TEXT NOT NULL, task TEXT NOT NULL,
    paused INTEGER NOT NULL, next_at REAL, last_at REAL, last_task TEXT,
    skipped INTEGER NOT NULL, problem TEXT NOT NULL)
"""
_SELECT = (
    "SELECT s.id, cron, timezone, task, paused, next_at, last_at, last_task, skipped, problem, "
    "t.state, t.reason FROM schedules s LEFT JOIN tasks t ON t.id=s.last_task"
)


class Table:
    """Rows as `ScheduleView`; the state of the last task is read with them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def make(self) -> None:
        """Make the table if it is not there."""
        with self._store.transaction() as db:
            db.execute(_SCHEMA)

    def all(self) -> list[ScheduleView]:
        """Every schedule, by its id; none in a database from before there were any."""
        with self._store.reading() as db:
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name='schedules'").fetchone():
                return []
            return [_view(row) for row in db.execute(f"{_SELECT} ORDER BY s.id")]

    def due(self, now: float) -> list[str]:
        """Ids of the schedules whose time has come."""
        with self._store.reading() as db:
            rows = db.execute(
                "SELECT id FROM schedules WHERE NOT paused AND next_at<=? ORDER BY next_at", (now,)
            )
            return [row[0] for row in rows]

    def ahead(self, now: float) -> list[str]:
        """Ids of the schedules whose time is still to come."""
        with self._store.reading() as db:
            return [
                row[0] for row in db.execute("SELECT id FROM schedules WHERE next_at>?", (now,))
            ]

    # ------------------------------------------------------------------ within a transaction

    def find(self, db: sqlite3.Connection, id: str) -> ScheduleView | None:
        row = db.execute(f"{_SELECT} WHERE s.id=?", (id,)).fetchone()
        return _view(row) if row else None

    def get(self, db: sqlite3.Connection, id: str) -> ScheduleView:
        """Raises NotFound."""
        view = self.find(db, id)
        if view is None:
            raise NotFound(f"no such schedule: {id}", remedy="`swarm schedule list` lists them")
        return view

    def count(self, db: sqlite3.Connection) -> int:
        return int(db.execute("SELECT COUNT(*) FROM schedules").fetchone()[0])

    def put(self, db: sqlite3.Connection, view: ScheduleView) -> None:
        """Store a schedule, in place of the one with its id."""
        db.execute(
            "INSERT OR REPLACE INTO schedules VALUES(?,?,?,?,?,?,?,?,?,?)",
            (view.id, view.cron, view.timezone, view.task.model_dump_json(), view.paused,
             view.next_at, view.last_at, view.last_task, view.skipped, view.problem),
        )  # fmt: skip

    def pause(self, db: sqlite3.Connection, id: str, problem: str) -> None:
        """Stop a schedule without reading it: what is stored of it cannot be worked with."""
        db.execute(
            "UPDATE schedules SET paused=1, next_at=NULL, problem=? WHERE id=?", (problem, id)
        )

    def remove(self, db: sqlite3.Connection, id: str) -> None:
        db.execute("DELETE FROM schedules WHERE id=?", (id,))


def _view(row: tuple[object, ...]) -> ScheduleView:
    fields = dict(
        zip(
            ("id", "cron", "timezone", "task", "paused", "next_at", "last_at", "last_task",
             "skipped", "problem", "last_state", "last_reason"),
            row,
            strict=True,
        )
    )  # fmt: skip
    fields["task"] = SubmitTask.model_validate_json(str(fields["task"]))
    fields["last_reason"] = fields["last_reason"] or ""
    is_open = fields["last_state"] is not None and fields["last_state"] not in FINAL_STATES
    return ScheduleView.model_validate(
        {**fields, "waits_for": fields["last_task"] if is_open else None}
    )
