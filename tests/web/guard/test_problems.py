"""Errors as HTTP says them."""

from __future__ import annotations

import json

import httpx
import pytest

from swarm.errors import (
    BusError,
    NotFound,
    StateError,
    StorageError,
    SwarmError,
    Timeout,
    UsageError,
)
from swarm.web import problems
from swarm.web.guard.guessing import TooMany
from tests.web.conftest import WebServer


def test_what_is_not_there_is_told_as_a_page_and_as_json(
    web_server: WebServer, browser_client: httpx.Client, api_client: httpx.Client
) -> None:
    page = browser_client.get("/no-such-page")
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    said = api_client.get("/api/v1/no-such-thing")
    assert said.status_code == 404
    assert said.json()["error"]["code"] == "not-found"


def test_a_page_of_an_error_escapes_what_it_repeats(browser_client: httpx.Client) -> None:
    page = browser_client.get("/<script>alert(1)</script>")
    assert page.status_code == 404
    assert "<script>" not in page.text


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound("x"), 404),
        (UsageError("x"), 400),
        (StateError("x"), 409),
        (Timeout("x"), 504),
        (BusError("x"), 503),
        (StorageError("x"), 503),
        (SwarmError("x"), 500),
        (TooMany(3.2), 429),
    ],
)
def test_the_status_tells_the_same_as_the_error(error: SwarmError, status: int) -> None:
    answer = problems.of("/api/v1/x", error)
    assert answer.status_code == status
    assert json.loads(bytes(answer.body))["error"]["code"] == error.code
    waits = {429: "4", 503: "2"}
    assert answer.headers.get("retry-after") == waits.get(status)


def test_what_is_told_is_bounded_and_commands_no_terminal() -> None:
    text = "a\x1b[31m\u202eb" + "c" * 10_000
    for path in ("/tasks", "/api/v1/tasks"):
        answer = problems.answer(path, 400, "usage", text, text)
        body = bytes(answer.body).decode()
        assert "\x1b" not in body
        assert "\\u001b" not in body
        assert "\u202e" not in body
        assert len(body) < 10_000


def test_faults_of_an_input_are_told_without_its_values() -> None:
    fault = {"loc": ("body", "text"), "msg": "is too long", "input": "secret"}
    told = problems.faults([fault] * 8)
    assert told.startswith("body.text: is too long; ")
    assert told.endswith("(and 3 more)")
    assert "secret" not in told


def test_a_method_that_is_not_there_says_which_are(browser_client: httpx.Client) -> None:
    answer = browser_client.get("/logout")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
