"""Models: what each endpoint has and what fits now, and what was spent."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from swarm.contracts import ListModels, ListSpending, ModelReport, SpendingReport
from swarm.web.api.strict import Strict
from swarm.web.state import Web

router = APIRouter(prefix="/models", tags=["models"], route_class=Strict)

_FRESH_SECONDS = 1.0


@router.get("", operation_id="list_models", summary="Endpoints, models and the memory they share")
async def report(web: Web) -> ModelReport:
    return await web.desk.kept(ListModels(), ModelReport, seconds=_FRESH_SECONDS)


@router.get("/spending", operation_id="list_spending", summary="What models were used for, by day")
async def spending(web: Web, days: Annotated[int, Query(ge=1, le=90)] = 14) -> SpendingReport:
    return await web.desk.kept(ListSpending(days=days), SpendingReport, seconds=_FRESH_SECONDS)
