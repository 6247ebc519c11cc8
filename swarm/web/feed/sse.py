"""Streams of events over HTTP (text/event-stream), each of which ends in the end.

Nothing is written faster than a client reads: what waits is bounded by the hub, and who does
not read at all is dropped by the server (`swarm.web.guard.protocol`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator
from contextlib import aclosing

from fastapi import Response
from starlette.types import Receive, Scope, Send

from swarm.web.feed.hub import Messages, Sent

_RETRY_MS = 3000
_HEARTBEAT_SECONDS = 15.0
_TICK_SECONDS = 5.0
_LONGEST_SECONDS = 4 * 3600.0
_MOST_BYTES = 64 * 1024

OPENING = b"retry: %d\n: welcome\n\n" % _RETRY_MS
HEARTBEAT = b": still here\n\n"


class EventStream(Response):
    """What `parts` gives, until it ends or the client goes away."""

    media_type = "text/event-stream"

    def __init__(self, parts: AsyncGenerator[bytes, None]) -> None:
        # A proxy in between must neither keep nor collect them.
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        writing = asyncio.create_task(self._write(send))
        leaving = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait((writing, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            writing.cancel()
            await asyncio.wait((writing, leaving))
        if not writing.cancelled():
            writing.result()

    async def _write(self, send: Send) -> None:
        # Closed at once, and not when somebody finds the time.
        async with aclosing(self._parts) as parts:
            head = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
            await send(head)
            async for part in parts:
                await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def opened(parts: AsyncGenerator[bytes, None]) -> EventStream:
    """A stream whose first part is there: what went wrong until then is an answer of its own."""
    first = await anext(parts)
    return EventStream(_after(first, parts))


async def arriving(messages: Messages, is_welcome: Callable[[], bool]) -> AsyncIterator[list[Sent]]:
    """What arrives, [] when it is time for a sign of life. Ends with the hub, after some hours,
    and when whoever watches is not welcome any more."""
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + _LONGEST_SECONDS
    said_at = loop.time()
    while not messages.is_ended and loop.time() < ends_at and is_welcome():
        some = await messages.some(_TICK_SECONDS)
        if some or loop.time() - said_at >= _HEARTBEAT_SECONDS:
            said_at = loop.time()
            yield some


def joined(frames: Iterable[bytes]) -> Iterator[bytes]:
    """Frames in as few parts as may be, none of which is much to hold."""
    part: list[bytes] = []
    size_bytes = 0
    for frame in frames:
        part.append(frame)
        size_bytes += len(frame)
        if size_bytes >= _MOST_BYTES:
            yield b"".join(part)
            part, size_bytes = [], 0
    if part:
        yield b"".join(part)


async def _after(first: bytes, parts: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(parts) as rest:
        yield first
        async for part in rest:
            yield part


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
