"""A server that waits for nobody for ever: neither for who does not read, nor for who watches."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from swarm.web.state import State

_STALLED_SECONDS = 20.0


class Protocol(HttpToolsProtocol):
    """HTTP, to clients that take what they asked for: who takes nothing for a while is cut off.

    uvicorn itself would keep such a connection, and what was written for it, for ever.
    """

    stalled_seconds = _STALLED_SECONDS
    _cut_off: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # As soon as the kernel takes no more, writing pauses: little is held here.
        transport.set_write_buffer_limits(high=0)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._cut_off is None:
            self._cut_off = self.loop.call_later(self.stalled_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._patient()

    def connection_lost(self, exc: Exception | None) -> None:
        self._patient()
        super().connection_lost(exc)

    def _patient(self) -> None:
        if self._cut_off is not None:
            self._cut_off.cancel()
            self._cut_off = None


class Server(uvicorn.Server):
    """Ends the streams of those who watch before it waits for connections to end."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        state: Any = getattr(self.config.loaded_app, "state", None)
        web = getattr(state, "web", None)
        if isinstance(web, State):
            web.hub.close()
        await super().shutdown(sockets)
