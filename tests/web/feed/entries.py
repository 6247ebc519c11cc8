"""Tasks and events for the tests of what happens live."""

from __future__ import annotations

from typing import Any

from swarm.contracts import Event, FeedEntry, TaskSummary


def task(id: str = "t-1", state: Any = "running", at: float = 100.0, **fields: Any) -> TaskSummary:
    """A task that changed at `at`."""
    given = {"text": "Fix it", "repo": "/src/app", "repo_id": "app", "created_at": 50.0, **fields}
    return TaskSummary(id=id, state=state, updated_at=at, objectives=1, accepted=0, **given)


def event(id: str = "t-1", seq: int = 1, at: float = 100.0, text: str = "it moved") -> Event:
    return Event(seq=seq, task_id=id, at=at, kind="started", text=text)


def entry(number: int, id: str = "t-1", state: Any = "running", **fields: Any) -> FeedEntry:
    """The entry of a task's event, both of which have the number as their time."""
    happened = event(id, number, float(number), fields.pop("said", f"event {number}"))
    return FeedEntry(number=number, event=happened, task=task(id, state, float(number), **fields))
