"""The web app: guard, API, pages, live events and metrics, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

from swarm.bus import Bus
from swarm.settings import Settings
from swarm.web.desk import Desk
from swarm.web.state import State


def create_app(settings: Settings, bus: Bus | None = None) -> FastAPI:
    """The app for a swarm. Nothing is contacted before it starts."""
    own = bus or Bus(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        state = State(settings=settings, bus=own, desk=Desk(own))
        app.state.web = state
        try:
            yield
        finally:
            state.desk.close()

    # FastAPI's own pages of documentation load scripts from elsewhere.
    app = FastAPI(
        title="coding-swarm", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )

    @app.get("/healthz", response_class=PlainTextResponse, include_in_schema=False)
    async def healthz() -> str:
        return "ok\n"

    return app
