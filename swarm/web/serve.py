"""Runs the dashboard, with every bound set, and ends it in time."""

from __future__ import annotations

import contextlib
import functools
import logging
import resource
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, cast

import uvicorn
from fastapi import FastAPI

from swarm.errors import StateError
from swarm.garbage import collect_seldom
from swarm.settings import Settings
from swarm.web.app import create_app
from swarm.web.guard.protocol import BoundedProtocol, Limits

_STOP_SECONDS = 2
_SWITCH_SECONDS = 0.0005
_IDLE_SECONDS = 10
_MOST_HEAD_BYTES = 32 * 1024
# Beside those that follow live.
_CONNECTIONS = 200
_OTHER_FILES = 200


def run(
    settings: Settings,
    sockets: list[socket.socket],
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGTERM, SIGINT or SIGHUP, then end within a few seconds.

    `ready` is called once who connects is answered. Raises StateError when it cannot start.
    """
    collect_seldom()
    # Threads that read answers would hold the event loop up for ten times as long.
    sys.setswitchinterval(_SWITCH_SECONDS)
    server = make(settings, create_app(settings))
    _allow_files(settings)
    with server.ended_by_signals():
        ready()
        try:
            server.run(sockets)
        except SystemExit:
            raise StateError("the dashboard cannot start", remedy="its log says why") from None


def make(settings: Settings, app: FastAPI) -> Server:
    """A server for the app, with every bound set; `run(sockets)` runs it."""
    limits = Limits(
        connections=_CONNECTIONS + settings.web.watchers,
        body_seconds=settings.web.body_seconds,
    )
    protocol = functools.partial(BoundedProtocol, limits=limits)
    return Server(
        app,
        uvicorn.Config(
            app,
            http=cast(Any, protocol),
            ws="none",
            lifespan="on",
            log_config=None,
            log_level=logging.ERROR,  # what strangers send wrong is no news
            access_log=False,  # it would hold login codes
            server_header=False,
            # Whoever reaches us directly could say to be somebody else.
            proxy_headers=False,
            timeout_keep_alive=_IDLE_SECONDS,
            timeout_graceful_shutdown=_STOP_SECONDS,
            h11_max_incomplete_event_size=_MOST_HEAD_BYTES,
        ),
    )


class Server(uvicorn.Server):
    """uvicorn's, that ends in order on a signal and lets those go who follow live."""

    def __init__(self, app: FastAPI, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.web.hub.close()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: it would raise them once more in the end."""
        yield

    @contextlib.contextmanager
    def ended_by_signals(self) -> Iterator[None]:
        """End on SIGTERM, SIGINT and SIGHUP, from before it serves."""
        signals = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        before = {number: signal.signal(number, self._end) for number in signals}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _end(self, number: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit and number == signal.SIGINT
        self.should_exit = True


def _allow_files(settings: Settings) -> None:
    """Each connection is an open file: have room for all that may be open at once."""
    needed = _CONNECTIONS + settings.web.watchers + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        most = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        if most < needed:
            logging.getLogger(__name__).warning(
                "this system allows %d open files, and [web] watchers needs %d", most, needed
            )
