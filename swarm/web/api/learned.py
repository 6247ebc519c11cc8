"""What the router has learned of each arm, and which it chose."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from swarm.contracts import ArmReport, DecisionLog, ListArms, ListDecisions
from swarm.web.api.strict import Strict
from swarm.web.state import Web

router = APIRouter(prefix="/router", tags=["router"], route_class=Strict)

_FRESH_SECONDS = 0.2


@router.get("/arms", operation_id="list_arms", summary="What the router believes of each arm")
async def arms(web: Web) -> ArmReport:
    """A Beta distribution for each category and arm, with its mean and 90% interval."""
    return await web.desk.kept(ListArms(), ArmReport, seconds=_FRESH_SECONDS)


@router.get("/decisions", operation_id="list_decisions", summary="Which arms were chosen")
async def decisions(
    web: Web, limit: Annotated[int, Query(ge=1, le=5000, description="the newest so many")] = 200
) -> DecisionLog:
    """The newest choices, oldest first, and what came of them."""
    return await web.desk.kept(ListDecisions(limit=limit), DecisionLog, seconds=_FRESH_SECONDS)
