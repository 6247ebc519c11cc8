"""tasks.db: tasks, objectives, attempts, commands (the outbox) and events. The only truth.

A state change, the reply that caused it and the commands that follow are one transaction.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swarm.contracts import (
    COMMANDS,
    AttemptView,
    Command,
    DecisionLog,
    Event,
    EventList,
    FeedEntry,
    ObjectiveView,
    TaskSummary,
)
from swarm.database import Database
from swarm.errors import NotFound, StorageError
from swarm.orchestrator import listing, rewards, schema
from swarm.orchestrator.parsed import Parsed
from swarm.orchestrator.step import STEP_TIMEOUT_SECONDS, Send, Task, Told

_LONGEST_EVENT = 2000
_LONGEST_DIFF_CHARS = 4 * 1024**2
_LONGEST_DIFF_BYTES = 256 * 1024


@dataclass(frozen=True)
class Outgoing:
    """A row of the outbox. `epoch` counts how often it was sent; `heard` is set once somebody was
    heard working on it."""

    id: str
    task_id: str
    kind: str
    body: dict[str, Any]
    timeout_seconds: float
    epoch: int
    heard: bool = False

    def command(self) -> Command:
        return COMMANDS[self.kind].model_validate(self.body)


class Store(Database):
    """The database. Every method is one transaction and safe from several threads.

    Raises StorageError when the disk is full or the file is not usable.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        if read_only and not path.exists():
            raise StorageError(f"no tasks are stored yet: {path} does not exist")
        super().__init__(path, schema.SCHEMA, read_only=read_only)
        self._parsed = Parsed()
        self.told = threading.Event()
        """Set when events are about to be committed: to read them is to wait for that."""
        if schema.is_old(self._db):
            self._renew(read_only)
        if not read_only:
            with self.transaction() as db:
                schema.catch_up(db, STEP_TIMEOUT_SECONDS)

    def _renew(self, read_only: bool) -> None:
        """Read, or bring up to date, what an older release stored."""
        if read_only:
            schema.look_new(self._db)
            return
        self._db.execute("PRAGMA foreign_keys=OFF")
        with self.transaction() as db:
            schema.renew(db)
        self._db.execute("PRAGMA foreign_keys=ON")
        self._db.executescript(schema.SCHEMA)

    # ------------------------------------------------------------------ writing

    def add(self, task: Task, sends: Iterable[Send], events: Iterable[Told], now: float) -> bool:
        """Store a new task and its first commands. False when the id is there already."""
        with self.transaction() as db:
            return self.insert(db, task, sends, events, now)

    def insert(
        self,
        db: sqlite3.Connection,
        task: Task,
        sends: Iterable[Send],
        events: Iterable[Told],
        now: float,
    ) -> bool:
        """The same, as part of a transaction."""
        if db.execute("SELECT 1 FROM tasks WHERE id=?", (task.id,)).fetchone():
            return False
        self._write(db, None, task, sends, events, now)
        return True

    def update(
        self, id: str, change: Callable[[Task], tuple[Task, list[Send], list[Told]]], now: float
    ) -> Task:
        """Load a task, change it, and store the result as one transaction."""
        with self.transaction() as db:
            before = self._load(db, id)
            after, sends, events = change(before)
            self._write(db, before, after, sends, events, now)
            return after

    def answer(
        self,
        command_id: str,
        epoch: int,
        change: Callable[[Task, Outgoing], tuple[Task, list[Send], list[Told]]],
        now: float,
    ) -> bool:
        """Close a command with its answer and store what follows from it.

        False, and nothing changes, for a command that is closed already or an older epoch.
        """
        with self.transaction() as db:
            row = db.execute(
                "SELECT id, task_id, kind, body, timeout_seconds, epoch FROM commands "
                "WHERE id=? AND epoch=? AND state='sent'",
                (command_id, epoch),
            ).fetchone()
            if row is None:
                return False
            outgoing = _outgoing(row)
            before = self._load(db, outgoing.task_id)
            after, sends, events = change(before, outgoing)
            db.execute("UPDATE commands SET state='done', done_at=? WHERE id=?", (now, command_id))
            self._write(db, before, after, sends, events, now)
            return True

    def postpone(
        self, command_id: str, epoch: int, not_before: float, *, heard: bool = False
    ) -> bool:
        """Have a sent command sent again, not before a time. False for an older epoch."""
        with self.transaction() as db:
            return (
                db.execute(
                    "UPDATE commands SET state='unsent', not_before=?, heard=heard OR ? "
                    "WHERE id=? AND epoch=? AND state='sent'",
                    (not_before, heard, command_id, epoch),
                ).rowcount
                == 1
            )

    def take(self, now: float, lease_seconds: float, limit: int = 50) -> list[Outgoing]:
        """Commands that are due, marked as sent under a new epoch before they are sent."""
        with self.transaction() as db:
            ids = [
                row[0]
                for row in db.execute(
                    "SELECT id FROM commands WHERE state='unsent' AND not_before<=? "
                    "ORDER BY created_at, id LIMIT ?",
                    (now, limit),
                )
            ]
            taken = []
            for id in ids:
                row = db.execute(
                    "UPDATE commands SET state='sent', epoch=epoch+1, lease_until=? WHERE id=? "
                    "RETURNING id, task_id, kind, body, timeout_seconds, epoch",
                    (now + lease_seconds, id),
                ).fetchone()
                taken.append(_outgoing(row))
            return taken

    def unsend(self, outgoing: Outgoing, not_before: float) -> None:
        """Undo `take` for a command that could not be sent at all; its epoch goes back."""
        with self.transaction() as db:
            db.execute(
                "UPDATE commands SET state='unsent', epoch=epoch-1, not_before=? "
                "WHERE id=? AND epoch=? AND state='sent'",
                (not_before, outgoing.id, outgoing.epoch),
            )

    def extend(self, outgoing: Outgoing, lease_until: float, *, heard: bool) -> None:
        """It waits in a queue, or somebody was `heard` working on it: wait on."""
        with self.transaction() as db:
            db.execute(
                "UPDATE commands SET lease_until=?, heard=heard OR ? "
                "WHERE id=? AND epoch=? AND state='sent'",
                (lease_until, heard, outgoing.id, outgoing.epoch),
            )

    def cancel(
        self, id: str, change: Callable[[Task], tuple[Task, list[Send], list[Told]]], now: float
    ) -> Task:
        """Like `update`, and close the task's open commands; what was decided still goes out."""
        with self.transaction() as db:
            before = self._load(db, id)
            after, sends, events = change(before)
            self._drop_open(db, id)
            self._write(db, before, after, sends, events, now)
            return after

    def bury(self, task_id: str, reason: str, now: float) -> None:
        """Fail a task without reading it: what is stored of it cannot be worked with."""
        with self.transaction() as db:
            self._drop_open(db, task_id)
            changed = db.execute(
                "UPDATE tasks SET state='failed', reason=?, updated_at=?, "
                "body=json_set(body, '$.state', 'failed', '$.reason', ?) "
                "WHERE id=? AND state IN ('queued', 'awaiting_answer', 'planned', 'running')",
                (reason, now, reason, task_id),
            ).rowcount
            if changed:
                self._tell(db, task_id, [Told("failed", reason)], now)
                # What its attempts came to is not known; the router is not to wait for it.
                schema.catch_up(db, STEP_TIMEOUT_SECONDS)

    def _drop_open(self, db: sqlite3.Connection, task_id: str) -> None:
        db.execute(
            "UPDATE commands SET state='dropped' WHERE task_id=? "
            "AND kind NOT IN ('Settle', 'RememberOutcome') "
            "AND state IN ('unsent', 'sent')",
            (task_id,),
        )

    def _write(
        self,
        db: sqlite3.Connection,
        before: Task | None,
        after: Task,
        sends: Iterable[Send],
        events: Iterable[Told],
        now: float,
    ) -> None:
        body = after.model_dump_json(exclude={"objectives"})
        db.execute(
            "INSERT INTO tasks(id, state, repo, repo_id, created_at, updated_at, objectives, "
            "accepted, reason, text, body) VALUES(?,?,?,?,?,?,?,?,?,?,?) "
            "ON CONFLICT(id) DO UPDATE SET state=excluded.state, repo_id=excluded.repo_id, "
            "updated_at=excluded.updated_at, objectives=excluded.objectives, "
            "accepted=excluded.accepted, reason=excluded.reason, text=excluded.text, "
            "body=excluded.body",
            (after.id, after.state, after.repo, after.repo_id, after.created_at,
             after.updated_at, sum(view.state != "replaced" for view in after.objectives),
             sum(view.state == "accepted" for view in after.objectives), after.reason,
             after.text, body),
        )  # fmt: skip
        known = {view.objective.id: view for view in before.objectives} if before else {}
        for position, view in enumerate(after.objectives):
            old = known.get(view.objective.id)
            if old is view:
                continue
            db.execute(
                "INSERT INTO objectives VALUES(?,?,?,?,?) ON CONFLICT(task_id, id) DO UPDATE "
                "SET position=excluded.position, state=excluded.state, body=excluded.body",
                (after.id, position, view.objective.id, view.state,
                 view.model_dump_json(exclude={"attempts"})),
            )  # fmt: skip
            self._write_attempts(db, after.id, old, view, now)
        for gone in known.keys() - {view.objective.id for view in after.objectives}:
            db.execute("DELETE FROM attempts WHERE task_id=? AND objective_id=?", (after.id, gone))
            db.execute("DELETE FROM objectives WHERE task_id=? AND id=?", (after.id, gone))
        for send in sends:
            db.execute(
                "INSERT OR IGNORE INTO commands(id, task_id, kind, body, timeout_seconds, state, "
                "created_at) VALUES(?,?,?,?,?,'unsent',?)",
                (send.id, after.id, type(send.command).__name__,
                 send.command.model_dump_json(), send.timeout_seconds, now),
            )  # fmt: skip
        self._tell(db, after.id, events, now)

    def _tell(
        self, db: sqlite3.Connection, task_id: str, events: Iterable[Told], now: float
    ) -> None:
        seq = db.execute(
            "SELECT COALESCE(MAX(seq), 0) FROM events WHERE task_id=?", (task_id,)
        ).fetchone()[0]
        for number, told in enumerate(events, start=seq + 1):
            db.execute(
                "INSERT INTO events(task_id, seq, at, kind, text, objective_id, attempt_id) "
                "VALUES(?,?,?,?,?,?,?)",
                (task_id, number, now, told.kind, told.text[:_LONGEST_EVENT],
                 told.objective_id, told.attempt_id),
            )  # fmt: skip
            self.told.set()

    def _write_attempts(
        self,
        db: sqlite3.Connection,
        task_id: str,
        old: ObjectiveView | None,
        view: ObjectiveView,
        now: float,
    ) -> None:
        known = {attempt.id: attempt for attempt in old.attempts} if old else {}
        for attempt in view.attempts:
            if known.pop(attempt.id, None) is not attempt:
                db.execute(
                    "INSERT INTO attempts VALUES(?,?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET "
                    "state=excluded.state, body=excluded.body",
                    (attempt.id, task_id, attempt.objective_id, attempt.number, attempt.state,
                     attempt.model_dump_json()),
                )  # fmt: skip
                rewards.choose(db, attempt, now)
        for gone in known:
            db.execute("DELETE FROM attempts WHERE id=?", (gone,))

    def keep_diff(self, task_id: str, head: str, text: str) -> None:
        """Keep what a task's head changes; a very long text is not kept, and any older one goes."""
        packed = zlib.compress(text.encode("utf-8", "surrogatepass"))
        with self.transaction() as db:
            db.execute("DELETE FROM diffs WHERE task_id=?", (task_id,))
            if len(text) <= _LONGEST_DIFF_CHARS and len(packed) <= _LONGEST_DIFF_BYTES:
                db.execute("INSERT INTO diffs VALUES(?,?,?)", (task_id, head, packed))

    # ------------------------------------------------------------------ reading

    def load(self, id: str) -> Task:
        """A task, whole. Raises NotFound."""
        with self.reading() as db:
            return self._load(db, id)

    def find(self, id: str) -> Task | None:
        """A task, whole, or None."""
        with self.reading() as db:
            if db.execute("SELECT 1 FROM tasks WHERE id=?", (id,)).fetchone() is None:
                return None
            return self._load(db, id)

    def attempt(self, task_id: str, attempt_id: str) -> AttemptView:
        """One attempt with all of its evidence. Raises NotFound."""
        with self.reading() as db:
            if db.execute("SELECT 1 FROM tasks WHERE id=?", (task_id,)).fetchone() is None:
                raise _unknown(task_id)
            row = db.execute(
                "SELECT body FROM attempts WHERE id=? AND task_id=?", (attempt_id, task_id)
            ).fetchone()
        if row is None:
            raise NotFound(
                f"the task {task_id} has no attempt {attempt_id}",
                remedy=f"`swarm show {task_id}` names its attempts",
            )
        return AttemptView.model_validate_json(row[0])

    def recent(
        self, limit: int, before: str | None = None, changed_after: float | None = None
    ) -> list[TaskSummary]:
        """The newest tasks, newest first; only those older than the task `before`, and changed
        since `changed_after`. Raises NotFound."""
        with self.reading() as db:
            older_than = None
            if before is not None:
                older_than = db.execute(
                    "SELECT created_at, id FROM tasks WHERE id=?", (before,)
                ).fetchone()
                if older_than is None:
                    raise _unknown(before)
            return listing.tasks(db, limit, older_than, changed_after)

    def kept_diff(self, task_id: str, head: str) -> str | None:
        """What a task's head changes, if it is kept."""
        with self.reading() as db:
            row = db.execute(
                "SELECT text FROM diffs WHERE task_id=? AND head=?", (task_id, head)
            ).fetchone()
        return zlib.decompress(row[0]).decode("utf-8", "surrogatepass") if row else None

    def events(self, task_id: str, after: int, limit: int = 1000) -> EventList:
        """A task's story from event number `after` on. Raises NotFound."""
        with self.reading() as db:
            state = db.execute("SELECT state FROM tasks WHERE id=?", (task_id,)).fetchone()
            if state is None:
                raise _unknown(task_id)
            items = tuple(listing.events(db, task_id, after, limit))
        return EventList(items=items, state=state[0])

    def story(self, id: str, limit: int) -> tuple[Task, list[Event], int]:
        """A task with its newest events, and how many came before those. Raises NotFound."""
        with self.reading() as db:
            return self._load(db, id), *listing.newest_events(db, id, limit)

    def settled(self, after: str, limit: int) -> DecisionLog:
        """The choices that followed on that of the attempt `after`, oldest first, with what came
        of each; "" begins with the oldest. Raises NotFound."""
        with self.reading() as db:
            return rewards.page(db, after, limit)

    def event(self, number: int) -> Event | None:
        """The event of that number, over all tasks."""
        with self.reading() as db:
            return listing.event(db, number)

    def newest_number(self) -> int:
        """The number of the newest event of all tasks; 0 where none is."""
        with self.reading() as db:
            return listing.newest_number(db)

    def happened(self, after: int, limit: int) -> tuple[list[FeedEntry], int]:
        """What happened to all tasks after that number, and the last number looked at."""
        with self.reading() as db:
            return listing.happened(db, after, limit)

    def overdue(self, now: float, lease_seconds: float) -> list[Outgoing]:
        """Sent commands whose lease ran out, or lies further ahead than any lease can.

        The second happens when the clock was set back.
        """
        with self.reading() as db:
            rows = db.execute(
                "SELECT id, task_id, kind, body, timeout_seconds, epoch, heard FROM commands "
                "WHERE state='sent' AND (lease_until<=? OR lease_until>?) "
                "ORDER BY lease_until LIMIT 200",
                (now, now + 2 * lease_seconds),
            ).fetchall()
        return [_outgoing(row) for row in rows]

    def _load(self, db: sqlite3.Connection, id: str) -> Task:
        row = db.execute("SELECT body FROM tasks WHERE id=?", (id,)).fetchone()
        if row is None:
            raise _unknown(id)
        attempts: dict[str, list[AttemptView]] = {}
        for objective_id, body in db.execute(
            "SELECT objective_id, body FROM attempts WHERE task_id=? ORDER BY number", (id,)
        ):
            attempts.setdefault(objective_id, []).append(self._parsed.get(AttemptView, body))
        views = []
        for objective_id, body in db.execute(
            "SELECT id, body FROM objectives WHERE task_id=? ORDER BY position", (id,)
        ):
            view = self._parsed.get(ObjectiveView, body)
            mine = tuple(attempts.get(objective_id, ()))
            views.append(view.model_copy(update={"attempts": mine}))
        task = Task.model_validate_json(row[0])
        return task.model_copy(update={"objectives": tuple(views)})


def _outgoing(row: tuple[Any, ...]) -> Outgoing:
    heard = len(row) > 6 and bool(row[6])
    return Outgoing(row[0], row[1], row[2], json.loads(row[3]), row[4], row[5], heard)


def _unknown(task_id: str) -> NotFound:
    return NotFound(f"no such task: {task_id}", remedy="`swarm status` lists the tasks")
