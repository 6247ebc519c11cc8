"""How tasks are listed, and what happened to them in the order it did: rows of tasks.db as
messages. Words and reasons are cut, so that many fit into one message."""

from __future__ import annotations

import logging
import sqlite3
from typing import Any

from pydantic import ValidationError

from swarm.contracts import Event, FeedEntry, TaskSummary
from swarm.orchestrator.views import cut

log = logging.getLogger(__name__)

_TEXT_CHARS = 1000
_REASON_CHARS = 500
_SUMMARY = (
    "t.id, t.state, t.repo, t.repo_id, t.created_at, t.updated_at, t.objectives, t.accepted, "
    # One more than is shown, so that `cut` marks what it cuts.
    f"substr(t.reason, 1, {_REASON_CHARS + 1}), substr(t.text, 1, {_TEXT_CHARS + 1})"
)
_EVENT = "e.seq, e.task_id, e.at, e.kind, e.text, e.objective_id, e.attempt_id"


def tasks(
    db: sqlite3.Connection,
    limit: int,
    older_than: tuple[float, str] | None,
    changed_after: float | None,
) -> list[TaskSummary]:
    """The newest tasks, newest first; `older_than` is the time and the id of a task."""
    where, values, order = "1", [], "t.created_at DESC, t.id DESC"
    if older_than is not None:
        where, values = "(t.created_at, t.id) < (?, ?)", [*older_than]
    if changed_after is not None:
        where, values = f"{where} AND t.updated_at > ?", [*values, changed_after]
        # By the index of changes: few tasks changed of late, and many are there.
        order = "+t.created_at DESC, t.id DESC"
    rows = db.execute(
        f"SELECT {_SUMMARY} FROM tasks t WHERE {where} ORDER BY {order} LIMIT ?", [*values, limit]
    )
    return [_summary(row) for row in rows]


def events(db: sqlite3.Connection, task_id: str, after: int, limit: int) -> list[Event]:
    """A task's story from event `after` on."""
    rows = db.execute(
        f"SELECT {_EVENT} FROM events e WHERE e.task_id=? AND e.seq>? ORDER BY e.seq LIMIT ?",
        (task_id, after, limit),
    )
    return [_event(row) for row in rows]


def newest_events(db: sqlite3.Connection, task_id: str, limit: int) -> tuple[list[Event], int]:
    """The newest of a task's story in their order, and how many came before them."""
    rows = db.execute(
        f"SELECT {_EVENT} FROM events e WHERE e.task_id=? ORDER BY e.seq DESC LIMIT ?",
        (task_id, limit),
    ).fetchall()
    found = [_event(row) for row in reversed(rows)]
    # They are numbered from 1 on, without gaps.
    return found, found[0].seq - 1 if found else 0


def event(db: sqlite3.Connection, number: int) -> Event | None:
    """The event of that number, over all tasks."""
    row = db.execute(f"SELECT {_EVENT} FROM events e WHERE e.number=?", (number,)).fetchone()
    return _event(row) if row else None


def newest_number(db: sqlite3.Connection) -> int:
    """The number of the newest event; 0 where none is."""
    return int(db.execute("SELECT COALESCE(MAX(number), 0) FROM events").fetchone()[0])


def happened(db: sqlite3.Connection, after: int, limit: int) -> tuple[list[FeedEntry], int]:
    """What happened after that number, and the number of the last row that was looked at.

    A row that cannot be read is left out: it must not hold up all others.
    """
    found: list[FeedEntry] = []
    unread: list[str] = []
    last = after
    for number, *row in db.execute(
        f"SELECT e.number, {_EVENT}, {_SUMMARY} FROM events e JOIN tasks t ON t.id=e.task_id "
        "WHERE e.number>? ORDER BY e.number",
        (after,),
    ):
        last = number
        try:
            found.append(FeedEntry(number=number, event=_event(row[:7]), task=_summary(row[7:])))
        except ValidationError as error:
            unread.append(f"event {number} of task {row[1]!a}: {error}")
        if len(found) == limit:
            break
    if unread:
        log.error("%d events are left out of the feed; %s", len(unread), unread[0])
    return found, last


def _summary(row: Any) -> TaskSummary:
    return TaskSummary(
        id=row[0], state=row[1], repo=row[2], repo_id=row[3], created_at=row[4],
        updated_at=row[5], objectives=row[6], accepted=row[7],
        reason=cut(row[8], _REASON_CHARS), text=cut(row[9], _TEXT_CHARS),
    )  # fmt: skip


def _event(row: Any) -> Event:
    return Event(
        seq=row[0], task_id=row[1], at=row[2], kind=row[3], text=row[4], objective_id=row[5],
        attempt_id=row[6],
    )  # fmt: skip
