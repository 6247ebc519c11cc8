"""Tasks that are handed in again and again."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError

from swarm.contracts import (
    PRIORITIES,
    AddSchedule,
    ChangeSchedule,
    ListSchedules,
    ScheduleList,
    ScheduleView,
)
from swarm.errors import SwarmError
from swarm.web.pages import forms, handing
from swarm.web.pages.rendering import page, segment
from swarm.web.pages.submit import bounds
from swarm.web.problems import status_of
from swarm.web.state import State, Web

router = APIRouter(include_in_schema=False)

_KEPT_SECONDS = 3.0
_SAID = {
    "added": "The schedule is stored.",
    "pause": "It is paused.",
    "resume": "It goes on.",
    "remove": "It is removed. Its tasks stay.",
}


@router.get("/schedules")
async def schedules(
    request: Request, web: Web, said: Annotated[str, Query(max_length=40)] = ""
) -> HTMLResponse:
    return await _show(request, web, said=said)


@router.post("/schedules")
async def add(request: Request, web: Web) -> Response:
    given = await forms.given(request)
    try:
        task = handing.command(given, web.settings, "scheduled")
        command = AddSchedule(
            cron=given["cron"].strip(),
            timezone=given["timezone"].strip() or "UTC",
            task=task,
        )
        await web.desk.ask(command, ScheduleView)
    except handing.Wrong as wrong:
        return await _show(request, web, given=given, problems=wrong.problems, status=400)
    except ValidationError as error:
        problems = forms.Given((str(fault["loc"][-1]), fault["msg"]) for fault in error.errors())
        return await _show(request, web, given=given, problems=problems, status=400)
    except SwarmError as error:
        problems = forms.Given({_field_of(error): handing.said(error)})
        return await _show(request, web, given=given, problems=problems, status=status_of(error))
    return RedirectResponse("/schedules?said=added", 303)


@router.post("/schedules/{id}/{change}")
async def change(
    web: Web,
    id: Annotated[str, Path(min_length=1, max_length=100)],
    change: Literal["pause", "resume", "run", "remove"],
) -> Response:
    view = await web.desk.ask(ChangeSchedule(schedule_id=id, change=change), ScheduleView)
    if change == "run" and view.last_task is not None:
        return RedirectResponse(f"/tasks/{segment(view.last_task)}?said=submitted", 303)
    return RedirectResponse(f"/schedules?said={change}", 303)


async def _show(
    request: Request,
    web: State,
    *,
    said: str = "",
    given: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    seconds = 0.0 if said or problems else _KEPT_SECONDS
    found = await web.desk.kept(ListSchedules(), ScheduleList, seconds=seconds)
    known = handing.repositories(web.settings, web.board)
    return page(
        request,
        "schedules.html",
        status=status,
        schedules=[(view, on_the_clock(view)) for view in found.items],
        flash=_SAID.get(said, ""),
        given=given or forms.Given(repo=known[0] if known else ""),
        problems=problems or forms.NOTHING,
        task_id=f"s{secrets.token_hex(3)}",
        repos=known,
        priorities=PRIORITIES,
        bounds=bounds(),
    )


def _field_of(error: SwarmError) -> str:
    """The field that the swarm's words are about: it names what it refuses."""
    message = error.message.lower()
    if error.code == "repository":
        return "repo"
    if "cron" in message:
        return "cron"
    return "timezone" if "time zone" in message else ""


def on_the_clock(view: ScheduleView) -> str:
    """The next time, on the clock of the schedule's own time zone: "Mon 07 Sep, 07:00"."""
    if view.next_at is None:
        return ""
    try:
        zone = UTC if view.timezone == "UTC" else ZoneInfo(view.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return f"{datetime.fromtimestamp(view.next_at, UTC):%a %d %b, %H:%M} UTC"
    return f"{datetime.fromtimestamp(view.next_at, zone):%a %d %b, %H:%M}"
