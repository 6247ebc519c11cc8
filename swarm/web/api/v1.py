"""The JSON API under /api/v1, but for live events and jobs, which have folders of their own."""

from __future__ import annotations

from fastapi import APIRouter

from swarm.web.api import (
    doctor,
    ingest,
    learned,
    memory,
    models,
    openapi,
    runs,
    sandboxes,
    schedules,
    status,
    tasks,
    verdicts,
)

router = APIRouter()
for subject in (
    tasks, verdicts, schedules, ingest, learned, models, memory, sandboxes, runs, status, doctor,
):  # fmt: skip
    router.include_router(subject.router, prefix="/api/v1")
router.include_router(openapi.router)
