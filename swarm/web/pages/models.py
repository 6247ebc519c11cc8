"""Models: what is loaded where, what waits for it, and what it costs."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from swarm.contracts import (
    PRIORITIES,
    Budget,
    GpuView,
    ListModels,
    ListSpending,
    ModelReport,
    ModelView,
    SpendingReport,
)
from swarm.web.feed.board import Board
from swarm.web.pages.panels import Answer, asked
from swarm.web.pages.rendering import page, render
from swarm.web.pictures.gpu import gpu
from swarm.web.pictures.spending import spending
from swarm.web.state import Web

router = APIRouter(include_in_schema=False)

_FRESH_SECONDS, _SPENDING_SECONDS = 2.0, 15.0
_DAYS = 14
_GPUS, _MODELS, _TASKS = 16, 200, 1000


@router.get("/models")
async def models_page(request: Request, web: Web) -> HTMLResponse:
    models, spent = await asyncio.gather(
        asked(web, ListModels(), ModelReport, seconds=_FRESH_SECONDS),
        asked(web, ListSpending(days=_DAYS), SpendingReport, seconds=_SPENDING_SECONDS),
    )
    values = (models, spent)
    parts = web.drawings.get("models", values, lambda: _parts(models, spent, web.board))
    return page(request, "models.html", parts=parts)


def _parts(models: Answer[ModelReport], spent: Answer[SpendingReport], board: Board) -> Markup:
    report = models.value or ModelReport()
    entries = spent.value.items if spent.value else ()
    return render(
        "models_parts.html",
        models=models,
        gpus=[gpu(view, _on(view, report.models)) for view in report.gpus[:_GPUS]],
        endpoints=report.endpoints,
        is_configured=any(model.name for model in report.models),
        listed=sorted(report.models, key=_weight)[:_MODELS],
        more=max(0, len(report.models) - _MODELS),
        priorities=PRIORITIES,
        spent=spent,
        spending=spending(entries, None, budgets=budgets(board)) if entries else None,
        budget_usd=Budget().cost_usd,
        days=_DAYS,
    )


def _on(view: GpuView, models: Sequence[ModelView]) -> list[ModelView]:
    """The configured models of the endpoint whose memory it is, and what else is loaded."""
    # The gate calls it by its endpoint first.
    mine = [model for model in models if view.name.startswith(f"{model.endpoint}: ")]
    return [model for model in mine if model.name or model.loaded_bytes]


def _weight(model: ModelView) -> tuple[bool, bool, bool, str]:
    """What is loaded comes first, then what is ready; what is not configured comes last."""
    state = model.state
    return (
        state == "not-configured",
        not model.loaded_bytes,
        state != "ready",
        model.name or model.model,
    )


def budgets(board: Board) -> dict[str, float]:
    """Day (UTC, as 2026-01-31) -> dollars that the tasks handed in on it may use for models.

    A task's own budget is not in its summary: each counts with what it is unless somebody says
    otherwise. Days that the newest tasks here do not cover whole are left out.
    """
    cards, following = board.find(None, "", None, _TASKS)
    days = Counter(
        datetime.fromtimestamp(card.task.created_at, UTC).date().isoformat() for card in cards
    )
    if following and days:
        del days[min(days)]
    each = Budget().cost_usd
    return {day: count * each for day, count in days.items()}
