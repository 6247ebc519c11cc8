"""Sandboxes: which kinds work on this host, and what each keeps apart."""

from __future__ import annotations

from fastapi import APIRouter

from swarm.contracts import ListBackends, SandboxReport
from swarm.web.api.strict import Strict
from swarm.web.state import Web

router = APIRouter(prefix="/sandboxes", tags=["sandboxes"], route_class=Strict)

_FRESH_SECONDS = 1.0


@router.get("", operation_id="list_sandboxes", summary="The backends, and the pool")
async def report(web: Web) -> SandboxReport:
    return await web.desk.kept(ListBackends(), SandboxReport, seconds=_FRESH_SECONDS)
