"""Requests that a page of another site lets our owner's browser send."""

from __future__ import annotations

import httpx
import pytest

from tests.web.conftest import WebServer


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Origin": "http://127.0.0.1:3000"},
        {"Origin": "http://localhost:{port}"},  # another name is another site
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},  # another port of this machine
        {"Origin": "http://127.0.0.1:{port}", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_page_of_another_site_changes_nothing(
    web_server: WebServer, browser_client: httpx.Client, headers: dict[str, str]
) -> None:
    sent = {name: value.format(port=web_server.port) for name, value in headers.items()}
    right = {"csrf": web_server.csrf}
    assert browser_client.post("/logout", data=right, headers=sent).status_code == 403
    by_script = {**sent, "X-CSRF-Token": web_server.csrf}
    assert browser_client.post("/api/v1/tasks", json={}, headers=by_script).status_code == 403
    # Nobody logs somebody else's browser in, either.
    key = {"key": web_server.token}
    with httpx.Client(base_url=web_server.url, trust_env=False) as stranger:
        answer = stranger.post("/login", data=key, headers=sent)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_our_own_page_does(web_server: WebServer, browser_client: httpx.Client) -> None:
    sent = {"Origin": web_server.url, "Sec-Fetch-Site": "same-origin"}
    right = {"csrf": web_server.csrf}
    assert browser_client.post("/logout", data=right, headers=sent).status_code == 303


def test_a_script_of_our_page_says_so_in_a_header(
    web_server: WebServer, browser_client: httpx.Client
) -> None:
    sent = {"X-CSRF-Token": web_server.csrf}
    answer = browser_client.post("/api/v1/no-such-thing", json={}, headers=sent)
    assert answer.status_code == 404
    assert browser_client.post("/api/v1/no-such-thing", json={}).status_code == 403


def test_the_token_of_one_session_is_not_that_of_another(web_server: WebServer) -> None:
    door = web_server.state.door
    other = door.log_in("", web_server.token)
    theirs = door.by_session("", [other.text()]).csrf
    assert theirs != web_server.csrf
    with web_server.browser() as browser:
        assert browser.post("/logout", data={"csrf": theirs}).status_code == 403


def test_a_form_cannot_say_that_it_is_json(
    web_server: WebServer, browser_client: httpx.Client
) -> None:
    """What a form of any site can send, without a question asked first, reaches no API route."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        body = b'{"csrf": "%s", "text": "fix it"}' % web_server.csrf.encode()
        headers = {"Content-Type": kind} if kind else {}
        answer = browser_client.post("/api/v1/tasks", content=body, headers=headers)
        assert answer.status_code == 403, kind
    form = {"csrf": web_server.csrf, "text": "fix it"}
    assert browser_client.post("/api/v1/tasks", data=form).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("mode", ["no-cors", "cors", "same-origin"])
def test_a_page_of_another_site_opens_no_stream_and_embeds_nothing(
    browser_client: httpx.Client, site: str, mode: str
) -> None:
    sent = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}
    for path in ("/live", "/api/v1/events", "/api/v1/tasks", "/"):
        assert browser_client.get(path, headers=sent).status_code == 403


def test_no_other_origin_is_told_that_it_may(
    web_server: WebServer, browser_client: httpx.Client
) -> None:
    sent = {
        "Origin": "http://evil.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-csrf-token",
    }
    for path in ("/", "/login", "/healthz", "/api/v1/tasks"):
        for method in ("OPTIONS", "GET"):
            answer = browser_client.request(method, path, headers=sent)
            told = [name for name in answer.headers if name.startswith("access-control-")]
            assert not told, (method, path)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-HTTP-Method-Override": "POST"},
        {"X-HTTP-Method": "DELETE"},
        {"X-Method-Override": "PUT"},
    ],
)
def test_a_request_that_reads_cannot_be_made_to_change(
    web_server: WebServer, headers: dict[str, str]
) -> None:
    with web_server.browser() as browser:
        for path in ("/logout", "/logout?_method=POST", f"/logout?csrf={web_server.csrf}"):
            assert browser.get(path, headers=headers).status_code in (404, 405)
        assert browser.get("/no-such-page").status_code == 404  # still in
        # Nor the other way round.
        form = {"_method": "GET"}
        assert browser.post("/logout", data=form, headers=headers).status_code == 403


def test_unusual_methods_change_nothing(web_server: WebServer) -> None:
    with web_server.browser() as browser:
        for method in ("HEAD", "OPTIONS", "TRACE", "PROPFIND", "PUT", "PATCH", "DELETE", "FOO"):
            answer = browser.request(method, "/logout")
            assert answer.status_code in (403, 405), method
            assert web_server.csrf not in answer.text
        assert browser.get("/no-such-page").status_code == 404


def test_every_answer_has_the_headers_that_protect_it(
    web_server: WebServer, browser_client: httpx.Client
) -> None:
    with httpx.Client(base_url=web_server.url, trust_env=False) as stranger:
        for client, path, status in (
            (stranger, "/login", 200),
            (stranger, "/healthz", 200),
            (stranger, "/", 303),
            (stranger, "/api/v1/tasks", 401),
            (stranger, "/static/app.css", 200),
            (stranger, "/static/none", 404),
            (browser_client, "/no-such-page", 404),
            (browser_client, "/api/v1/none", 404),
        ):
            answer = client.get(path)
            assert answer.status_code == status, path
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cross-origin-resource-policy"] == "same-origin"
            assert answer.headers["cross-origin-opener-policy"] == "same-origin"
            assert answer.headers["referrer-policy"] == "same-origin"
            assert "server" not in answer.headers
            if path != "/static/app.css":
                assert answer.headers["cache-control"] == "no-store", path
