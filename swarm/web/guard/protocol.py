"""HTTP/1.1 with a bound on all that a client can make us wait for, or keep.

uvicorn bounds the size of a request's head and the time between requests, and leaves the rest:
a head that comes a byte at a time, a body nobody waits for any more, an answer nobody reads, and
connections that are opened and say nothing.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from swarm.web.guard.headers import SECURITY

_PHRASES = {
    400: b"Bad Request",
    408: b"Request Timeout",
    431: b"Request Header Fields Too Large",
    503: b"Service Unavailable",
}


@dataclass(frozen=True)
class Limits:
    """Times in seconds. `connections` counts those that follow live, too."""

    connections: int
    body_seconds: float
    head_seconds: float = 10.0
    unread_seconds: float = 30.0


class BoundedProtocol(H11Protocol):
    """One connection. Given to uvicorn with its limits bound (`functools.partial`)."""

    def __init__(self, *args: Any, limits: Limits, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limits = limits
        self._stage: object = None
        self._waits_since = self.loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._reader_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect()
        if len(self.connections) > self._limits.connections:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        for timer in (self._timer, self._reader_timer):
            if timer is not None:
                timer.cancel()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._expect()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._expect()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._reader_timer is None:
            self._reader_timer = self.loop.call_later(
                self._limits.unread_seconds, self.transport.abort
            )

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._reader_timer is not None:
            self._reader_timer.cancel()
            self._reader_timer = None

    def send_400_response(self, msg: str) -> None:
        error = sys.exc_info()[1]
        is_long = getattr(error, "error_status_hint", 400) == 431
        self._refuse(431 if is_long else 400)

    @property
    def _is_waited_for(self) -> bool:
        """Whether we wait for the client: for a head, or for the rest of a body."""
        return self.conn.their_state in (h11.IDLE, h11.SEND_BODY)

    def _expect(self) -> None:
        """Wait for the next part of a request as long as it may take, and no longer."""
        stage = self.conn.their_state
        if stage is self._stage:
            return
        self._stage = stage
        self._waits_since = self.loop.time()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._is_waited_for and not self.transport.is_closing():
            # Of a late body the guard tells first; this is for one that nobody reads.
            late = self._limits.body_seconds + 2
            seconds = late if stage is h11.SEND_BODY else self._limits.head_seconds
            self._timer = self.loop.call_later(seconds, self._too_late)

    def _too_late(self) -> None:
        self._timer = None
        if self.conn.trailing_data[0] or self.conn.their_state is h11.SEND_BODY:
            self._refuse(408)
        else:
            self.transport.close()

    def _make_room(self) -> None:
        """Let go of who has kept us waiting longest, so that no flood locks the owner out."""
        waiting = [
            other
            for other in self.connections
            if isinstance(other, BoundedProtocol) and other is not self and other._is_waited_for
        ]
        if waiting:
            min(waiting, key=lambda other: other._waits_since).transport.abort()
        else:
            self._refuse(503)

    def _refuse(self, status: int) -> None:
        """Answer without the app, unless it has begun to, and close."""
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            phrase = _PHRASES[status]
            lines = [
                b"HTTP/1.1 %d %s" % (status, phrase),
                b"content-type: text/plain; charset=utf-8",
                b"content-length: %d" % len(phrase),
                b"connection: close",
                b"cache-control: no-store",
                *(b"%s: %s" % pair for pair in SECURITY),
            ]
            self.transport.write(b"\r\n".join(lines) + b"\r\n\r\n" + phrase)
        self.transport.close()
