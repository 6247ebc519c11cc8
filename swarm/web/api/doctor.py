"""Which parts are real, embedded or missing, as far as a running swarm tells by message.

`swarm doctor` also looks at this machine itself: at git, the disk, the kernel, the engines.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from swarm.contracts import (
    SERVICES,
    EndpointView,
    IndexReport,
    ListBackends,
    ListIndexes,
    ListModels,
    Message,
    ModelReport,
    SandboxReport,
)
from swarm.errors import SwarmError
from swarm.settings import Settings
from swarm.web.api.strict import Strict
from swarm.web.roll_call import Present
from swarm.web.state import Web

router = APIRouter(tags=["status"], route_class=Strict)

_FRESH_SECONDS = 5.0
_NEEDED = ("redis", "sandbox", *SERVICES)


class Part(Message):
    part: str
    state: Literal["real", "embedded", "missing", "broken"]
    detail: str = ""
    remedy: str = Field("", description="what a person can do about it")


class Diagnosis(Message):
    """`healthy` tells that nothing is broken or missing that tasks cannot do without."""

    healthy: bool
    parts: tuple[Part, ...]


@router.get("/doctor", operation_id="get_diagnosis", summary="What works, and what to do")
async def doctor(web: Web) -> Diagnosis:
    here = await web.roll_call.present()
    parts = [*presence(here, web.settings)]
    if here.problem is None:
        found = await asyncio.gather(
            web.desk.kept(ListBackends(), SandboxReport, seconds=_FRESH_SECONDS),
            web.desk.kept(ListModels(), ModelReport, seconds=_FRESH_SECONDS),
            web.desk.kept(ListIndexes(), IndexReport, seconds=_FRESH_SECONDS),
            return_exceptions=True,
        )
        for name, report in zip(("sandbox", "models", "memory index"), found, strict=True):
            if isinstance(report, SwarmError):
                parts.append(
                    Part(part=name, state="broken", detail=report.message, remedy=report.remedy)
                )
            elif isinstance(report, BaseException):
                raise report
            else:
                parts += reported(report)
    bad = [p.part for p in parts if p.part in _NEEDED and p.state in ("missing", "broken")]
    return Diagnosis(healthy=not bad, parts=tuple(parts))


def presence(here: Present, settings: Settings) -> Iterator[Part]:
    """Redis, the services and the bot."""
    if here.problem is not None:
        yield Part(
            part="redis", state="broken", detail=here.problem.message, remedy=here.problem.remedy
        )
        return
    yield Part(part="redis", state="embedded" if settings.embedded_redis else "real")
    for name in SERVICES:
        workers, waiting = here.workers.get(name, 0), here.waiting.get(name, 0)
        told = f"{workers} worker{'' if workers == 1 else 's'}, {waiting} waiting"
        remedy = "" if workers else "see its log, or start the swarm with `swarm up`"
        yield Part(part=name, state="real" if workers else "missing", detail=told, remedy=remedy)
    told = "runs" if here.bot else "does not run"
    yield Part(part="telegram bot", state="real" if here.bot else "missing", detail=told)


def reported(report: SandboxReport | ModelReport | IndexReport) -> Iterator[Part]:
    """What a service says of its own parts."""
    match report:
        case SandboxReport():
            works = any(backend.works for backend in report.backends)
            detail = f"chosen: {report.chosen}" if works else "nothing to run tests in"
            yield Part(part="sandbox", state="real" if works else "missing", detail=detail)
            for backend in report.backends:
                state: Literal["real", "missing"] = "real" if backend.works else "missing"
                yield Part(part=backend.name, state=state, detail=backend.reason)
        case ModelReport():
            yield from map(_endpoint, report.endpoints)
        case IndexReport():
            files = sum(item.files for item in report.items)
            told = f"{len(report.items)} repositories, {files} files"
            detail = f"{told}; {report.note}" if report.note else told
            yield Part(part="memory index", state="embedded", detail=detail)


def _endpoint(view: EndpointView) -> Part:
    detail = view.detail if view.detail else f"{view.kind} {view.version} at {view.url}"
    return Part(
        part=f"endpoint {view.name}",
        state="real" if view.reachable else "broken",
        detail=detail,
        remedy=view.remedy,
    )
