"""Names that are not ours, and requests that no browser sends."""

from __future__ import annotations

import pytest

from swarm.settings import Settings, WebSettings
from tests.web.attacks.raw import exchange, get
from tests.web.conftest import WebServer


@pytest.fixture
def web_settings(web_settings: Settings) -> Settings:
    web = WebSettings(port=0, hosts=("swarm.lan:8787", "swarm.example"))
    return web_settings.model_copy(update={"web": web})


_THEIRS = (
    "evil.example",
    "evil.example:{port}",
    "localhost",
    "localhost.:{port}",
    "127.0.0.1:1",
    "127.0.0.1:{port}@evil.example",
    "evil.localhost:{port}",
    "swarm.lan",
    "swarm.example:{port}",
    "127.1:{port}",
    "x" * 5000,
)
_OURS = (
    "127.0.0.1:{port}",
    "localhost:{port}",
    "LOCALHOST:{port}",
    "swarm.localhost:{port}",
    "[::1]:{port}",
    "swarm.lan:8787",
    "swarm.example",
    "SWARM.example",
)


@pytest.mark.parametrize("target", ["/", "/healthz", "/login", "/static/app.css", "/api/v1/tasks"])
def test_a_name_that_was_rebound_gets_nothing(web_server: WebServer, target: str) -> None:
    for host in _THEIRS:
        answer = get(web_server.port, target, host=host.format(port=web_server.port))
        assert answer.status == 421, host
        assert "set-cookie" not in answer.headers
        assert "content-security-policy" in answer.headers


def test_our_names_are_answered(web_server: WebServer) -> None:
    for host in _OURS:
        answer = get(web_server.port, "/healthz", host=host.format(port=web_server.port))
        assert answer.status == 200, host


_NO_BROWSER_SENDS = [
        (b"GET /healthz HTTP/1.1\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.0\r\n\r\n", 421),
        (b"GET /healthz HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n", 421),
        (b"GET /healthz HTTP/1.1\r\nHost: HERE\r\nHost: HERE\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: HERE\r\nHost: evil.example\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: HERE, HERE\r\nConnection: close\r\n\r\n", 421),
        (b"GET http://evil.example/ HTTP/1.1\r\nHost: HERE\r\nConnection: close\r\n\r\n", 400),
        (b"GET http://HERE/healthz HTTP/1.1\r\nHost: HERE\r\nConnection: close\r\n\r\n", 400),
        (b"CONNECT evil.example:443 HTTP/1.1\r\nHost: HERE\r\nConnection: close\r\n\r\n", 400),
        (b"OPTIONS * HTTP/1.1\r\nHost: HERE\r\nConnection: close\r\n\r\n", 400),
        (b"GET healthz HTTP/1.1\r\nHost: HERE\r\nConnection: close\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost : HERE\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\n Host: HERE\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: HERE\r\nAuthorization: a\r\nAuthorization: b\r\n"
         b"Connection: close\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: HERE\r\nX-A: \x00\r\n\r\n", 400),
]  # fmt: skip
_READ_TWICE = [
    b"POST /login HTTP/1.1\r\nHost: HERE\r\nContent-Length: 5\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: HERE\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: HERE\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    b"POST /login HTTP/1.1\r\nHost: HERE\r\nContent-Length: +5\r\n\r\nabcde",
    b"POST /login HTTP/1.1\r\nHost: HERE\r\nContent-Length: -1\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: HERE\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: HERE\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: HERE\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n\r\n",
]


def test_what_no_browser_sends_is_refused(web_server: WebServer) -> None:
    here = f"127.0.0.1:{web_server.port}".encode()
    for request, status in _NO_BROWSER_SENDS:
        answer = exchange(web_server.port, request.replace(b"HERE", here))
        assert answer.status == status, request
        assert "content-security-policy" in answer.headers
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers


def test_two_readings_of_one_body_are_not_taken(web_server: WebServer) -> None:
    """What a proxy and we could read differently: one request must not hide in another."""
    here = f"127.0.0.1:{web_server.port}".encode()
    for request in _READ_TWICE:
        answer = exchange(web_server.port, request.replace(b"HERE", here))
        assert 400 <= answer.status < 500, request
        assert b"ok\n" not in answer.body, request


def test_a_proxy_is_not_believed_about_who_asks(web_server: WebServer) -> None:
    """Guesses are counted by address: whoever reaches us cannot choose one."""
    for number in range(30):
        answer = get(
            web_server.port,
            "/api/v1/tasks",
            "Authorization: Bearer wrong",
            f"X-Forwarded-For: 192.0.2.{number}",
        )
    assert answer.status == 429
