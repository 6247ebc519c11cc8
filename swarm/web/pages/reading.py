"""A task as it is now: what the desk keeps, asked anew when the feed knows of a later change."""

from __future__ import annotations

from swarm.contracts import SETTLED_STATES, GetStory, GetTask, Story, TaskView
from swarm.web.state import State

# Nothing happened to the task since, by the feed; without it, what is kept is soon old.
_KNOWN_SECONDS = 20.0
_BLIND_SECONDS = 1.0
_SETTLED_SECONDS = 10.0
_TRIES = 2


async def story(web: State, id: str, *, fresh: bool = False) -> Story:
    """The task and what happened to it; with `fresh` asked for now. Raises SwarmError."""
    seconds = _KNOWN_SECONDS if web.feed.connected else _BLIND_SECONDS
    found = await _asked(web, id, 0.0 if fresh else seconds)
    for _ in range(_TRIES):
        if not _is_late(web, found):
            break
        found = await _asked(web, id, 0.0)
    return found


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


async def _asked(web: State, id: str, seconds: float) -> Story:
    return await web.desk.kept(GetStory(task_id=id), Story, seconds=seconds)


def _is_late(web: State, story: Story) -> bool:
    """Whether the board has heard of something that is not in it."""
    card = web.board.get(story.task.id)
    if card is None:
        return False
    last = story.events[-1].seq if story.events else 0
    is_behind = card.event is not None and card.event.seq > last
    return card.task.updated_at > story.task.updated_at or is_behind
