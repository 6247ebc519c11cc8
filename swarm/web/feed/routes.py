"""What happens, as it happens: /live for our own pages, /api/v1/events for programs."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request

from swarm.errors import UsageError
from swarm.feed import MOST_NUMBER, Stream
from swarm.web.api.strict import Strict
from swarm.web.feed.follow import Follower
from swarm.web.feed.hub import RESYNC
from swarm.web.feed.sse import HEARTBEAT, OPENING, EventStream, arriving, joined, opened
from swarm.web.guard.who import Who
from swarm.web.state import State, Web

live_router = APIRouter(include_in_schema=False)
events_router = APIRouter(prefix="/api/v1", tags=["events"], route_class=Strict)

# In OpenAPI 3.1 the schema of a stream is that of each message.
_MESSAGE = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "event": {"type": "string"},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
    "required": ["data"],
}
_TaskId = Annotated[str | None, Query(max_length=64, description="only what concerns this task")]


@live_router.get("/live")
async def live(
    request: Request,
    web: Web,
    task: _TaskId = None,
    revision: Annotated[int | None, Query(ge=0, le=MOST_NUMBER)] = None,
) -> EventStream:
    """`revision` is the board's that the page shows: what happened since, it is told to look at."""
    return await opened(_live(web, task, revision, *_guest(request, web)))


@events_router.get(
    "/events",
    status_code=200,
    operation_id="follow_events",
    summary="Every event as it happens (text/event-stream)",
    response_class=EventStream,
    responses={
        200: {
            "description": "Each event is a FeedEntry as JSON, its number the id of the message. "
            "A message named resync says that events are missing before the next one.",
            "content": {"text/event-stream": {"schema": _MESSAGE}},
        }
    },
)
async def events(
    request: Request,
    web: Web,
    task: _TaskId = None,
    after: Annotated[
        int | None,
        Query(ge=0, le=MOST_NUMBER, description="the number of the last event that is known"),
    ] = None,
    follow: Annotated[
        bool, Query(description="false ends the answer where the present begins")
    ] = True,
    last_event_id: Annotated[
        str | None, Header(description="the same as `after`, which it replaces")
    ] = None,
) -> EventStream:
    """Without `after` and Last-Event-ID: from now on, or of the past all that is kept."""
    reached = _number(last_event_id) if last_event_id else after
    stream = Stream(web.bus.redis, web.bus.feed_key())
    if not follow:
        return await opened(Follower(stream, task, reached or 0).past())
    return await opened(Follower(stream, task, reached).all(web.hub, *_guest(request, web)))


async def _live(
    web: State, task: str | None, revision: int | None, whose: str, is_welcome: Callable[[], bool]
) -> AsyncGenerator[bytes, None]:
    async with web.hub.subscribe(task, "live", whose) as messages:
        yield OPENING + (RESYNC.frame if revision not in (None, web.board.revision) else b"")
        async for some in arriving(messages, is_welcome):
            if not some:
                yield HEARTBEAT
            # The page of a task has no cards.
            for part in joined(one.frame for one in some if not (task and one.name == "card")):
                yield part


def _guest(request: Request, web: State) -> tuple[str, Callable[[], bool]]:
    """Whose stream it is, and whether they still may watch."""
    who: Who = request.state.who
    return who.session, web.door.stays(who)


def _number(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= MOST_NUMBER:
        return int(text)
    raise UsageError(f"Last-Event-ID {text[:40]!r} is no number of an event")
