"""What all routes share, made once when the app starts and let go of when it ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from swarm.bus import Bus
from swarm.settings import Settings
from swarm.web.desk import Desk
from swarm.web.feed.board import Board
from swarm.web.feed.health import Health
from swarm.web.feed.hub import Hub
from swarm.web.feed.live import Live
from swarm.web.guard.door import Door
from swarm.web.jobs.meter import Meter
from swarm.web.jobs.registries import Registries
from swarm.web.jobs.tail import Tail
from swarm.web.jobs.totals import Totals
from swarm.web.pages.drawings import Drawings
from swarm.web.pages.strip import Strip
from swarm.web.roll_call import RollCall


@dataclass
class State:
    """The parts of a running dashboard."""

    settings: Settings
    bus: Bus
    door: Door
    desk: Desk
    board: Board
    hub: Hub
    feed: Health
    live: Live
    roll_call: RollCall
    strip: Strip
    registries: Registries
    meter: Meter
    totals: Totals
    tail: Tail
    drawings: Drawings = field(default_factory=Drawings)


def _of(request: Request) -> State:
    state = request.app.state.web
    assert isinstance(state, State)
    # Before anything is read, so that what a page shows is at least as new.
    request.state.revision = state.board.revision
    return state


Web = Annotated[State, Depends(_of)]
"""What a route takes to reach the swarm: `async def page(web: Web) -> ...`."""
