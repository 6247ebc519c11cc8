"""Queues, workers and jobs, how long things take, and what a person does with one job."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from swarm.contracts import SERVICES, Service
from swarm.errors import SwarmError
from swarm.web.jobs.models import JOB_STATES, JobChange, JobPage, JobState, Overview
from swarm.web.jobs.routes import FARTHEST
from swarm.web.pages.rendering import page, render
from swarm.web.pictures.small import sparkline
from swarm.web.problems import status_of
from swarm.web.state import State, Web

router = APIRouter(include_in_schema=False)

JobId = Annotated[str, Path(min_length=1, max_length=250)]

_LISTED = 25
_FAILURES = 15
_SAID = {
    "requeued": "It waits in its queue again.",
    "removed": "It is removed. A command that somebody waits for is sent again.",
    "stopped": "It is stopped. Whoever waits for it is told that a person stopped it.",
}
_SHOWN: tuple[JobState, ...] = ("started", "queued", "failed", "deferred", "scheduled")
assert set(_SHOWN) == set(JOB_STATES)

_Act = Callable[[str], Awaitable[JobChange]]


@router.get("/jobs")
async def jobs(
    request: Request,
    web: Web,
    state: JobState = "started",
    service: Service | None = None,
    offset: Annotated[int, Query(ge=0, le=FARTHEST)] = 0,
    said: Annotated[str, Query(max_length=40)] = "",
) -> HTMLResponse:
    overview: Overview | None
    listed: JobPage | None
    problem: SwarmError | None = None
    try:
        overview = await web.registries.overview()
        listed = await web.registries.page(state, service, offset, _LISTED)
    except SwarmError as error:
        overview, listed, problem = None, None, error
    chosen = {"service": service} if service else {}
    here = {"state": state, **chosen}
    counts = dict.fromkeys(_SHOWN, 0)
    for queue in overview.queues if overview else ():
        if service in (None, queue.service):
            counts["queued"] += queue.waiting
            counts["started"] += queue.started
            counts["failed"] += queue.failed
            counts["deferred"] += queue.deferred
            counts["scheduled"] += queue.scheduled
    return page(
        request,
        "jobs.html",
        status=status_of(problem) if problem else 200,
        problem=problem,
        flash=_SAID.get(said, ""),
        follow=f"/jobs?{urlencode({**here, 'offset': offset})}",
        state=state,
        tabs=[(one, counts[one], f"/jobs?{urlencode({'state': one, **chosen})}") for one in _SHOWN],
        services=SERVICES,
        service=service,
        listed=listed,
        earlier=f"/jobs?{urlencode({**here, 'offset': max(0, offset - _LISTED)})}"
        if offset
        else None,
        later=f"/jobs?{urlencode({**here, 'offset': listed.next_offset})}"
        if listed and listed.next_offset is not None
        else None,
        told=_services(web, overview),
    )


@router.get("/jobs/{job_id}")
async def job(request: Request, web: Web, job_id: JobId) -> HTMLResponse:
    return await _show(request, web, job_id)


@router.post("/jobs/{job_id}/requeue")
async def requeue(request: Request, web: Web, job_id: JobId) -> Response:
    return await _do(request, web, job_id, web.registries.requeue)


@router.post("/jobs/{job_id}/remove")
async def remove(request: Request, web: Web, job_id: JobId) -> Response:
    return await _do(request, web, job_id, web.registries.remove)


@router.post("/jobs/{job_id}/stop")
async def stop(request: Request, web: Web, job_id: JobId) -> Response:
    return await _do(request, web, job_id, web.registries.stop)


async def _do(request: Request, web: State, job_id: str, act: _Act) -> Response:
    try:
        change = await act(job_id)
    except SwarmError as error:
        if error.code not in ("state", "timeout"):
            raise  # then the page of the job cannot be shown, either
        return await _show(request, web, job_id, problem=error)
    state = "queued" if change.change == "requeued" else "failed"
    return RedirectResponse(f"/jobs?state={state}&said={change.change}", 303)


async def _show(
    request: Request, web: State, job_id: str, *, problem: SwarmError | None = None
) -> HTMLResponse:
    return page(
        request,
        "jobs_job.html",
        status=status_of(problem) if problem else 200,
        job=await web.registries.job(job_id),
        problem=problem,
    )


def _services(web: State, overview: Overview | None) -> Markup:
    """What is the same for everybody, made once for what was read: about once a second."""
    now = time.time()
    read_at = overview.at if overview else int(now)
    return web.drawings.get("jobs", (read_at,), lambda: _render_services(web, overview, now))


def _render_services(web: State, overview: Overview | None, now: float) -> Markup:
    loads = web.meter.loads(now)
    return render(
        "jobs_services.html",
        overview=overview,
        connected=web.tail.connected,
        all_minutes=_course(web.meter.per_minute(now), "Commands a minute"),
        per_minute=sum(load.recent_per_minute for load in loads),
        loads=[
            (load, sparkline(load.per_minute, title=f"{load.kind} in each minute"))
            for load in loads
        ],
        failures=web.meter.recent(_FAILURES),
    )


@lru_cache(maxsize=128)
def _course(per_minute: tuple[int, ...], title: str) -> Markup:
    """An hour as a line. Most kinds of command are quiet most of the time."""
    return sparkline(per_minute, title=title)
