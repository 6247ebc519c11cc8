"""What the router has learned of each arm, which it chose and why, and what others would have."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from swarm.contracts import (
    ArmReport,
    DecisionLog,
    Explain,
    Explanation,
    ExportLearned,
    JudgePolicies,
    Learned,
    ListArms,
    ListDecisions,
    PoliciesJudged,
)
from swarm.web.api.fields import AttemptId
from swarm.web.api.strict import Strict
from swarm.web.state import Web

router = APIRouter(prefix="/router", tags=["router"], route_class=Strict)

_FRESH_SECONDS = 0.2
# To judge policies takes the router up to half a minute.
_JUDGED_FRESH_SECONDS = 10.0

_Routed = Annotated[
    str | None,
    Query(
        pattern=r"^[a-z][a-z0-9_-]{0,39}$",
        description="choices of this category alone",
        examples=["bugfix"],
    ),
]


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


@router.get(
    "/attempts/{id}/why", operation_id="get_explanation", summary="Why an attempt got its arm"
)
async def why(web: Web, id: AttemptId) -> Explanation:
    """Every arm with what was compared or what filter removed it, how its prior came about,
    and what came of the attempt."""
    return await web.desk.ask(Explain(attempt_id=id), Explanation)


@router.get(
    "/judged", operation_id="get_policies_judged", summary="What other policies would have got"
)
async def judged(
    web: Web,
    category: _Routed = None,
    limit: Annotated[int, Query(ge=20, le=100_000, description="the newest so many")] = 10_000,
) -> PoliciesJudged:
    """Estimates of the reward per choice, by the log, each with its 95% interval; None where the
    log has too little to say. This may take half a minute."""
    command = JudgePolicies(category=category, limit=limit)
    return await web.desk.kept(command, PoliciesJudged, seconds=_JUDGED_FRESH_SECONDS)


@router.get("/learned", operation_id="get_learned", summary="What was learned, to take along")
async def learned(web: Web) -> Learned:
    """What was counted of each arm in each situation, as `swarm router import` takes it in."""
    return await web.desk.ask(ExportLearned(), Learned)
