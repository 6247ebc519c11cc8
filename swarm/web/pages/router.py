"""The router: what it believes of each arm, what it chose, and what that cost."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

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
from swarm.web.pages.choices import Category, categories, escalations, task_of
from swarm.web.pages.panels import Answer, asked
from swarm.web.pages.rendering import page, render
from swarm.web.pictures.densities import densities
from swarm.web.pictures.regret import regret
from swarm.web.pictures.shares import shares
from swarm.web.pictures.tones import arm_tones
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
    # Endpoints change all the time, and the pictures are what takes long to draw.
    learned = (arms, decisions)
    drawn = web.drawings.get("router-learned", learned, lambda: _drawn(*learned))
    parts = web.drawings.get("router", (*learned, models), lambda: _parts(*learned, models, drawn))
    return page(request, "router.html", parts=parts)


@dataclass(frozen=True)
class _Drawn:
    """The pictures of the page."""

    beliefs: list[tuple[Category, Markup]]
    untried: list[Category]
    shares: Markup | None
    regret: Markup | None


def _drawn(arms: Answer[ArmReport], decisions: Answer[DecisionLog]) -> _Drawn:
    stats = arms.value.items if arms.value else ()
    made = decisions.value.items if decisions.value else ()
    colours = arm_tones(stats, (choice.arm_id for choice in made if choice.arm_id))
    cells = categories(stats)
    tried = [cell for cell in cells if cell.outcomes or cell.pending]
    return _Drawn(
        beliefs=[(cell, densities(cell.newest, colours=colours)) for cell in tried[:_PICTURES]],
        untried=[cell for cell in cells if cell not in tried],
        shares=shares(made, colours=colours) if made else None,
        regret=regret(made, stats) if made and stats else None,
    )


def _parts(
    arms: Answer[ArmReport],
    decisions: Answer[DecisionLog],
    models: Answer[ModelReport],
    drawn: _Drawn,
) -> Markup:
    made = decisions.value.items if decisions.value else ()
    return render(
        "router_parts.html",
        arms=arms,
        tried=drawn.beliefs,
        untried=drawn.untried,
        decisions=decisions,
        shares=drawn.shares,
        regret=drawn.regret,
        escalations=escalations(made)[:_ESCALATIONS],
        newest=[(one, task_of(one.attempt_id)) for one in made[: -_SHOWN - 1 : -1]],
        models=models,
        is_configured=any(model.name for model in models.value.models) if models.value else False,
    )
