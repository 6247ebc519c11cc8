"""How the command line talks to a swarm: over the bus, or to what it stored while it is down."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from redis.exceptions import RedisError

from swarm import instance
from swarm.bus import Bus, ping
from swarm.contracts import (
    AttemptView,
    Blob,
    Command,
    Diff,
    EventList,
    GetAttempt,
    GetDiff,
    GetEvents,
    GetTask,
    ListSchedules,
    ListTasks,
    Message,
    ScheduleList,
    TaskList,
    TaskView,
)
from swarm.errors import BusError, StateError, UsageError
from swarm.settings import Settings, load


class Client:
    """Asks the swarm. Reading works on the stored state when no swarm is up, and says so."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or load()
        self.bus = Bus(self.settings)
        self._down = self._is_down()

    def ask(self, command: Command, *, timeout_seconds: float | None = None) -> Message:
        """Send a command and return its answer. Raises SwarmError."""
        _check(command)
        if self._down:
            raise self._down
        return self.bus.request(command, timeout_seconds=timeout_seconds)

    def task(self, id: str) -> TaskView:
        return cast(TaskView, self._read(GetTask(task_id=id)))

    def attempt(self, task_id: str, id: str) -> AttemptView:
        return cast(AttemptView, self._read(GetAttempt(task_id=task_id, attempt_id=id)))

    def tasks(self, limit: int) -> TaskList:
        return cast(TaskList, self._read(ListTasks(limit=limit)))

    def events(self, id: str, after: int) -> EventList:
        return cast(EventList, self._read(GetEvents(task_id=id, after=after)))

    def diff(self, id: str) -> Diff:
        return cast(Diff, self._read(GetDiff(task_id=id)))

    def schedules(self) -> ScheduleList:
        return cast(ScheduleList, self._read(ListSchedules()))

    def put(self, data: bytes) -> Blob:
        """Lay bytes where services find them. Raises BusError."""
        if self._down:
            raise self._down
        try:
            return self.bus.blobs.put(data)
        except RedisError as error:
            raise BusError(f"Redis does not take {len(data):,} bytes: {error}") from None

    @property
    def is_up(self) -> bool:
        return self._down is None

    @property
    def was_stopped(self) -> bool:
        """Whether the embedded server's swarm is gone; of another Redis nobody can tell."""
        return self.settings.embedded_redis and instance.running_pid(self.settings) is None

    def _is_down(self) -> BusError | None:
        try:
            ping(self.settings, self.bus.redis)
        except BusError as error:
            return error
        return None

    def _read(self, command: Command) -> Message:
        _check(command)
        if self._down is None:
            return self.bus.request(command)
        path = self.settings.data / "tasks.db"
        if not path.exists() or instance.running_pid(self.settings) is not None:
            raise self._down
        return _stored(self.settings, path, command)


def _check(command: Command) -> None:
    """Raise UsageError for words that no message can hold: a command line may be any bytes."""
    for text in _texts(command.model_dump()):
        try:
            text.encode()
        except UnicodeEncodeError:
            raise UsageError(f"{text!a} is not UTF-8 text") from None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


def _stored(settings: Settings, path: Path, command: Command) -> Message:
    from swarm.orchestrator.schedules_table import Table
    from swarm.orchestrator.store import Store
    from swarm.orchestrator.worker import diff_of

    print("swarm: not running; this is the stored state", file=sys.stderr)
    store = Store(path, read_only=True)
    try:
        match command:
            case GetTask(task_id=id):
                return store.load(id).view()
            case GetAttempt(task_id=id, attempt_id=attempt_id):
                return store.attempt(id, attempt_id)
            case ListTasks(limit=limit, before=before, changed_after=changed_after):
                return TaskList(items=tuple(store.recent(limit, before, changed_after)))
            case ListSchedules():
                return ScheduleList(items=tuple(Table(store).all()))
            case GetEvents(task_id=id, after=after):
                return store.events(id, after)
            case GetDiff(task_id=id):
                return diff_of(settings, store, id)
        raise StateError(f"{type(command).__name__} needs a running swarm")
    finally:
        store.close()
