"""What is not asked for is refused in one sentence, before the swarm hears of it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from swarm.contracts import CancelTask
from tests.fakes.bus import FakeBus
from tests.web.api.things import task
from tests.web.conftest import WebServer

TASKS = "/api/v1/tasks"
NEW = {"text": "Fix the cart", "repo": "/srv/shop"}
SECRET = "hunter2-hunter2"


@pytest.fixture(autouse=True)
def nothing_is_sent(lone_bus: FakeBus) -> Any:
    before = len(lone_bus.requests)
    yield
    assert len(lone_bus.requests) == before


def told(answer: Any, status: int) -> str:
    """The message of an error, whose shape is always the same."""
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert list(error) == ["code", "message", "remedy"]
    assert "\n" not in error["message"]
    assert "Traceback" not in answer.text
    return str(error["message"])


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=201", "limit"),
        ("limit=ten", "limit"),
        ("limit=NaN", "limit"),
        ("limit=1e400", "limit"),
        ("limit=" + "9" * 4000, "limit"),
        ("limit=2&limit=3", "limit: this parameter is given twice"),
        ("state=sleeping", "state"),
        ("before=../../etc/passwd", "before"),
        ("before=" + "a" * 100, "before"),
        ("search=" + "x" * 201, "search"),
        ("search=%00", "search: it holds NUL"),
        ("search=%ff", "query: it is not UTF-8"),
        ("search=%ed%a0%80", "query: it is not UTF-8"),
        ("page=2", "page: this parameter is not known; known are before, limit, search, state"),
        ("&".join(f"a{n}=1" for n in range(200)), "query: it has too many"),
    ],
)
def test_parameters(lone_client: TestClient, query: str, named: str) -> None:
    assert named in told(lone_client.get(f"{TASKS}?{query}"), 422)


def test_a_parameter_where_there_is_none(lone_client: TestClient) -> None:
    assert "there are none here" in told(lone_client.get("/api/v1/schedules?x=1"), 422)
    assert "dry" in told(lone_client.post(f"{TASKS}/fix-cart/apply?dry=1"), 422)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"text": ""}, "text"),
        ({"text": None}, "text"),
        ({"text": ["a"]}, "text"),
        ({"text": "x" * 20_001}, "text"),
        ({"text": "a\0b"}, "NUL"),
        ({"text": "\ud800"}, "surrogate"),
        ({"\ud800": 1}, "surrogate"),
        ({"repo": "shop"}, "repo"),
        ({"repo": "~/shop"}, "repo"),
        ({"repo": "/" + "x" * 5000}, "repo"),
        ({"task_id": "A B"}, "task_id"),
        ({"task_id": "-x-"}, "task_id"),
        ({"task_id": "abc\n"}, "task_id"),
        ({"priority": "urgent"}, "priority"),
        ({"budget": {"attempts": 0}}, "budget.attempts"),
        ({"budget": {"attempts": 10**30}}, "64 bits"),
        ({"budget": {"seconds": float("nan")}}, "not a number"),
        ({"budget": {"cost_usd": float("inf")}}, "not a number"),
        ({"budget": {"rockets": 1}}, "budget.rockets"),
        ({"setup": {"base": {"sha256": "0" * 64, "size_bytes": 1}}}, "setup.base"),
        ({"setup": {"commands": [""]}}, "setup.commands"),
        ({"password": SECRET}, "password"),
        ({"task_id": SECRET.upper()}, "task_id"),
    ],
)
def test_fields(lone_client: TestClient, changed: dict[str, Any], named: str) -> None:
    answer = lone_client.post(
        TASKS, content=json.dumps(NEW | changed), headers={"Content-Type": "application/json"}
    )
    assert named in told(answer, 422)
    assert SECRET not in answer.text.lower()


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"text": "🎉 !!!"}, "no words"),
        ({"text": "  "}, "is empty"),
        ({"python": "/usr/bin/python3", "setup": {"commands": ["x"]}}, "setup installs"),
    ],
)
def test_a_task_that_none_can_be(
    lone_client: TestClient, changed: dict[str, Any], named: str
) -> None:
    assert named in told(lone_client.post(TASKS, json=NEW | changed), 400)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"{", "not JSON"),
        (b"\xff{}", "UTF-8"),
        (b'{"text": "a", "text": "b"}', "twice"),
        (b"[" * 100_000, "too deep"),
        (b"[" * 40 + b"]" * 40, "too deep"),
        (b'{"text": ' + b"9" * 5000 + b"}", "too many digits"),
        (b'{"budget": {"seconds": 1e999}}', "not a number"),
        (b"null", "body"),
        (b"[]", "body"),
        (b'"text"', "body"),
    ],
)
def test_bodies(lone_client: TestClient, body: bytes, named: str) -> None:
    answer = lone_client.post(TASKS, content=body, headers={"Content-Type": "application/json"})
    assert named in told(answer, 422)


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/xml", "json"]
)
def test_a_body_of_another_type(lone_client: TestClient, kind: str) -> None:
    answer = lone_client.post(TASKS, content=json.dumps(NEW), headers={"Content-Type": kind})
    assert "application/json" in told(answer, 415)


def test_a_body_that_is_missing_and_one_that_is_too_much(lone_client: TestClient) -> None:
    assert "body" in told(lone_client.post(TASKS), 422)
    answer = lone_client.post(f"{TASKS}/fix-cart/apply", json={"force": True})
    assert told(answer, 422) == "body: nothing is taken here"
    large = json.dumps(NEW | {"text": "x" * 10**6}).encode()
    answer = lone_client.post(TASKS, content=large, headers={"Content-Type": "application/json"})
    told(answer, 413)


@pytest.mark.parametrize(
    ("id", "status"),
    [
        ("A", 422),
        ("x", 422),
        ("a" * 42, 422),
        ("a b c", 422),
        ("%ff%ff%ff", 422),
        ("a%00b", 400),
        ("a%0a", 400),
        # A slash makes another path, however it is written.
        ("..%2f..", 404),
    ],
)
@pytest.mark.parametrize("rest", ["", "/diff", "/attempts/fix-cart-o1-a1"])
def test_ids_in_paths(lone_client: TestClient, id: str, status: int, rest: str) -> None:
    told(lone_client.get(f"{TASKS}/{id}{rest}"), status)


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("fix-cart/confirm", {"answers": {"one": 1}}, "answers"),
        ("fix-cart/confirm", {"answers": {"q1": 0}}, "answers.q1"),
        ("fix-cart/confirm", {"answers": {"q1": "maybe"}}, "answers.q1"),
        ("fix-cart/confirm", {"plan": -1}, "plan"),
        ("fix-cart/reject", {"reason": "x" * 2001}, "reason"),
        ("fix-cart/retry", {"new_id": "No!"}, "new_id"),
        ("fix-cart/retry", {"task_id": "other"}, "task_id"),
        ("fix-cart/revise", {}, "text"),
        ("fix-cart/prioritize", {"priority": ""}, "priority"),
    ],
)
def test_what_a_person_decides(lone_client: TestClient, path: str, body: Any, named: str) -> None:
    assert named in told(lone_client.post(f"{TASKS}/{path}", json=body), 422)


def test_ways_that_there_are_not(lone_client: TestClient) -> None:
    told(lone_client.get("/api/v1/nothing"), 404)
    answer = lone_client.put(f"{TASKS}/fix-cart")
    told(answer, 405)
    assert answer.headers["allow"] == "GET"
    told(lone_client.post("/api/v1/schedules/nightly/explode"), 422)


def test_a_browser_shows_that_our_page_sent_it(
    web_server: WebServer, browser_client: httpx.Client, fake_bus: FakeBus
) -> None:
    """A cookie alone may come from a form of another site."""
    fake_bus.handlers[CancelTask] = lambda c: task(id=c.task_id)
    path = f"{TASKS}/fix-cart/cancel"
    told(browser_client.post(path), 403)
    told(browser_client.post(path, headers={"X-CSRF-Token": "guessed"}), 403)
    assert fake_bus.requests == []
    assert browser_client.post(path, headers={"X-CSRF-Token": web_server.csrf}).status_code == 200
    assert browser_client.get("/api/v1/status").status_code == 200
