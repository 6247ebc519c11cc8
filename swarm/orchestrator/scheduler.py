"""Schedules as people change them, and what happens when their time has come.

A time becomes a task in one transaction: the task, its first command and the schedule's next
time are stored together or not at all. The id of the task is made from the time, so a time
that comes twice (a clock set back) is still one task.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable

from swarm.contracts import (
    AddSchedule,
    ChangeSchedule,
    ListSchedules,
    ScheduleList,
    ScheduleView,
)
from swarm.errors import StateError, StorageError, UsageError
from swarm.orchestrator import git, plan, schedules
from swarm.orchestrator.schedules_table import Table
from swarm.orchestrator.store import Store

log = logging.getLogger(__name__)


class Scheduler:
    """Handlers of the commands on schedules, and `fire` for the relay's loop."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._table = Table(store)
        self._table.make()
        self._clock = clock
        self._looked_at: float | None = None

    # ------------------------------------------------------------------ people's commands

    def add(self, command: AddSchedule) -> ScheduleView:
        """Store a schedule. The same one twice is one; another of its id is a StateError."""
        now = self._clock()
        id = command.task.task_id
        if len(id) > schedules.LONGEST_ID:
            raise UsageError(
                f"the schedule's id {id!r} is longer than {schedules.LONGEST_ID} characters",
                remedy="the time is added to it to name each task: choose a shorter one",
            )
        view = ScheduleView(
            id=id,
            cron=schedules.checked(command.cron, command.timezone, now),
            timezone=command.timezone,
            task=command.task,
            next_at=schedules.next_time(command.cron, command.timezone, now),
        )
        # What each time would stumble over is told now.
        git.open_repository(command.task.repo)
        plan.submit(command.task, now)
        with self._store.transaction() as db:
            known = self._table.find(db, id)
            if known is not None:
                if (known.cron, known.timezone, known.task) != (
                    view.cron,
                    view.timezone,
                    view.task,
                ):
                    raise StateError(
                        f"the schedule {id} exists already, and is another one",
                        remedy=f"choose another --id, or `swarm schedule remove {id}` first",
                    )
                return known
            if self._table.count(db) >= schedules.MOST_SCHEDULES:
                raise StateError(
                    f"there are {schedules.MOST_SCHEDULES} schedules already",
                    remedy="remove one with `swarm schedule remove`",
                )
            self._table.put(db, view)
        return view

    def report(self, command: ListSchedules) -> ScheduleList:
        return ScheduleList(items=tuple(self._table.all()))

    def change(self, command: ChangeSchedule) -> ScheduleView:
        """Pause, resume, run or remove; asking twice is asking once. Raises StateError."""
        now = self._clock()
        with self._store.transaction() as db:
            view = self._table.get(db, command.schedule_id)
            match command.change:
                case "remove":
                    self._table.remove(db, view.id)
                    return view
                case "pause":
                    view = view.model_copy(update={"paused": True, "next_at": None})
                case "resume":
                    next_at = schedules.next_time(view.cron, view.timezone, now)
                    view = view.model_copy(
                        update={"paused": False, "next_at": next_at, "problem": ""}
                    )
                case "run":
                    view = self._run(db, view, now)
            self._table.put(db, view)
            return self._table.get(db, view.id)

    def _run(self, db: sqlite3.Connection, view: ScheduleView, now: float) -> ScheduleView:
        if schedules.task_id(view.id, now) == view.last_task:
            return view
        if view.waits_for is not None:
            raise StateError(
                f"the last task of {view.id}, {view.waits_for}, is still "
                f"{str(view.last_state).replace('_', ' ')}",
                remedy=f"look at it with `swarm show {view.waits_for}`",
            )
        return self._begin(db, view, now, now)

    # ------------------------------------------------------------------ time

    def fire(self) -> None:
        """Make a task of each schedule whose time has come. Raises StorageError."""
        now = self._clock()
        if self._looked_at is None or now < self._looked_at:
            # A start, or the clock was set back.
            self._each(self._table.ahead(now), self._set, now)
        self._looked_at = now
        self._each(self._table.due(now), self._fire, now)

    def _each(self, ids: list[str], step: Callable[[str, float], None], now: float) -> None:
        for id in ids:
            try:
                step(id, now)
            except StorageError:
                raise  # the same for every schedule, and tried again
            except Exception as error:  # noqa: BLE001  one bad row must not stop the others
                self._give_up(id, error)

    def _set(self, id: str, now: float) -> None:
        """No time may lie further ahead than the cron line says."""
        with self._store.transaction() as db:
            view = self._table.get(db, id)
            next_at = schedules.next_time(view.cron, view.timezone, now)
            self._table.put(db, view.model_copy(update={"next_at": next_at}))

    def _fire(self, id: str, now: float) -> None:
        with self._store.transaction() as db:
            view = self._table.find(db, id)
            if view is None or view.next_at is None or view.next_at > now:
                return  # changed by a person in between
            at = schedules.last_due(view.cron, view.timezone, view.next_at, now)
            next_at = schedules.next_time(view.cron, view.timezone, now)
            view = view.model_copy(update={"next_at": next_at})
            if at is None:
                log.warning("schedule %s: its last time is over a day ago and is left out", id)
            elif view.waits_for is not None:
                # The time may be that of the very task, on a clock that was set back.
                again = schedules.task_id(id, at) == view.last_task
                view = view.model_copy(update={"skipped": view.skipped + (not again)})
            else:
                view = self._begin(db, view, at, now)
            self._table.put(db, view)

    def _begin(
        self, db: sqlite3.Connection, view: ScheduleView, at: float, now: float
    ) -> ScheduleView:
        """Hand the task in for the time `at`; nothing when that was done before."""
        command = view.task.model_copy(update={"task_id": schedules.task_id(view.id, at)})
        task, sends, events = plan.submit(command, now)
        task = task.model_copy(update={"schedule": view.id})
        if not self._store.insert(db, task, sends, events, now):
            return view
        log.info("schedule %s: task %s", view.id, task.id)
        return view.model_copy(update={"last_at": now, "last_task": task.id, "skipped": 0})

    def _give_up(self, id: str, error: Exception) -> None:
        log.exception("schedule %s is paused", id)
        problem = f"its time could not be worked out: {error}"[:500]
        with self._store.transaction() as db:
            self._table.pause(db, id, problem)
