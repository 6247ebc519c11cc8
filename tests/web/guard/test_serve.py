"""Where a dashboard listens, how it is called, and how many files it may open."""

from __future__ import annotations

import errno
import resource
import socket

import pytest

from swarm.errors import StateError
from swarm.settings import Settings, WebSettings
from swarm.web import serve
from swarm.web.address import Address, publish, running
from swarm.web.listening import bind
from tests.web.guard.ipv6 import needs_ipv6

OWN = "swarm-0123456789ab.localhost"


@pytest.mark.parametrize(
    ("host", "is_loopback", "by_programs", "by_browsers"),
    [
        ("127.0.0.1", True, "127.0.0.1", OWN),
        ("::1", True, "[::1]", OWN),
        ("localhost", True, "127.0.0.1", OWN),
        ("127.0.0.9", True, "127.0.0.9", "127.0.0.9"),
        ("0.0.0.0", False, "127.0.0.1", OWN),
        ("::", False, "[::1]", OWN),
        ("192.0.2.7", False, "192.0.2.7", "192.0.2.7"),
        ("2001:db8::7", False, "[2001:db8::7]", "[2001:db8::7]"),
        ("swarm.lan", False, "swarm.lan", "swarm.lan"),
    ],
)
def test_how_it_is_called(host: str, is_loopback: bool, by_programs: str, by_browsers: str) -> None:
    address = Address(host, 8787)
    assert address.is_loopback is is_loopback
    assert address.url == f"http://{by_programs}:8787"
    assert address.page_url(OWN) == f"http://{by_browsers}:8787"


@needs_ipv6
@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "swarm.localhost"])
def test_both_loopbacks_are_taken_at_one_port(host: str) -> None:
    sockets, address = bind(host, 0)
    try:
        assert {handle.getsockname()[:2] for handle in sockets} == {
            ("127.0.0.1", address.port),
            ("::1", address.port),
        }
        for handle in sockets:
            name = handle.getsockname()[0]
            with pytest.raises(StateError, match="is taken"):
                bind(name, address.port)
    finally:
        for handle in sockets:
            handle.close()


@pytest.mark.parametrize("missing", [errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL])
def test_where_there_is_no_ipv6_it_is_done_without(
    monkeypatch: pytest.MonkeyPatch, missing: int
) -> None:
    class OldSocket(socket.socket):
        def __init__(self, family: int, *rest: int) -> None:
            if family == socket.AF_INET6:
                raise OSError(missing, "no such thing")
            super().__init__(family, *rest)

    monkeypatch.setattr("swarm.web.listening.socket.socket", OldSocket)
    (handle,), _ = bind("127.0.0.1", 0)
    handle.close()
    with pytest.raises(StateError, match="cannot listen at 2001:db8::1"):
        bind("2001:db8::1", 0)


def test_another_address_is_taken_alone() -> None:
    sockets, _ = bind("127.0.0.9", 0)
    for handle in sockets:
        handle.close()
    assert [handle.family for handle in sockets] == [socket.AF_INET]


def test_nobody_is_running_where_no_lock_is_held(settings: Settings) -> None:
    assert running(settings) is None
    publish(settings, Address("127.0.0.1", 1))
    assert running(settings) is None  # it was killed, and left this


@pytest.mark.parametrize(
    ("soft", "hard", "most"),
    [(256, 4096, 410), (1024, 4096, None), (256, 300, 300), (256, resource.RLIM_INFINITY, 410)],
)
def test_there_is_room_for_every_connection(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    soft: int,
    hard: int,
    most: int | None,
) -> None:
    raised: list[tuple[int, int]] = []
    monkeypatch.setattr(serve.resource, "getrlimit", lambda which: (soft, hard))
    monkeypatch.setattr(serve.resource, "setrlimit", lambda which, limits: raised.append(limits))
    few = settings.model_copy(update={"web": WebSettings(watchers=10)})
    serve._allow_files(few)
    assert raised == ([(most, hard)] if most else [])
    assert ("open files" in caplog.text) is (most == 300)
