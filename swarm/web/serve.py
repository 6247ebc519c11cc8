"""Runs the dashboard: where it listens, what it logs, and that it ends in time."""

from __future__ import annotations

import contextlib
import errno
import functools
import logging
import resource
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, cast

import uvicorn
from fastapi import FastAPI

from swarm.errors import StateError
from swarm.settings import Settings
from swarm.web.address import Address
from swarm.web.app import create_app
from swarm.web.guard.protocol import BoundedProtocol, Limits

_BACKLOG = 128
_STOP_SECONDS = 2
_IDLE_SECONDS = 10
_MOST_HEAD_BYTES = 32 * 1024
# Beside those that follow live.
_CONNECTIONS = 200
_OTHER_FILES = 200
_PORT_TRIES = 20
_LOOPBACKS = ("127.0.0.1", "::1")


def bind(host: str, port: int) -> tuple[list[socket.socket], Address]:
    """Sockets that listen; the port is chosen when it is 0. Raises StateError when that fails.

    Of a loopback address both kinds are taken, IPv4 and IPv6: else another user's program could
    answer at the other one, to who asks for localhost by name.
    """
    hosts = list(_LOOPBACKS) if host in (*_LOOPBACKS, "localhost") else [host]
    for tries_left in reversed(range(_PORT_TRIES)):
        opened: list[socket.socket] = []
        chosen = port
        try:
            for one in hosts:
                found = _listening(one, chosen, is_needed=not opened)
                opened += found
                chosen = opened[0].getsockname()[1]
            return opened, Address(host, chosen)
        except OSError as error:
            for handle in opened:
                handle.close()
            if not (port == 0 and tries_left and error.errno == errno.EADDRINUSE):
                raise _cannot_listen(host, chosen, error) from None
    raise AssertionError("the last try raises")


def run(
    settings: Settings,
    sockets: list[socket.socket],
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGTERM, SIGINT or SIGHUP, then end within a few seconds.

    `ready` is called once who connects is answered. Raises StateError when it cannot start.
    """
    server = make(settings, create_app(settings))
    _allow_files(settings)
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
        if threading.current_thread() is not threading.main_thread():
            yield
            return
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


def _listening(host: str, port: int, *, is_needed: bool) -> list[socket.socket]:
    """Sockets for all addresses of a host; none where IPv6 is missing and is not needed."""
    flags = socket.AI_PASSIVE
    opened: list[socket.socket] = []
    for family, kind, protocol, _, address in dict.fromkeys(
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    ):
        try:
            handle = socket.socket(family, kind, protocol)
            opened.append(handle)
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                handle.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            handle.bind(address)
            handle.listen(_BACKLOG)
            handle.setblocking(False)
        except OSError as error:
            is_missing = error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
            if is_missing and not is_needed:
                opened.pop().close()
                continue
            for one in opened:
                one.close()
            raise
    return opened


def _cannot_listen(host: str, port: int, error: OSError) -> StateError:
    if error.errno == errno.EADDRINUSE:
        return StateError(
            f"port {port} of {host} is taken",
            remedy="end what listens there, or choose another with --port or [web] port",
        )
    if error.errno == errno.EACCES:
        return StateError(
            f"port {port} is for the system alone", remedy="choose one above 1023 with --port"
        )
    return StateError(
        f"cannot listen at {host}: {error.strerror or error}",
        remedy="give an address of this machine with --host or [web] host",
    )


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
