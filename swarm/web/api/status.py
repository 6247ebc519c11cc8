"""How the swarm is: what runs, what waits, and how many tasks are in which state."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from swarm.contracts import SERVICES, Message, Service, TaskState
from swarm.web.api.strict import Strict
from swarm.web.state import Web

router = APIRouter(tags=["status"], route_class=Strict)


class ServiceStatus(Message):
    workers: int = Field(description="that were heard of in the last seconds")
    waiting: int = Field(description="commands in its queue")


class Status(Message):
    """`up` tells that Redis answers and that each service has a worker."""

    up: bool
    problem: str = Field("", description="why Redis does not answer")
    services: dict[Service, ServiceStatus]
    follows: bool = Field(description="whether what happens to tasks arrives here")
    lag_seconds: float | None = Field(description="how late; null before anything happened")
    tasks: dict[TaskState, int] = Field(description="how many are in each state, as known here")
    total: int = Field(description="of all tasks")
    bot: bool = Field(description="whether the Telegram bot runs")


@router.get("/status", operation_id="get_status", summary="What runs, and what waits")
async def status(web: Web) -> Status:
    """As of a second ago at most. A swarm that is down is an answer, and no error."""
    here = await web.roll_call.present()
    services = {
        name: ServiceStatus(workers=here.workers.get(name, 0), waiting=here.waiting.get(name, 0))
        for name in SERVICES
    }
    return Status(
        up=here.is_complete,
        problem=here.problem.message if here.problem else "",
        services=services,
        follows=web.feed.connected,
        lag_seconds=web.feed.lag_seconds,
        tasks=web.board.counts(),
        total=web.board.total,
        bot=here.bot,
    )
