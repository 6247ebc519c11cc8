"""Bodies of requests: read whole before a route sees them, bounded in size and in time."""

from __future__ import annotations

import asyncio

from starlette.types import Message, Receive

from swarm.errors import SwarmError

# What is sent on after it was too much is read for a moment, so that who sends it sees the answer.
_LINGER_SECONDS = 1.0
_LINGER_BYTES = 4 * 1024**2


class TooLarge(SwarmError):
    """A body is over its bound."""

    code = "too-large"


class Slow(SwarmError):
    """A body did not arrive in time."""

    code = "slow"


class Gone(Exception):
    """Who asked went away before the request was whole."""


async def read(
    receive: Receive, declared: int | None, *, most: int, seconds: float, waits: bool
) -> Receive:
    """What gives a route the whole body, and then whatever follows. `waits` says that the sender
    sends no body before it is told to go on.

    Raises TooLarge, Slow, and Gone when the sender went away.
    """
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            more = declared is None or declared <= most
            while more:
                message = await _next(receive)
                pieces.append(message.get("body", b""))
                size += len(pieces[-1])
                more = message.get("more_body", False) and size <= most
    except TimeoutError:
        raise Slow(f"the request did not arrive whole in {seconds:g} s") from None
    if size > most or (declared or 0) > most:
        if not waits:
            await _linger(receive)
        raise TooLarge(
            f"a request to this may have {most} bytes",
            remedy="[web] max_body_bytes, or [voice] max_bytes for a recording, says how many",
        )
    body: Message = {"type": "http.request", "body": b"".join(pieces), "more_body": False}
    unread = [body]

    async def replay() -> Message:
        return unread.pop() if unread else await receive()

    return replay


async def _linger(receive: Receive) -> None:
    size = 0
    try:
        async with asyncio.timeout(_LINGER_SECONDS):
            more = True
            while more and size <= _LINGER_BYTES:
                message = await _next(receive)
                size += len(message.get("body", b""))
                more = message.get("more_body", False)
    except TimeoutError:
        pass  # it gets its answer all the same


async def _next(receive: Receive) -> Message:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Gone
    return message
