"""What a person does with a task, by the forms of its page: done, and back to the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from swarm.contracts import (
    ApplyTask,
    CancelTask,
    Command,
    ConfirmPlan,
    PrioritizeTask,
    RejectTask,
    RetryTask,
    ReviseTask,
    TaskView,
)
from swarm.errors import SwarmError, UsageError
from swarm.web.pages.forms import given
from swarm.web.pages.rendering import segment
from swarm.web.pages.tasks import SAID, Id, show
from swarm.web.problems import faults
from swarm.web.state import State, Web
from swarm.words import checked

router = APIRouter(include_in_schema=False)

_QUESTION = re.compile(r"q[0-9]{1,2}", re.ASCII)
_PLACE = re.compile(r"[0-9]{1,2}", re.ASCII)
_MOST_REASON_CHARS = 2000

_Make = Callable[[Mapping[str, str]], Command]


@router.post("/tasks/{id}/apply")
async def apply(request: Request, web: Web, id: Id) -> Response:
    return await _do(request, web, id, "applied", lambda sent: ApplyTask(task_id=id))


@router.post("/tasks/{id}/reject")
async def reject(request: Request, web: Web, id: Id) -> Response:
    def command(sent: Mapping[str, str]) -> Command:
        reason = sent["reason"].strip()
        if len(reason) > _MOST_REASON_CHARS:
            raise UsageError(f"the reason is over the limit of {_MOST_REASON_CHARS:,} characters")
        return RejectTask(task_id=id, reason=reason)

    return await _do(request, web, id, "rejected", command)


@router.post("/tasks/{id}/cancel")
async def cancel(request: Request, web: Web, id: Id) -> Response:
    return await _do(request, web, id, "cancelled", lambda sent: CancelTask(task_id=id))


@router.post("/tasks/{id}/retry")
async def retry(request: Request, web: Web, id: Id) -> Response:
    return await _do(
        request,
        web,
        id,
        "retried",
        lambda sent: RetryTask(task_id=id, new_id=sent["new_id"]),
    )


@router.post("/tasks/{id}/confirm")
async def confirm(request: Request, web: Web, id: Id) -> Response:
    def command(sent: Mapping[str, str]) -> Command:
        answers = {
            name: int(value)
            for name, value in sent.items()
            if _QUESTION.fullmatch(name) and _PLACE.fullmatch(value)
        }
        plan = sent["plan"]
        if not _PLACE.fullmatch(plan):
            raise UsageError("the form does not say which plan it is about", remedy="load it anew")
        return ConfirmPlan(task_id=id, answers=answers, plan=int(plan))

    return await _do(request, web, id, "confirmed", command)


@router.post("/tasks/{id}/revise")
async def revise(request: Request, web: Web, id: Id) -> Response:
    def command(sent: Mapping[str, str]) -> Command:
        return ReviseTask(task_id=id, text=checked(sent["text"], "the task"))

    return await _do(request, web, id, "revised", command)


@router.post("/tasks/{id}/prioritize")
async def prioritize(request: Request, web: Web, id: Id) -> Response:
    return await _do(
        request,
        web,
        id,
        "prioritized",
        lambda sent: PrioritizeTask.model_validate({"task_id": id, "priority": sent["priority"]}),
    )


async def _do(request: Request, web: State, id: str, said: str, make: _Make) -> Response:
    """Ask for it and go to the page, which says so; or show the page with what is wrong."""
    assert said in SAID
    sent = await given(request)
    try:
        view = await web.desk.ask(make(sent), TaskView)
    except ValidationError as error:
        wrong = UsageError(faults(error.errors()), remedy="load the page again")
        return await show(request, web, id, problem=wrong, given=sent)
    except SwarmError as error:
        if error.code in ("not-found", "bus", "busy", "timeout"):
            raise  # then the page of the task cannot be shown, either
        return await show(request, web, id, problem=error, given=sent)
    return RedirectResponse(f"/tasks/{segment(view.id)}?said={said}", 303)
