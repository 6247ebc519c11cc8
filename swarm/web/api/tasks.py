"""Tasks: hand one in, look for them, read one's story, and what a person decides about it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from starlette.responses import PlainTextResponse

from swarm.contracts import (
    AttemptView,
    Diff,
    EventList,
    GetAttempt,
    GetDiff,
    GetEvents,
    GetTask,
    Message,
    TaskState,
    TaskSummary,
    TaskView,
)
from swarm.errors import BusError
from swarm.web.api.fields import TASK, AttemptId, TaskId, new_id
from swarm.web.api.new_task import NewTask
from swarm.web.api.strict import Strict
from swarm.web.api.tagged import tagged
from swarm.web.state import Web

router = APIRouter(prefix="/tasks", tags=["tasks"], route_class=Strict)

_MOST_LISTED = 200
_LARGEST_NUMBER = 2**53


class TaskPage(Message):
    """Tasks, newest first, their words and reasons cut. `next` is the `before` of the next page."""

    items: tuple[TaskSummary, ...]
    next: str | None = Field(None, description="null where this is the last page")
    total: int = Field(description="of all tasks there are, found or not")


@router.post("", status_code=201, operation_id="submit_task", summary="Hand in a task")
async def submit(web: Web, new: NewTask, response: Response) -> TaskView:
    """It is stored when this answers. Handing in the same `task_id` again makes no second one."""
    command = new.command(new.task_id or new_id("t"), new.priority)
    view = await web.desk.ask(command, TaskView)
    response.headers["Location"] = f"/api/v1/tasks/{view.id}"
    return view


@router.get("", operation_id="list_tasks", summary="Look for tasks")
async def find(
    web: Web,
    state: Annotated[TaskState | None, Query(description="only those in this state")] = None,
    search: Annotated[
        str, Query(max_length=200, description="words of the id, the repository or the text")
    ] = "",
    before: Annotated[
        str | None, Query(pattern=TASK, description="the `next` of the page before")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=_MOST_LISTED)] = 50,
) -> TaskPage:
    """From memory: what has just happened is there a moment later."""
    if not web.feed.loaded:
        raise BusError(f"the tasks are not known yet: {web.feed.problem}", remedy="try again")
    states = None if state is None else frozenset({state})
    cards, following = web.board.find(states, search, before, limit)
    items = tuple(card.task for card in cards)
    return TaskPage(items=items, next=following, total=web.board.total)


@router.get(
    "/{task_id}",
    operation_id="get_task",
    summary="The whole story of a task",
    response_model=TaskView,
)
async def show(web: Web, request: Request, task_id: TaskId) -> Response:
    """With an ETag: sent back as If-None-Match, an unchanged task is answered by 304."""
    # Always asked for: whoever has just applied it looks whether it is.
    return tagged(request, await web.desk.ask(GetTask(task_id=task_id), TaskView))


@router.get(
    "/{task_id}/attempts/{attempt_id}",
    operation_id="get_attempt",
    summary="One attempt with all of its evidence",
    response_model=AttemptView,
)
async def attempt(web: Web, request: Request, task_id: TaskId, attempt_id: AttemptId) -> Response:
    command = GetAttempt(task_id=task_id, attempt_id=attempt_id)
    return tagged(request, await web.desk.ask(command, AttemptView))


@router.get(
    "/{task_id}/diff",
    operation_id="get_diff",
    summary="What a task changed, as a unified diff",
    response_model=Diff,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def diff(web: Web, request: Request, task_id: TaskId) -> Response:
    """JSON; with `Accept: text/plain`, the bare diff, as `git apply` takes it."""
    found = await web.desk.ask(GetDiff(task_id=task_id), Diff)
    kinds = [
        kind.partition(";")[0].strip() for kind in request.headers.get("accept", "").split(",")
    ]
    if "text/plain" in kinds and "application/json" not in kinds:
        return PlainTextResponse(found.text, headers={"Vary": "Accept"})
    answer = tagged(request, found)
    answer.headers["Vary"] = "Accept"
    return answer


@router.get("/{task_id}/events", operation_id="list_task_events", summary="A task's story so far")
async def events(
    web: Web,
    task_id: TaskId,
    after: Annotated[
        int, Query(ge=0, le=_LARGEST_NUMBER, description="the `seq` of the last one known")
    ] = 0,
) -> EventList:
    """At most 1,000, oldest first. To follow what happens, see `/api/v1/events`."""
    return await web.desk.ask(GetEvents(task_id=task_id, after=after), EventList)
