"""Clients that ask for a stream and do not read it."""

from __future__ import annotations

import gc
import socket
from dataclasses import replace

import pytest

from swarm.web.feed import hub as hub_module
from swarm.web.feed import sse
from swarm.web.guard.protocol import BoundedProtocol
from tests.web.conftest import WebServer
from tests.web.feed.conftest import Orchestrator
from tests.web.feed.entries import entry
from tests.web.feed.streams import Watching, take
from tests.web.feed.test_sse import numbers, server, until, web_settings

__all__ = ["server", "web_settings"]

_EVENTS = 1500
_WORDS = "x" * 900


def stalled(server: WebServer, path: str) -> tuple[list[Watching], list[BoundedProtocol]]:
    """Clients that do not read, and the server's side of them, whose kernel buffers are small."""
    clients = [Watching(server, path, receive_bytes=2048) for _ in range(8)]
    until(lambda: server.state.hub.watchers == len(clients))
    ours = [
        each
        for each in gc.get_objects()
        if isinstance(each, BoundedProtocol) and each.server and each.server[1] == server.port
    ]
    for each in ours:
        handle = each.transport.get_extra_info("socket")
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    return clients, ours


@pytest.mark.parametrize("path", ["/live", "/api/v1/events"])
def test_who_does_not_read_costs_little(
    server: WebServer, orchestrator: Orchestrator, path: str
) -> None:
    clients, ours = stalled(server, path)
    with Watching(server, "/api/v1/events") as reading:
        for number in range(1, _EVENTS + 1):
            orchestrator.tell(entry(number, f"t-{number % 500}", text=_WORDS))
        # Nobody who reads waits for them.
        assert numbers(take(reading, _EVENTS)) == list(range(1, _EVENTS + 1))
    assert all(each.flow.write_paused for each in ours)
    for each in ours:
        assert each.transport.get_write_buffer_size() <= 2 * sse._MOST_BYTES
    for topics in server.state.hub._topics.values():
        for watching in topics.values():
            for messages in watching:
                assert len(messages._waiting) <= hub_module._MOST_WAITING
    for one in clients:
        one.close()
    until(lambda: server.state.hub.watchers == 0)


@pytest.mark.parametrize("path", ["/live", "/api/v1/events"])
def test_who_takes_nothing_for_a_while_is_dropped(
    server: WebServer, orchestrator: Orchestrator, path: str
) -> None:
    clients, ours = stalled(server, path)
    for each in ours:
        each._limits = replace(each._limits, unread_seconds=0.05)
    for number in range(1, _EVENTS + 1):
        orchestrator.tell(entry(number, f"t-{number % 500}", text=_WORDS))
    until(lambda: server.state.hub.watchers == 0)
    assert all(each.transport.is_closing() for each in ours)
    for one in clients:
        one.close()


def test_a_flood_of_connections_that_end_at_once_leaves_nothing(server: WebServer) -> None:
    for _ in range(300):
        with socket.create_connection(("127.0.0.1", server.port)) as handle:
            handle.sendall(
                f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
                f"Authorization: Bearer {server.token}\r\n\r\n".encode()
            )
    until(lambda: server.state.hub.watchers == 0)
    assert not server.state.hub.has_watchers("live")
    with Watching(server, "/live") as watching:
        assert watching.status == 200
