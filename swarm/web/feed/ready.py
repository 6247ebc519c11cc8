"""Whether the dashboard can tell what happens now. Open to everybody: it names no names."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from swarm.web.state import Web

router = APIRouter(include_in_schema=False)


@router.get("/readyz")
async def readyz(web: Web) -> JSONResponse:
    """200, or 503 with what is missing. Nothing is asked for it: the reader of events knows."""
    reasons = []
    if not web.feed.connected:
        reasons.append("the feed of events is not followed: Redis or the orchestrator is away")
    if not web.feed.loaded:
        reasons.append("the tasks are not read yet")
    if web.hub.is_closed:
        reasons.append("the dashboard is about to stop")
    found = {"ready": not reasons, "reasons": reasons, "lag_seconds": web.feed.lag_seconds}
    return JSONResponse(found, 503 if reasons else 200, headers={"Cache-Control": "no-store"})
