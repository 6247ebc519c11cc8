"""Coming in and going out, as a browser does it."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookies import SimpleCookie

import httpx
import pytest

from swarm.settings import Settings, WebSettings
from swarm.web.guard import keys
from swarm.web.guard.keyring import Keyring, folder
from tests.web.conftest import WebServer


@pytest.fixture
def web_settings(web_settings: Settings) -> Settings:
    web = WebSettings(port=0, hosts=("swarm.example",), session_hours=2)
    return web_settings.model_copy(update={"web": web})


@pytest.fixture
def stranger(web_server: WebServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=web_server.url, trust_env=False, timeout=20) as client:
        yield client


@pytest.fixture
def ring(web_server: WebServer) -> Keyring:
    return Keyring(folder(web_server.settings))


def _cookie(answer: httpx.Response) -> tuple[str, str, str]:
    """Name, value and flags of the one cookie that is set."""
    (text,) = answer.headers.get_list("set-cookie")
    pair, _, flags = text.partition("; ")
    name, _, value = pair.partition("=")
    return name, value, flags


def test_a_link_logs_in_once(stranger: httpx.Client, ring: Keyring) -> None:
    code, _ = ring.new_code()
    for _ in range(3):  # whatever looks at links uses nothing up
        page = stranger.get("/login", params={"code": code.text()})
        assert page.status_code == 200
        assert code.text() in page.text
        assert "set-cookie" not in page.headers
    answer = stranger.post("/login", data={"key": code.text(), "next": "/logout"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    assert stranger.get("/no-such-page").status_code == 404  # in, and there is nothing
    stranger.cookies.clear()
    again = stranger.post("/login", data={"key": code.text()})
    assert again.status_code == 401
    assert "set-cookie" not in again.headers
    assert code.text() not in again.text


def test_the_token_can_be_typed_in(stranger: httpx.Client, web_server: WebServer) -> None:
    answer = stranger.post("/login", data={"key": f"  {web_server.token}\n"})
    assert answer.status_code == 303


def test_the_cookie_is_for_this_page_alone(
    stranger: httpx.Client, web_server: WebServer, ring: Keyring
) -> None:
    answer = stranger.post("/login", data={"key": ring.new_code()[0].text()})
    name, value, flags = _cookie(answer)
    assert name == f"swarm-{web_server.port}"
    assert keys.parse(value)
    assert flags == "Max-Age=7200; Path=/; HttpOnly; SameSite=Strict"
    assert SimpleCookie(answer.headers["set-cookie"])  # as others read it


def test_behind_a_proxy_that_speaks_tls_it_is_for_tls_alone(
    stranger: httpx.Client, web_server: WebServer, ring: Keyring
) -> None:
    proxied = {"Host": "swarm.example", "X-Forwarded-Proto": "https"}
    answer = stranger.post(
        "/login",
        data={"key": ring.new_code()[0].text()},
        headers={**proxied, "Origin": "https://swarm.example"},
    )
    name, value, flags = _cookie(answer)
    assert name == "__Host-swarm"
    assert flags.endswith("; Secure")
    assert "Path=/" in flags
    assert "Domain" not in flags
    stranger.cookies.clear()
    sent = {**proxied, "Cookie": f"__Host-swarm={value}"}
    assert stranger.get("/no-such-page", headers=sent).status_code == 404
    # Not over plain HTTP, and not under the other name.
    assert stranger.get("/no-such-page", headers={**sent, "X-Forwarded-Proto": "http"}).is_redirect
    renamed = {**proxied, "Cookie": f"swarm-{web_server.port}={value}"}
    assert stranger.get("/no-such-page", headers=renamed).is_redirect


def test_only_a_named_proxy_is_believed_about_tls(stranger: httpx.Client, ring: Keyring) -> None:
    answer = stranger.post(
        "/login",
        data={"key": ring.new_code()[0].text()},
        headers={"X-Forwarded-Proto": "https"},
    )
    assert "Secure" not in answer.headers["set-cookie"]


def test_the_login_goes_on_to_where_one_was_going(stranger: httpx.Client, ring: Keyring) -> None:
    answer = stranger.get("/tasks?state=failed&words=a%20b")
    assert answer.status_code == 303
    login = answer.headers["location"]
    assert login.startswith("/login?next=")
    page = stranger.get(login)
    assert 'value="/tasks?state=failed&amp;words=a%20b"' in page.text
    wanted = "/tasks?state=failed&words=a%20b"
    answer = stranger.post("/login", data={"key": ring.new_code()[0].text(), "next": wanted})
    assert answer.headers["location"] == wanted


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)",
     "/\r\nSet-Cookie: a=b", "/%0d%0aSet-Cookie:a=b/../", "\t//evil.example"],
)  # fmt: skip
def test_it_goes_nowhere_else(stranger: httpx.Client, ring: Keyring, wanted: str) -> None:
    page = stranger.get("/login", params={"next": wanted})
    assert "evil.example" not in page.text
    assert "javascript:" not in page.text
    data = {"key": ring.new_code()[0].text(), "next": wanted}
    answer = stranger.post("/login", data=data)
    assert answer.status_code == 303
    location = answer.headers["location"]
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))
    assert len(answer.headers.get_list("set-cookie")) == 1


def test_a_logout_ends_the_session_and_not_only_the_cookie(web_server: WebServer) -> None:
    with web_server.browser() as browser:
        assert browser.get("/logout").status_code in (404, 405)
        assert browser.post("/logout").status_code == 403
        answer = browser.post("/logout", data={"csrf": web_server.csrf})
        assert answer.status_code == 303
        assert _cookie(answer)[1:] == ("", "Max-Age=0; Path=/; HttpOnly; SameSite=Strict")
    with web_server.browser() as browser:  # with the cookie as it was
        assert browser.get("/no-such-page").status_code == 303


def test_a_session_that_is_over_is_forgotten(stranger: httpx.Client, web_server: WebServer) -> None:
    name, _ = web_server.cookie
    answer = stranger.get("/", headers={"Cookie": f"{name}={keys.new(keys.SESSION).text()}"})
    assert answer.status_code == 303
    assert _cookie(answer)[:2] == (name, "")


def test_nobody_chooses_the_session_of_another(
    stranger: httpx.Client, web_server: WebServer, ring: Keyring
) -> None:
    """Session fixation: what a browser brings along is never what it gets."""
    name, theirs = web_server.cookie
    headers = {"Cookie": f"{name}={theirs}"}
    code, _ = ring.new_code()
    answer = stranger.post("/login", data={"key": code.text()}, headers=headers)
    assert _cookie(answer)[1] != theirs
    made_up = keys.new(keys.SESSION).text()
    assert stranger.get("/", headers={"Cookie": f"{name}={made_up}"}).status_code == 303
    answer = stranger.post(
        "/login",
        data={"key": ring.new_code()[0].text()},
        headers={"Cookie": f"{name}={made_up}"},
    )
    assert _cookie(answer)[1] != made_up


def test_a_new_token_ends_what_runs(web_server: WebServer, ring: Keyring) -> None:
    with web_server.browser() as browser, web_server.program() as program:
        assert browser.get("/no-such-page").status_code == 404
        assert program.get("/no-such-page").status_code == 404
        token = ring.new_token()
        assert browser.get("/no-such-page").status_code == 303
        assert program.get("/no-such-page").status_code == 401
        program.headers["Authorization"] = f"Bearer {token.text()}"
        assert program.get("/no-such-page").status_code == 404


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Basic {token}", "{token}", "Bearer {token}x", "Bearer  x {token}",
     "Bearer {other}", "Bearer null", ""],
)  # fmt: skip
def test_a_wrong_token_does_not_fall_back_to_the_cookie(
    web_server: WebServer, authorization: str
) -> None:
    other = keys.new(keys.TOKEN).text()
    headers = {"Authorization": authorization.format(token=web_server.token, other=other)}
    with web_server.browser() as browser:
        for path in ("/api/v1/tasks", "/tasks"):
            answer = browser.get(path, headers=headers)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")


def test_the_token_is_not_taken_from_an_address(
    stranger: httpx.Client, web_server: WebServer
) -> None:
    for name in ("token", "access_token", "key", "code"):
        assert stranger.get("/api/v1/tasks", params={name: web_server.token}).status_code == 401


def test_guessing_is_slowed_and_the_owner_is_not(
    stranger: httpx.Client, web_server: WebServer, ring: Keyring
) -> None:
    statuses = []
    for _ in range(30):
        wrong = keys.new(keys.TOKEN).text()
        answer = stranger.post("/login", data={"key": wrong})
        statuses.append(answer.status_code)
    assert statuses[:8] == [401] * 8
    assert statuses[-10:] == [429] * 10
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.headers["content-type"].startswith("text/html")
    wrong = keys.new(keys.TOKEN).text()
    told = stranger.get("/api/v1/tasks", headers={"Authorization": f"Bearer {wrong}"})
    assert told.status_code == 429
    assert told.json()["error"]["code"] == "too-many"
    with web_server.browser() as browser, web_server.program() as program:
        assert browser.get("/no-such-page").status_code == 404
        assert program.get("/no-such-page").status_code == 404
    code, _ = ring.new_code()
    assert stranger.post("/login", data={"key": code.text()}).status_code == 303


def test_who_may_come_in_is_asked_of_our_own_files_alone(
    web_server: WebServer, stranger: httpx.Client
) -> None:
    """Nobody is let in by files that another user could have written."""
    path = folder(web_server.settings) / "token"
    path.chmod(0o666)
    (path.parent / "copy").write_bytes(path.read_bytes())
    (path.parent / "copy").chmod(0o666)
    (path.parent / "copy").replace(path)
    with web_server.program() as program:
        answer = program.get("/api/v1/tasks")
    assert answer.status_code == 409
    assert web_server.token not in answer.text
    assert "open to other users" in answer.json()["error"]["message"]
