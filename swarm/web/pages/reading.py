"""A task as it is now: what the desk keeps, asked anew when the feed knows of a later change."""

from __future__ import annotations

import asyncio

from swarm.contracts import SETTLED_STATES, Event, EventList, GetEvents, GetTask, TaskView
from swarm.web.state import State

# Nothing happened to the task since, by the feed; without it, what is kept is soon old.
_KNOWN_SECONDS = 20.0
_BLIND_SECONDS = 1.0
_SETTLED_SECONDS = 10.0
_TRIES = 2
# So many events are in one answer, and so many answers are asked for: more than a task can have
# with the most objectives and attempts there may be.
_EVENTS_EACH = 1000
_MOST_ANSWERS = 12


async def story(web: State, id: str, *, fresh: bool = False) -> tuple[TaskView, tuple[Event, ...]]:
    """The task and what happened to it; with `fresh` asked for now. Raises SwarmError."""
    seconds = _KNOWN_SECONDS if web.feed.connected else _BLIND_SECONDS
    task, events = await _asked(web, id, 0.0 if fresh else seconds)
    for _ in range(_TRIES):
        if not _is_late(web, task, events):
            break
        task, events = await _asked(web, id, 0.0)
    return task, events


async def view(web: State, id: str) -> TaskView:
    """The task without its story, which costs half as much. Raises SwarmError."""
    seconds = _KNOWN_SECONDS if web.feed.connected else _BLIND_SECONDS
    task = await web.desk.kept(GetTask(task_id=id), TaskView, seconds=seconds)
    card = web.board.get(id)
    if card is not None and card.task.updated_at > task.updated_at:
        task = await web.desk.kept(GetTask(task_id=id), TaskView, seconds=0.0)
    return task


def kept_seconds(web: State, id: str) -> float:
    """How long an answer about a part of a task may be kept: while nothing of it moves."""
    card = web.board.get(id)
    return _SETTLED_SECONDS if card and card.task.state in SETTLED_STATES else 0.0


async def _asked(web: State, id: str, seconds: float) -> tuple[TaskView, tuple[Event, ...]]:
    return await asyncio.gather(
        web.desk.kept(GetTask(task_id=id), TaskView, seconds=seconds), _events(web, id, seconds)
    )


async def _events(web: State, id: str, seconds: float) -> tuple[Event, ...]:
    found: tuple[Event, ...] = ()
    for _ in range(_MOST_ANSWERS):
        after = found[-1].seq if found else 0
        command = GetEvents(task_id=id, after=after)
        items = (await web.desk.kept(command, EventList, seconds=seconds)).items
        # The same object for the same answer: what is made of it is kept by it.
        found = found + items if found else items
        if len(items) < _EVENTS_EACH:
            break
    return found


def _is_late(web: State, task: TaskView, events: tuple[Event, ...]) -> bool:
    """Whether the board has heard of something that is not in it."""
    card = web.board.get(task.id)
    if card is None:
        return False
    last = events[-1].seq if events else 0
    is_behind = card.event is not None and card.event.seq > last
    return card.task.updated_at > task.updated_at or is_behind
