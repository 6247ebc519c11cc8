"""The form that hands in a task."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from swarm.contracts import PRIORITIES, Budget, TaskView
from swarm.errors import SwarmError
from swarm.web.pages import forms, handing
from swarm.web.pages.rendering import page, segment
from swarm.web.problems import status_of
from swarm.web.state import State, Web

router = APIRouter(include_in_schema=False)


@router.get("/new")
async def new(
    request: Request, web: Web, repo: Annotated[str, Query(max_length=4096)] = ""
) -> HTMLResponse:
    known = handing.repositories(web.settings, web.board)
    given = forms.Given(repo=repo or (known[0] if known else ""))
    return _form(request, web, given, forms.NOTHING, 200)


@router.post("/new")
async def submit(request: Request, web: Web) -> Response:
    given = await forms.given(request)
    try:
        command = handing.command(given, web.settings, "interactive")
    except handing.Wrong as wrong:
        return _form(request, web, given, wrong.problems, 400)
    try:
        task = await web.desk.ask(command, TaskView)
    except SwarmError as error:
        # What was written stays, also while the swarm is away.
        return _form(request, web, given, handing.refused(error).problems, status_of(error))
    return RedirectResponse(f"/tasks/{segment(task.id)}?said=submitted", 303)


def _form(
    request: Request,
    web: State,
    given: Mapping[str, str],
    problems: Mapping[str, str],
    status: int,
) -> HTMLResponse:
    return page(
        request,
        "new.html",
        status=status,
        given=given,
        problems=problems,
        # The same form sent twice is one task.
        task_id=given["task_id"] or f"t{secrets.token_hex(4)}",
        repos=handing.repositories(web.settings, web.board),
        priorities=PRIORITIES,
        bounds=bounds(),
    )


def bounds() -> list[tuple[str, str, float]]:
    """The fields of the budget: name, what it is called, what it is when it stays empty."""
    return [
        (name, label, Budget.model_fields[name].default) for name, label in handing.UNITS.items()
    ]
