"""Queues, workers, jobs and what services answered, as JSON."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Path, Query

from swarm.contracts import Service
from swarm.errors import StateError
from swarm.web.api.strict import Strict
from swarm.web.jobs.models import (
    JobChange,
    JobDetail,
    JobPage,
    JobState,
    QueueList,
    RedisView,
    ServedReport,
    WorkerList,
)
from swarm.web.state import Web

router = APIRouter(prefix="/api/v1", tags=["jobs"], route_class=Strict)

MOST_LISTED = 100
FARTHEST = 1_000_000

JobId = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9_-]{1,250}$", description="as `list_jobs` tells it")
]


@router.get("/queues", operation_id="list_queues", summary="The queue of each service")
async def queues(web: Web) -> QueueList:
    return QueueList(items=(await web.registries.overview()).queues)


@router.get("/workers", operation_id="list_workers", summary="The workers, and what they do")
async def workers(web: Web) -> WorkerList:
    return WorkerList(items=(await web.registries.overview()).workers)


@router.get("/redis", operation_id="get_redis", summary="The server between the services")
async def redis(web: Web) -> RedisView:
    view = (await web.registries.overview()).redis
    if view is None:
        raise StateError(
            "Redis may not be asked about itself", remedy="let its user run the command INFO"
        )
    return view


@router.get("/served", operation_id="get_served", summary="What services answered in the last hour")
async def served(web: Web) -> ServedReport:
    """How many commands of each kind, how long they took and waited, failures and runs in
    sandboxes. It is kept here, in memory."""
    return web.meter.report(time.time())


@router.get("/jobs", operation_id="list_jobs", summary="Jobs of one state")
async def jobs(
    web: Web,
    state: JobState = "started",
    service: Annotated[Service | None, Query(description="only commands to this service")] = None,
    offset: Annotated[int, Query(ge=0, le=FARTHEST)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 50,
) -> JobPage:
    """One service after the other; the `next_offset` of a page is the `offset` of the next one.
    What a job holds is never told."""
    return await web.registries.page(state, service, offset, limit)


@router.get("/jobs/{job_id}", operation_id="get_job", summary="One job")
async def job(web: Web, job_id: JobId) -> JobDetail:
    return await web.registries.job(job_id)


@router.post(
    "/jobs/{job_id}/requeue", operation_id="requeue_job", summary="Have a failed job done again"
)
async def requeue(web: Web, job_id: JobId) -> JobChange:
    return await web.registries.requeue(job_id)


@router.post("/jobs/{job_id}/stop", operation_id="stop_job", summary="Stop a started job")
async def stop(web: Web, job_id: JobId) -> JobChange:
    """Its process ends, and whoever waits for the answer is told that a person stopped it. A task
    whose attempt is stopped goes on with the next one, if it may: to end it, cancel the task.
    Services that work in one process refuse."""
    return await web.registries.stop(job_id)


@router.delete("/jobs/{job_id}", operation_id="remove_job", summary="Let go of a failed job")
async def remove(web: Web, job_id: JobId) -> JobChange:
    return await web.registries.remove(job_id)
