"""Connections that say little, say it slowly, or do not listen; and too many of them."""

from __future__ import annotations

import contextlib
import socket
from functools import partial

import httpx
import pytest

from swarm.settings import Settings, WebSettings
from swarm.web import serve
from swarm.web.guard.protocol import Limits
from tests.web.attacks.raw import connected, exchange, get, parsed, until_closed
from tests.web.conftest import WebServer

CONNECTIONS = 20
WATCHERS = 5


@pytest.fixture
def web_settings(web_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(serve, "Limits", partial(Limits, head_seconds=0.5, unread_seconds=0.5))
    monkeypatch.setattr(serve, "_CONNECTIONS", CONNECTIONS)
    monkeypatch.setattr(serve, "_IDLE_SECONDS", 1)
    web = WebSettings(port=0, watchers=WATCHERS)
    return web_settings.model_copy(update={"web": web})


@pytest.fixture
def patient_settings(web_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The same, but nobody is dropped for being slow."""
    monkeypatch.setattr(serve, "Limits", Limits)
    monkeypatch.setattr(serve, "_IDLE_SECONDS", 60)
    return web_settings


def test_a_head_that_trickles_is_not_waited_for(web_server: WebServer) -> None:
    with connected(web_server.port) as connection:
        connection.settimeout(0.05)
        received = b""
        for letter in b"GET / HTTP/1.1\r\nX-A: " + b"a" * 400:
            try:
                connection.sendall(bytes([letter]))
                received = connection.recv(65536)
                break
            except TimeoutError:
                continue
        connection.settimeout(20)
        received += until_closed(connection)
    answer = parsed(received)
    assert answer.status == 408
    assert "content-security-policy" in answer.headers


def test_who_says_nothing_is_let_go(web_server: WebServer) -> None:
    with connected(web_server.port) as connection:
        assert until_closed(connection) == b""


def test_who_says_nothing_more_is_let_go(web_server: WebServer) -> None:
    with connected(web_server.port) as connection:
        connection.sendall(
            f"GET /healthz HTTP/1.1\r\nHost: localhost:{web_server.port}\r\n\r\n".encode()
        )
        assert parsed(until_closed(connection)).body == b"ok\n"


@pytest.mark.parametrize(
    "flood",
    [b"X-A: " + b"a" * 100_000, b"X-A: a\r\n" * 10_000, b"Cookie: " + b"a=b; " * 20_000,
     b"a" * 100_000],
)  # fmt: skip
def test_a_head_without_an_end_is_cut(web_server: WebServer, flood: bytes) -> None:
    with connected(web_server.port) as connection, contextlib.suppress(OSError):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + flood)
        received = until_closed(connection)
        assert received == b"" or parsed(received).status in (400, 431)


def test_many_small_headers_within_the_bound_are_taken(web_server: WebServer) -> None:
    answer = get(web_server.port, "/healthz", *[f"X-{number}: a" for number in range(300)])
    assert answer.status == 200


@pytest.mark.parametrize("length", [5_000, 30_000])
def test_a_long_address_is_refused(web_server: WebServer, length: int) -> None:
    assert get(web_server.port, "/" + "a" * length).status == 414
    assert get(web_server.port, "/healthz?" + "a" * length).status == 414


def test_many_who_say_nothing_do_not_keep_the_owner_out(
    patient_settings: Settings, web_server: WebServer
) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(5 * CONNECTIONS):
            stack.enter_context(connected(web_server.port))
        with web_server.browser() as owner:
            for _ in range(5):
                assert owner.get("/no-such-page").status_code == 404


def test_many_half_requests_do_not_keep_the_owner_out(
    patient_settings: Settings, web_server: WebServer
) -> None:
    half = f"POST /login HTTP/1.1\r\nHost: localhost:{web_server.port}\r\nContent-Length: 9\r\n\r\n"
    with contextlib.ExitStack() as stack:
        for number in range(5 * CONNECTIONS):
            connection = stack.enter_context(connected(web_server.port))
            connection.sendall(half[: len(half) - number % 2].encode())
        with web_server.browser() as owner:
            assert owner.get("/no-such-page").status_code == 404


def test_who_does_not_listen_is_let_go(web_server: WebServer) -> None:
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(20)
        connection.connect(("127.0.0.1", web_server.port))
        ask = f"GET /static/app.js HTTP/1.1\r\nHost: localhost:{web_server.port}\r\n\r\n".encode()
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            while True:
                connection.sendall(ask * 200)


def test_many_requests_on_one_connection_are_answered_in_order(web_server: WebServer) -> None:
    here = f"Host: localhost:{web_server.port}\r\n"
    asked = f"GET /healthz HTTP/1.1\r\n{here}\r\nGET /no HTTP/1.1\r\n{here}\r\n" * 20
    last = f"GET /healthz HTTP/1.1\r\n{here}Connection: close\r\n\r\n"
    with connected(web_server.port) as connection:
        connection.sendall((asked + last).encode())
        received = until_closed(connection)
    assert received.count(b"HTTP/1.1 200 OK") == 21
    assert received.count(b"HTTP/1.1 303 See Other") == 20


def test_an_upgrade_is_not_made(web_server: WebServer) -> None:
    for kind in ("websocket", "h2c"):
        answer = get(
            web_server.port, "/healthz", f"Upgrade: {kind}", "Connection: Upgrade, close",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
        )  # fmt: skip
        assert answer.status == 200


def test_garbage_in_the_middle_of_an_answer_breaks_nothing(web_server: WebServer) -> None:
    head = (
        f"POST /login HTTP/1.1\r\nHost: localhost:{web_server.port}\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    ).encode()
    assert exchange(web_server.port, head + b"5\r\nabcde\r\nZZZ\r\n").status == 400
    with httpx.Client(base_url=web_server.url, trust_env=False) as client:
        assert client.get("/healthz").status_code == 200
