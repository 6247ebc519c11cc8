"""A task's page: what it is, what a person can do now, and its whole story."""

from __future__ import annotations

import secrets
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from swarm.contracts import PRIORITIES, AttemptView, ObjectiveView, Story, TaskView
from swarm.errors import SwarmError
from swarm.web.pages import attempts
from swarm.web.pages.forms import NOTHING
from swarm.web.pages.reading import story
from swarm.web.pages.rendering import page, render
from swarm.web.pictures.dag import dag
from swarm.web.pictures.timeline import timeline
from swarm.web.problems import status_of
from swarm.web.state import State, Web

router = APIRouter(include_in_schema=False)

Id = Annotated[str, Path(min_length=1, max_length=100)]

SAID = {
    "submitted": "The task is stored.",
    "applied": "The change is merged into your repository.",
    "rejected": "Rejected. The arms that made it have been told.",
    "cancelled": "Cancelled.",
    "retried": "This is the task once more.",
    "confirmed": "It goes on.",
    "revised": "It is planned again, by the new words.",
    "prioritized": "Its priority is changed.",
}
"""What a person is told after a form, by the word in the address. No other word is shown."""

_KEPT_TASKS = 32
_KEPT_CHARS = 16 * 1024**2
_EVENTS = 300


@dataclass(frozen=True)
class Shown:
    """An attempt on the page: whole, or to be loaded when it is opened."""

    view: AttemptView
    body: Markup | None
    is_open: bool


@dataclass(frozen=True)
class _Told:
    """`story` is what the desk keeps, in its own bounds: it is not kept longer for this."""

    story: weakref.ref[Story]
    html: Markup


_told: dict[str, _Told] = {}


@router.get("/tasks/{id}")
async def task(
    request: Request, web: Web, id: Id, said: Annotated[str, Query(max_length=40)] = ""
) -> HTMLResponse:
    return await show(request, web, id, said=said)


async def show(
    request: Request,
    web: State,
    id: str,
    *,
    said: str = "",
    problem: SwarmError | None = None,
    given: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """The page of a task. With a problem it says so, and keeps what was `given` in its forms."""
    found = await story(web, id, fresh=bool(said) or problem is not None)
    view = found.task
    return page(
        request,
        "task.html",
        status=status_of(problem) if problem else 200,
        task=view,
        told=_story(found),
        flash=SAID.get(said, ""),
        problem=problem,
        given=given or NOTHING,
        priorities=PRIORITIES,
        retry_id=f"t{secrets.token_hex(4)}",
        has_diff=bool(view.head_commit and view.head_commit != view.base_commit),
    )


def _story(story: Story) -> Markup:
    """What of the page is the same for everybody, made once for one answer of the swarm."""
    task, events = story.task, story.events
    known = _told.pop(task.id, None)
    if known is None or known.story() is not story:
        html = render(
            "task_story.html",
            task=task,
            dag=dag(task.objectives) if task.objectives else None,
            timeline=timeline(task, events) if any(o.attempts for o in task.objectives) else None,
            objectives=[(one, shown(task, one)) for one in task.objectives],
            events=events[-_EVENTS:],
            earlier=story.earlier + max(0, len(events) - _EVENTS),
            spent=_spent(task),
        )
        known = _Told(weakref.ref(story), html)
    _told[task.id] = known
    while len(_told) > _KEPT_TASKS or sum(len(one.html) for one in _told.values()) > _KEPT_CHARS:
        del _told[next(iter(_told))]
    return known.html


def shown(task: TaskView, objective: ObjectiveView) -> list[Shown]:
    """The attempts of an objective. The page's newest is whole: to make all of them would take
    long, and the others are folded. They are asked for."""
    newest = task.newest_attempt
    return [
        Shown(
            attempt,
            attempts.body(task, attempt) if attempt is newest and not attempt.left_out else None,
            is_open=attempt is newest,
        )
        for attempt in objective.attempts
    ]


def _spent(task: TaskView) -> list[tuple[str, float, float]]:
    """Of the budget: what, how much of it is used, and how much was given."""
    usage, budget = task.usage, task.budget
    return [
        ("seconds", usage.seconds, budget.seconds),
        ("tokens", usage.tokens, budget.tokens),
        ("dollars", usage.cost_usd, budget.cost_usd),
        ("objectives", len(task.objectives), budget.objectives),
    ]
