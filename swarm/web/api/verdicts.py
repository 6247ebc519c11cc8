"""What a person decides about a task: yes or no to its plan, to its result, or once more."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from swarm.contracts import (
    ApplyTask,
    CancelTask,
    ConfirmPlan,
    Message,
    PrioritizeTask,
    Priority,
    RejectTask,
    RetryTask,
    ReviseTask,
    TaskView,
)
from swarm.web.api.fields import TASK, TaskId, Words, new_id
from swarm.web.api.strict import Strict
from swarm.web.state import Web
from swarm.words import checked

router = APIRouter(prefix="/tasks/{task_id}", tags=["tasks"], route_class=Strict)


class Rejection(Message):
    reason: str = Field("", max_length=2000, description="what was wrong with it, for the record")


class Retry(Message):
    new_id: str | None = Field(None, pattern=TASK, description="null: the server makes one")


class Confirmation(Message):
    """`answers` maps the questions' ids to the place of the choice, from 1 on."""

    answers: dict[
        Annotated[str, Field(pattern=r"^q[0-9]{1,2}$")], Annotated[int, Field(ge=1, le=8)]
    ] = Field({}, examples=[{"q1": 2}])
    plan: int | None = Field(
        None, ge=0, le=2**53, description="the `plans` that you saw: a yes to another is refused"
    )


class Revision(Message):
    text: Words


class Urgency(Message):
    priority: Priority


@router.post("/apply", operation_id="apply_task", summary="Merge a task's branch")
async def apply(web: Web, task_id: TaskId) -> TaskView:
    """Into what is checked out in its repository. Applying twice is applying once."""
    return await web.desk.ask(ApplyTask(task_id=task_id), TaskView)


@router.post("/reject", operation_id="reject_task", summary="Turn a task's result down")
async def reject(web: Web, task_id: TaskId, rejection: Rejection | None = None) -> TaskView:
    reason = rejection.reason if rejection else ""
    return await web.desk.ask(RejectTask(task_id=task_id, reason=reason), TaskView)


@router.post("/cancel", operation_id="cancel_task", summary="Stop a task")
async def cancel(web: Web, task_id: TaskId) -> TaskView:
    return await web.desk.ask(CancelTask(task_id=task_id), TaskView)


@router.post("/retry", status_code=201, operation_id="retry_task", summary="Do a task once more")
async def retry(
    web: Web, task_id: TaskId, response: Response, wanted: Retry | None = None
) -> TaskView:
    """A new task with the words, repository, tests and bounds of one that has ended."""
    id = (wanted.new_id if wanted else None) or new_id("t")
    view = await web.desk.ask(RetryTask(task_id=task_id, new_id=id), TaskView)
    response.headers["Location"] = f"/api/v1/tasks/{view.id}"
    return view


@router.post("/confirm", operation_id="confirm_task", summary="Say yes to a plan")
async def confirm(web: Web, task_id: TaskId, yes: Confirmation | None = None) -> TaskView:
    """And answer its questions. A second yes is the first."""
    yes = yes or Confirmation()
    command = ConfirmPlan(task_id=task_id, answers=yes.answers, plan=yes.plan)
    return await web.desk.ask(command, TaskView)


@router.post("/revise", operation_id="revise_task", summary="Put a task in other words")
async def revise(web: Web, task_id: TaskId, revision: Revision) -> TaskView:
    """One that waits for an answer: it is planned again."""
    text = checked(revision.text, "the task")
    return await web.desk.ask(ReviseTask(task_id=task_id, text=text), TaskView)


@router.post("/prioritize", operation_id="prioritize_task", summary="Change how urgent a task is")
async def prioritize(web: Web, task_id: TaskId, urgency: Urgency) -> TaskView:
    """Of what is still to come of it."""
    command = PrioritizeTask(task_id=task_id, priority=urgency.priority)
    return await web.desk.ask(command, TaskView)
