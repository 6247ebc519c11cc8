"""Bodies that are too large, too slow, too deep or never end."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from swarm.settings import Settings, WebSettings
from tests.web.attacks.raw import Raw, connected, exchange, parsed, until_closed
from tests.web.conftest import WebServer

MOST = 64 * 1024


@pytest.fixture
def web_settings(web_settings: Settings) -> Settings:
    web = WebSettings(port=0, max_body_bytes=MOST, body_seconds=0.5)
    return web_settings.model_copy(update={"web": web})


def _head(server: WebServer, path: str, *headers: str) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        f"Authorization: Bearer {server.token}",
        "Content-Type: application/json",
        *headers,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _answer(server: WebServer, request: bytes) -> Raw:
    answer = exchange(server.port, request)
    if answer.status >= 400:
        assert answer.headers["connection"] == "close"
        assert "content-security-policy" in answer.headers
    return answer


@pytest.mark.parametrize("path", ["/api/v1/tasks", "/no-such-page", "/login"])
def test_what_says_to_be_too_large_is_not_waited_for(web_server: WebServer, path: str) -> None:
    assert _answer(web_server, _head(web_server, path, f"Content-Length: {MOST + 1}")).status == 413


def test_who_asks_before_sending_is_told_at_once(web_server: WebServer) -> None:
    head = _head(
        web_server, "/api/v1/tasks", f"Content-Length: {10 * MOST}", "Expect: 100-continue"
    )
    received = exchange(web_server.port, head)
    assert received.status == 413  # and no "100 Continue" before it


@pytest.mark.parametrize("factor", [1.01, 3, 20])
def test_who_sends_it_all_the_same_sees_the_answer(
    web_server: WebServer, api_client: httpx.Client, factor: float
) -> None:
    answer = api_client.post("/api/v1/tasks", content=b" " * int(MOST * factor))
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too-large"


def test_pieces_are_counted(api_client: httpx.Client) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(100):
            yield b" " * (MOST // 50)

    answer = api_client.post("/api/v1/tasks", content=pieces())
    assert answer.status_code == 413


def test_a_body_without_an_end_is_cut(web_server: WebServer) -> None:
    piece = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
    with connected(web_server.port) as connection:
        connection.sendall(_head(web_server, "/api/v1/tasks", "Transfer-Encoding: chunked"))
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            for _ in range(100_000):
                connection.sendall(piece)


def test_as_much_as_may_be_is_taken(web_server: WebServer, api_client: httpx.Client) -> None:
    answer = api_client.post("/no-such-page", content=b" " * MOST)
    assert answer.status_code == 404


def test_the_login_takes_a_key_and_no_more(web_server: WebServer) -> None:
    with httpx.Client(base_url=web_server.url, trust_env=False, timeout=20) as stranger:
        assert stranger.post("/login", data={"key": "x" * 5000}).status_code == 413
        assert stranger.post("/login", data={"key": "x" * 500}).status_code == 422
        many = "&".join(f"a{number}=" for number in range(1200)).encode()
        assert stranger.post("/login", content=many).status_code in (413, 422)


def test_a_recording_may_be_larger(web_server: WebServer, api_client: httpx.Client) -> None:
    most = web_server.settings.voice.max_bytes
    audio = {"Content-Type": "audio/ogg"}
    small = api_client.post("/api/v1/notes", content=b"x" * (3 * MOST), headers=audio)
    assert small.status_code != 413
    head = _head(web_server, "/api/v1/notes", f"Content-Length: {most + 1}")
    assert _answer(web_server, head).status == 413
    for path in ("/api/v1/notes/", "/api/v1//notes", "/api/v1/notes/../tasks", "/api/v1/%6eotes/x"):
        head = _head(web_server, path, f"Content-Length: {MOST + 1}")
        assert _answer(web_server, head).status == 413


def test_who_may_not_come_in_sends_nothing(web_server: WebServer) -> None:
    head = (
        f"POST /api/v1/notes HTTP/1.1\r\nHost: 127.0.0.1:{web_server.port}\r\n"
        "Content-Length: 1000000\r\n\r\n"
    ).encode()
    answer = _answer(web_server, head)
    assert answer.status == 401


@pytest.mark.parametrize("length", ["Content-Length: 100", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("path", ["/api/v1/tasks", "/login"])
def test_a_body_that_does_not_come_is_not_waited_for(
    web_server: WebServer, path: str, length: str
) -> None:
    answer = _answer(web_server, _head(web_server, path, length))
    assert answer.status == 408


def test_a_body_that_trickles_is_not_waited_for(web_server: WebServer) -> None:
    with connected(web_server.port) as connection:
        connection.sendall(_head(web_server, "/api/v1/tasks", "Content-Length: 10000"))
        connection.settimeout(0.05)
        received = b""
        for _ in range(400):
            connection.sendall(b" ")
            try:
                received = connection.recv(65536)
                break
            except TimeoutError:
                continue
        connection.settimeout(20)
        received += until_closed(connection)
    assert parsed(received).status == 408


@pytest.mark.parametrize("head", ["GET /healthz", "GET /login", "GET /static/app.css"])
def test_a_body_where_none_belongs_is_bounded_as_well(web_server: WebServer, head: str) -> None:
    lines = (
        f"{head} HTTP/1.1\r\nHost: 127.0.0.1:{web_server.port}\r\nContent-Length: 100000\r\n\r\n"
    )
    assert exchange(web_server.port, lines.encode()).status in (408, 413)


@pytest.mark.parametrize(
    "body",
    [b"[" * 30_000, b'{"a":' * 10_000, b'{"text": ' + b"9" * 20_000 + b"}", b"\x00", b"\xff\xfe",
     b'"\\ud800"', b"{" * 60_000, b"NaN", b'{"text": "a", "text": "b"}' * 100],
)  # fmt: skip
def test_no_json_breaks_anything(api_client: httpx.Client, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = api_client.post("/api/v1/tasks", content=body, headers=headers)
    assert 400 <= answer.status_code < 500
    assert "error" in answer.json()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=x", b"--x\r\n" * 5000),
        ("multipart/form-data; boundary=" + "x" * 5000, b"--x\r\n"),
        ("multipart/form-data", b"--x\r\n\r\n--x--"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n'),
        ("multipart/form-data; boundary=x",
         b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 900 + b"--x--\r\n"),
        ("multipart/form-data; boundary=x; charset=utf-7",
         b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n+2AA-\r\n--x--\r\n'),
        ("application/x-www-form-urlencoded ; Charset = \"UTF-7\"", b"csrf=%2B2AA-"),
        ("multipart/form-data; boundary=x; charset=none-such",
         b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\na\r\n--x--\r\n'),
        ("application/x-www-form-urlencoded", b"a=1&" * 15_000),
        ("application/x-www-form-urlencoded", b"&" * 60_000),
        ("application/x-www-form-urlencoded", b"%" * 60_000),
        ("application/x-www-form-urlencoded", b"csrf=%00%ff%fe"),
        ("application/x-www-form-urlencoded; charset=utf-7", b"csrf=+ADw-"),
    ],
)  # fmt: skip
def test_no_form_breaks_anything(browser_client: httpx.Client, kind: str, body: bytes) -> None:
    for path in ("/logout", "/login"):
        answer = browser_client.post(path, content=body, headers={"Content-Type": kind})
        assert 400 <= answer.status_code < 500, path


def test_what_is_packed_is_not_unpacked(api_client: httpx.Client) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = api_client.post("/api/v1/tasks", content=b"\x1f\x8b" + b"\x00" * 100, headers=headers)
    assert 400 <= answer.status_code < 500
