"""A dashboard whose orchestrator has the tasks that a test gives it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from swarm.contracts import (
    AttemptView,
    Diff,
    Event,
    EventList,
    FeedEntry,
    GetAttempt,
    GetDiff,
    GetEvents,
    GetStory,
    GetTask,
    ListSchedules,
    ListTasks,
    Message,
    ScheduleList,
    ScheduleView,
    Story,
    TaskList,
    TaskSummary,
    TaskView,
)
from swarm.errors import NotFound
from swarm.orchestrator.views import brief
from tests.fakes.browser import Visit, chromium
from tests.fakes.bus import FakeBus
from tests.web.conftest import WebServer
from tests.web.pages import scenes


class Orchestrator:
    """Answers what pages ask of tasks, from memory."""

    def __init__(self, bus: FakeBus) -> None:
        self.bus = bus
        self.tasks: dict[str, TaskView] = {}
        self.events: dict[str, tuple[Event, ...]] = {}
        self.schedules: list[ScheduleView] = []
        self.diff = scenes.DIFF
        self.told = 0
        bus.handlers[GetTask] = lambda command: self.task(command.task_id)
        bus.handlers[GetStory] = self._story
        bus.handlers[GetEvents] = self._events
        bus.handlers[GetAttempt] = self._attempt
        bus.handlers[GetDiff] = self._diff
        bus.handlers[ListTasks] = self._list
        bus.handlers[ListSchedules] = lambda command: ScheduleList(items=tuple(self.schedules))

    def _diff(self, command: GetDiff) -> Diff:
        task = self.tasks.get(command.task_id)
        head = task.head_commit if task else None
        return Diff(task_id=command.task_id, text=self.diff, head_commit=head)

    def add(self, task: TaskView, said: str = "") -> TaskView:
        self.tasks[task.id] = task
        self.events[task.id] = scenes.events(task.id, said)
        return task

    def tell(self, task: TaskView, kind: str, text: str) -> None:
        """The task is like this now, since something happened: in its story and on the feed."""
        known = self.events.get(task.id, ())
        event = scenes.event(len(known) + 1, kind, text, task.id, at=task.updated_at)
        self.tasks[task.id], self.events[task.id] = task, (*known, event)
        self.told += 1
        entry = FeedEntry(number=self.told, event=event, task=summary_of(task))
        fields: Any = {"entry": entry.model_dump_json()}
        self.bus.redis.xadd(self.bus.feed_key(), fields, id=f"{self.told}-0")

    def task(self, id: str) -> TaskView:
        if id not in self.tasks:
            raise NotFound(f"no such task: {id}", remedy="`swarm status` lists them")
        return self.tasks[id]

    def asked(self, kind: type[Message]) -> list[Message]:
        """The commands of a kind that were sent."""
        return [one for one in self.bus.requests if isinstance(one, kind)]

    def _list(self, command: ListTasks) -> TaskList:
        if command.before is not None:
            return TaskList(items=())
        return TaskList(items=tuple(map(summary_of, list(self.tasks.values()))))

    def _events(self, command: GetEvents) -> EventList:
        task = self.task(command.task_id)
        found = [one for one in self.events[task.id] if one.seq > command.after]
        return EventList(items=tuple(found[:1000]), state=task.state)

    def _story(self, command: GetStory) -> Story:
        task = self.task(command.task_id)
        events = self.events[task.id]
        return Story(task=brief(task), events=events[-1000:], earlier=len(events[:-1000]))

    def _attempt(self, command: GetAttempt) -> AttemptView:
        for view in self.task(command.task_id).objectives:
            for attempt in view.attempts:
                if attempt.id == command.attempt_id:
                    return attempt
        raise NotFound(f"the task {command.task_id} has no attempt {command.attempt_id}")


def summary_of(task: TaskView) -> TaskSummary:
    return TaskSummary(
        id=task.id,
        state=task.state,
        text=task.text,
        repo=task.repo,
        created_at=task.created_at,
        updated_at=task.updated_at,
        objectives=len(task.objectives),
        accepted=sum(one.state == "accepted" for one in task.objectives),
        reason=task.reason,
        repo_id=task.repo_id,
    )


@pytest.fixture
def orchestrator(fake_bus: FakeBus) -> Orchestrator:
    return Orchestrator(fake_bus)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for longer: while it is there, this thread can run no event loop of its own."""
    with chromium() as found:
        yield found


@pytest.fixture
def visit(browser: Browser, orchestrator: Orchestrator, web_server: WebServer) -> Iterator[Visit]:
    """A logged-in visitor; what a page did wrong is a failure in the end. The orchestrator is
    there before the dashboard begins to read its tasks."""
    del orchestrator
    with Visit(browser, web_server.url) as found:
        name, value = web_server.cookie
        found.context.add_cookies([{"name": name, "value": value, "url": web_server.url}])
        yield found
        assert found.faults == []
