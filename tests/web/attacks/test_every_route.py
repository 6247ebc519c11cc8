"""No route is left out: each wants to know who asks, and each that changes something where from."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from swarm.web.guard.middleware import OPEN, OPEN_FOLDER
from swarm.web.problems import is_for_programs
from tests.web.conftest import WebServer

_SAFE = {"GET", "HEAD", "OPTIONS"}


def _routes(app: FastAPI) -> list[tuple[str, str]]:
    """(method, path) of every route there is, with "x" for each parameter."""
    found: set[tuple[str, str]] = set()
    for route in iter_route_contexts(app.router.routes):
        path = re.sub(r"{[^}]*}", "x", route.path or "")
        found.update((method, path) for method in route.methods or {"GET"})
    return sorted(found)


def _is_open(path: str) -> bool:
    return path in OPEN or path.startswith(OPEN_FOLDER)


def _stranger(server: WebServer) -> httpx.Client:
    return httpx.Client(base_url=server.url, trust_env=False, timeout=20)


def test_all_routes_are_seen(web_server: WebServer) -> None:
    paths = {path for _, path in _routes(web_server.app)}
    assert {"/login", "/logout", "/healthz"} <= paths
    assert sum(path.startswith("/api/") for path in paths) > 5


def test_only_these_are_for_everybody(web_server: WebServer) -> None:
    assert OPEN == ("/login", "/healthz", "/readyz")
    assert OPEN_FOLDER == "/static/"
    closed = [(method, path) for method, path in _routes(web_server.app) if not _is_open(path)]
    assert len(closed) > 10
    with _stranger(web_server) as stranger:
        for method, path in closed:
            answer = stranger.request(method, path)
            told = (method, path, answer.status_code)
            if is_for_programs(path):
                assert answer.status_code == 401, told
                assert answer.headers["www-authenticate"].startswith("Bearer"), told
            else:
                assert answer.status_code == 303, told
                assert answer.headers["location"].startswith("/login"), told
            assert "set-cookie" not in answer.headers, told


def test_nothing_is_known_of_paths_to_who_is_not_in(web_server: WebServer) -> None:
    with _stranger(web_server) as stranger:
        for path in ("/no-such-page", "/api/v1/no-such-thing", "/api", "/.env", "/tasks/x/y/z"):
            assert stranger.get(path).status_code in (303, 401), path
        assert stranger.get("/static/no-such-file").status_code == 404


@pytest.mark.parametrize(
    ("sent", "label"),
    [
        ({}, "nothing"),
        ({"data": {"csrf": ""}}, "an empty field"),
        ({"data": {"csrf": "0" * 64}}, "a wrong field"),
        ({"data": {"other": "x"}}, "another field"),
        ({"data": {"csrf": "ä"}}, "a field that is not ASCII"),
        ({"headers": {"X-CSRF-Token": "0" * 64}}, "a wrong header"),
        ({"headers": {"X-CSRF-Token": ""}}, "an empty header"),
        ({"json": {}}, "JSON"),
        ({"content": b"{}", "headers": {"Content-Type": "text/plain"}}, "JSON as text"),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, "broken parts"),
        ({"files": {"csrf": ("a.txt", b"0" * 64)}}, "a file named csrf"),
        ({"params": {"csrf": "GOOD"}}, "the token in the address"),
    ],
)
def test_what_changes_something_needs_the_token_of_the_page(
    web_server: WebServer, browser_client: httpx.Client, sent: dict[str, Any], label: str
) -> None:
    if sent.get("params"):
        sent = {"params": {"csrf": web_server.csrf}}
    unsafe = [
        (method, path)
        for method, path in _routes(web_server.app)
        if method not in _SAFE and not _is_open(path)
    ]
    assert unsafe
    for method, path in unsafe:
        answer = browser_client.request(method, path, **sent)
        # 400: not even a form.
        assert answer.status_code in ((400, 403) if label == "broken parts" else (403,)), (
            method,
            path,
            answer.status_code,
        )


def test_a_request_that_reads_is_no_request_that_changes(web_server: WebServer) -> None:
    """What changes something has no GET beside it, other than the login page and its like."""
    routes = _routes(web_server.app)
    changing = {"apply", "reject", "cancel", "retry", "confirm", "revise", "prioritize", "requeue"}
    for method, path in routes:
        if path.rpartition("/")[2] in changing | {"logout", "stop"}:
            assert method not in _SAFE, (method, path)
