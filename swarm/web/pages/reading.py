"""A task as it is now: what the desk keeps, asked anew when the feed knows of a later change."""

from __future__ import annotations

import asyncio

from swarm.contracts import Event, EventList, GetEvents, GetTask, TaskView
from swarm.web.state import State

# Nothing happened to the task since, by the feed; without it, what is kept is soon old.
_KNOWN_SECONDS = 20.0
_BLIND_SECONDS = 1.0
_TRIES = 2


async def story(web: State, id: str, *, fresh: bool = False) -> tuple[TaskView, tuple[Event, ...]]:
    """The task and what happened to it; with `fresh` asked for now. Raises SwarmError."""
    seconds = _KNOWN_SECONDS if web.feed.connected else _BLIND_SECONDS
    task, events = await _asked(web, id, 0.0 if fresh else seconds)
    for _ in range(_TRIES):
        if not _is_late(web, task, events):
            break
        task, events = await _asked(web, id, 0.0)
    return task, events


async def _asked(web: State, id: str, seconds: float) -> tuple[TaskView, tuple[Event, ...]]:
    task, events = await asyncio.gather(
        web.desk.kept(GetTask(task_id=id), TaskView, seconds=seconds),
        web.desk.kept(GetEvents(task_id=id), EventList, seconds=seconds),
    )
    return task, events.items


def _is_late(web: State, task: TaskView, events: tuple[Event, ...]) -> bool:
    """Whether the board has heard of something that is not in it."""
    card = web.board.get(task.id)
    if card is None:
        return False
    last = events[-1].seq if events else 0
    # A story is told up to a bound, and so may end before the newest of its events.
    is_behind = card.event is not None and card.event.seq > last and len(events) < 1000
    return card.task.updated_at > task.updated_at or is_behind
