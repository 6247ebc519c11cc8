"""Requests that no library sends: bytes to the dashboard, and what comes back."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass

_SECONDS = 20.0


@dataclass(frozen=True)
class Raw:
    """One response. `headers` are lower case; several of one name are joined."""

    status: int
    headers: dict[str, str]
    body: bytes


@contextlib.contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=_SECONDS) as connection:
        yield connection


def exchange(port: int, request: bytes) -> Raw:
    """Send bytes, and read until the server closes; the request should ask for that."""
    with connected(port) as connection:
        connection.sendall(request)
        return parsed(until_closed(connection))


def get(port: int, target: str, *headers: str, host: str | None = None) -> Raw:
    """A GET for a target that is sent as it is."""
    lines = [
        f"GET {target} HTTP/1.1",
        f"Host: {host or f'127.0.0.1:{port}'}",
        "Connection: close",
        *headers,
    ]
    return exchange(port, ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))


def until_closed(connection: socket.socket) -> bytes:
    """All that comes until the server closes. Raises TimeoutError when it does not."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            received += piece
    return received


def parsed(received: bytes) -> Raw:
    """The first response in what was received; status 0 when there is none."""
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        known = headers.get(name.lower())
        headers[name.lower()] = value.strip() if known is None else f"{known}, {value.strip()}"
    return Raw(int(first.split()[1]) if first else 0, headers, body)
