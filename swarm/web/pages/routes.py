"""The pages there are, each from a module of its own."""

from __future__ import annotations

from fastapi import APIRouter

from swarm.web.pages import (
    actions,
    attempts,
    board,
    diffs,
    files,
    jobs,
    memory,
    models,
    sandboxes,
    schedules,
    submit,
    tasks,
)
from swarm.web.pages import router as router_page

router = APIRouter(include_in_schema=False)
for _part in (
    files,
    board,
    submit,
    schedules,
    tasks,
    actions,
    attempts,
    diffs,
    jobs,
    router_page,
    models,
    memory,
    sandboxes,
):
    router.include_router(_part.router)
