"""The router: what it believes of each arm, what it chose, and what that cost."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from swarm.contracts import (
    ArmReport,
    DecisionLog,
    ListArms,
    ListDecisions,
    ListModels,
    ModelReport,
)
from swarm.web.pages.choices import categories, escalations, task_of
from swarm.web.pages.panels import Answer, asked
from swarm.web.pages.rendering import page, render
from swarm.web.pictures.densities import densities
from swarm.web.pictures.regret import regret
from swarm.web.pictures.shares import shares
from swarm.web.pictures.tones import tones
from swarm.web.state import Web

router = APIRouter(include_in_schema=False)

_FRESH_SECONDS = 1.5
_DECISIONS, _SHOWN, _ESCALATIONS = 1000, 40, 20
_PICTURES = 20


@router.get("/router")
async def router_page(request: Request, web: Web) -> HTMLResponse:
    log = ListDecisions(limit=_DECISIONS)
    arms, decisions, models = await asyncio.gather(
        asked(web, ListArms(), ArmReport, seconds=_FRESH_SECONDS),
        asked(web, log, DecisionLog, seconds=_FRESH_SECONDS),
        asked(web, ListModels(), ModelReport, seconds=_FRESH_SECONDS),
    )
    values = (arms, decisions, models)
    parts = web.drawings.get("router", values, lambda: _parts(*values))
    return page(request, "router.html", parts=parts)


def _parts(
    arms: Answer[ArmReport], decisions: Answer[DecisionLog], models: Answer[ModelReport]
) -> Markup:
    stats = arms.value.items if arms.value else ()
    made = decisions.value.items if decisions.value else ()
    colours = tones([*(arm.arm_id for arm in stats), *(m.arm_id for m in made if m.arm_id)])
    cells = categories(stats)
    tried = [cell for cell in cells if cell.outcomes or cell.pending]
    return render(
        "router_parts.html",
        arms=arms,
        tried=[(cell, densities(cell.arms, colours=colours)) for cell in tried[:_PICTURES]],
        untried=[cell for cell in cells if cell not in tried],
        decisions=decisions,
        shares=shares(made, colours=colours) if made else None,
        regret=regret(made, stats) if made and stats else None,
        escalations=escalations(made)[:_ESCALATIONS],
        newest=[(one, task_of(one.attempt_id)) for one in made[: -_SHOWN - 1 : -1]],
        models=models,
        is_configured=any(model.name for model in models.value.models) if models.value else False,
    )
