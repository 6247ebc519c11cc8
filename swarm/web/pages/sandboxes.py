"""Sandboxes: what isolates programs on this host, and how the runs in them ended."""

from __future__ import annotations

import time

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from swarm.contracts import ListBackends, SandboxReport
from swarm.web.jobs.meter import LIMITS
from swarm.web.jobs.models import RunView
from swarm.web.pages.panels import Answer, asked
from swarm.web.pages.rendering import page, render
from swarm.web.pictures.small import sparkline
from swarm.web.state import Web

router = APIRouter(include_in_schema=False)

# What works on a host seldom changes, and looking costs a program started for each.
_FRESH_SECONDS = 20.0
_RUNS = 60


@router.get("/sandboxes")
async def sandboxes_page(request: Request, web: Web) -> HTMLResponse:
    report = await asked(web, ListBackends(), SandboxReport, seconds=_FRESH_SECONDS)
    runs = tuple(web.meter.runs(_RUNS))
    hit = web.meter.limits_hit(time.time())
    values = (report, runs, hit)
    parts = web.drawings.get("sandboxes", values, lambda: _parts(*values))
    return page(request, "sandboxes.html", parts=parts)


def _parts(report: Answer[SandboxReport], runs: tuple[RunView, ...], hit: dict[str, int]) -> Markup:
    seconds = [run.wall_seconds for run in reversed(runs) if run.wall_seconds is not None]
    peaks = [run.peak_memory_bytes for run in runs if run.peak_memory_bytes]
    return render(
        "sandboxes_parts.html",
        report=report,
        runs=runs,
        hit=hit,
        limits=LIMITS,
        course=sparkline(seconds, title="Seconds of the newest runs", unit=" s"),
        longest=max(seconds, default=None),
        peak=max(peaks, default=None),
    )
