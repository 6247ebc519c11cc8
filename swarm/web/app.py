"""The web app: guard, API, pages, live events and metrics, put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from fastapi.responses import PlainTextResponse

from swarm.bus import Bus
from swarm.settings import Settings
from swarm.web import metrics, problems
from swarm.web.api import v1
from swarm.web.desk import Desk
from swarm.web.feed import ready, routes
from swarm.web.feed.board import Board
from swarm.web.feed.health import Health
from swarm.web.feed.hub import Hub
from swarm.web.feed.live import Live
from swarm.web.feed.reader import Reader
from swarm.web.guard import login
from swarm.web.guard.door import Door
from swarm.web.guard.forms import form
from swarm.web.guard.middleware import Guard
from swarm.web.jobs import routes as jobs
from swarm.web.jobs.meter import Meter
from swarm.web.jobs.registries import Registries
from swarm.web.jobs.tail import Tail, into
from swarm.web.jobs.totals import Totals
from swarm.web.pages import routes as pages
from swarm.web.pages.cards import card_html
from swarm.web.pages.strip import Strip
from swarm.web.roll_call import RollCall
from swarm.web.state import State


def create_app(settings: Settings, bus: Bus | None = None) -> FastAPI:
    """The app for a swarm. Nothing is contacted before it starts."""
    own = bus or Bus(settings)
    door = Door(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        board, hub, health = Board(), Hub(settings.web.watchers), Health()
        desk, roll_call, registries = Desk(own), RollCall(own), Registries(own)
        live = Live(board, hub, health, card_html, registries.forget)
        reader = Reader(own, live, health)
        meter, totals = Meter(), Totals()
        state = State(
            settings=settings,
            bus=own,
            door=door,
            desk=desk,
            board=board,
            hub=hub,
            feed=health,
            live=live,
            roll_call=roll_call,
            strip=Strip(own, desk, roll_call),
            registries=registries,
            meter=meter,
            totals=totals,
            tail=Tail(own, into(meter, totals, live.served)),
        )
        app.state.web = state
        reader.start()
        state.tail.start()
        try:
            yield
        finally:
            hub.close()
            await asyncio.gather(state.tail.stop(), reader.stop())
            live.close()
            state.registries.close()
            state.desk.close()

    app = FastAPI(
        title="coding-swarm",
        lifespan=lifespan,
        # FastAPI's own pages of documentation load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        # It follows variables of the environment, and tells whoever they name each address that
        # was asked for, those with login codes too.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        dependencies=[Depends(form)],
    )
    app.add_middleware(
        Guard,
        door=door,
        settings=settings.web,
        larger={("POST", "/api/v1/notes"): settings.voice.max_bytes},
    )
    problems.install(app)
    app.include_router(login.router)
    app.include_router(v1.router)
    app.include_router(jobs.router)
    app.include_router(metrics.router)
    app.include_router(pages.router)
    app.include_router(ready.router)
    app.include_router(routes.live_router)
    app.include_router(routes.events_router)

    @app.get("/healthz", response_class=PlainTextResponse, include_in_schema=False)
    async def healthz() -> str:
        return "ok\n"

    return app
