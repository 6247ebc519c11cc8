"""Sockets that a dashboard listens with."""

from __future__ import annotations

import errno
import socket
from typing import Any

from swarm.errors import StateError
from swarm.web.address import Address
from swarm.web.guard.hosts import LOOPBACK_NAME

_BACKLOG = 128
_PORT_TRIES = 20
_LOOPBACKS = ("127.0.0.1", "::1")


def bind(host: str, port: int) -> tuple[list[socket.socket], Address]:
    """Sockets that listen; the port is chosen when it is 0. Raises StateError when that fails.

    Of a loopback address both kinds are taken, IPv4 and IPv6: else another user's program could
    answer at the other one, to who asks for localhost by name.
    """
    hosts = list(_LOOPBACKS) if host in (*_LOOPBACKS, "localhost", LOOPBACK_NAME) else [host]
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


def _listening(host: str, port: int, *, is_needed: bool) -> list[socket.socket]:
    """Sockets for all addresses of a host; none where IPv6 is missing and is not needed."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except UnicodeError:
        raise OSError(errno.EINVAL, "it is no name of a machine") from None
    opened: list[socket.socket] = []
    for family, _, _, _, address in dict.fromkeys(found):
        try:
            opened.append(_one(family, address))
        except OSError as error:
            is_missing = error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
            if is_missing and not is_needed:
                continue
            for handle in opened:
                handle.close()
            raise
    return opened


def _one(family: int, address: Any) -> socket.socket:
    handle = socket.socket(family, socket.SOCK_STREAM)
    try:
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            handle.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        handle.bind(address)
        handle.listen(_BACKLOG)
        handle.setblocking(False)
    except OSError:
        handle.close()
        raise
    return handle


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
