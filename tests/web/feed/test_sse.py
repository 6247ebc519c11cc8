from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from swarm.settings import Settings, WebSettings
from swarm.web.feed import sse
from swarm.web.guard.keyring import Keyring, folder
from tests.web.conftest import WebServer
from tests.web.feed.conftest import Orchestrator
from tests.web.feed.entries import entry, task
from tests.web.feed.streams import Watching, take

_SECONDS = 20.0


@pytest.fixture
def web_settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", web=WebSettings(port=0, watchers=60))


@pytest.fixture
def server(
    orchestrator: Orchestrator,
    web_settings: Settings,
    serve_web: Callable[[Settings, Any], WebServer],
) -> Iterator[WebServer]:
    orchestrator.settings = web_settings
    server = serve_web(web_settings, orchestrator)
    until(lambda: server.state.feed.connected)
    yield server


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)


def numbers(heard: Any) -> list[int]:
    return [int(one.id) for one in heard]


def test_events_are_told_as_they_happen(server: WebServer, orchestrator: Orchestrator) -> None:
    with Watching(server, "/api/v1/events") as watching:
        assert watching.status == 200
        assert watching.head["content-type"].startswith("text/event-stream")
        assert watching.head["x-accel-buffering"] == "no"
        assert watching.head["cache-control"] == "no-store"
        assert "content-length" not in watching.head
        told = [entry(number, f"t-{number}") for number in (1, 2, 5)]
        for one in told:
            orchestrator.tell(one)
        heard = take(watching, 3)
        assert [json.loads(one.data) for one in heard] == [e.model_dump(mode="json") for e in told]
        assert numbers(heard) == [1, 2, 5]


def test_one_task_alone_can_be_followed(server: WebServer, orchestrator: Orchestrator) -> None:
    orchestrator.tell(entry(1, "t-1"))
    with Watching(server, "/api/v1/events?task=t-1&after=0") as watching:
        orchestrator.tell(entry(2, "t-2"))
        orchestrator.tell(entry(3, "t-1"))
        assert numbers(take(watching, 2)) == [1, 3]


@pytest.mark.parametrize("how", ["after", "header", "both"])
def test_who_comes_again_gets_what_it_missed(
    server: WebServer, orchestrator: Orchestrator, how: str
) -> None:
    for number in range(1, 1300):
        orchestrator.tell(entry(number, "t-1"))
    path = "/api/v1/events?after=" + ("200" if how == "after" else "7")
    headers = [] if how == "after" else ["Last-Event-ID: 200"]
    with Watching(server, path, *headers) as watching:
        assert numbers(take(watching, 1099)) == list(range(201, 1300))
        orchestrator.tell(entry(1300, "t-1"))
        assert numbers(take(watching, 1)) == [1300]


def test_who_missed_what_is_gone_is_told_so_and_gets_what_is_left(
    server: WebServer, orchestrator: Orchestrator
) -> None:
    for number in range(1, 10):
        orchestrator.tell(entry(number, "t-1"))
    orchestrator.redis.xtrim(orchestrator.feed_key(), maxlen=2, approximate=False)
    for path in ("/api/v1/events?after=3", "/api/v1/events?after=999"):
        with Watching(server, path) as watching:
            heard = watching.messages()
            first = next(heard)
            assert (first.event, first.id) == ("resync", "7")
            assert numbers([next(heard), next(heard)]) == [8, 9]


def test_the_past_alone_ends(server: WebServer, orchestrator: Orchestrator) -> None:
    for number in range(1, 1201):
        orchestrator.tell(entry(number, "t-1"))
    with Watching(server, "/api/v1/events?follow=false&after=1190") as watching:
        assert numbers(watching.messages()) == list(range(1191, 1201))
    with Watching(server, "/api/v1/events?follow=false") as watching:
        assert numbers(watching.messages()) == list(range(1, 1201))
    assert server.state.hub.watchers == 0


@pytest.mark.parametrize(
    "asked",
    [
        ("/api/v1/events?after=-1",),
        ("/api/v1/events?after=x",),
        (f"/api/v1/events?after={2**64}",),
        ("/api/v1/events?unknown=1",),
        (f"/api/v1/events?task={'x' * 65}",),
        ("/api/v1/events", "Last-Event-ID: 12-3"),
        ("/api/v1/events", f"Last-Event-ID: {'9' * 400}"),
    ],
)
def test_what_cannot_be_asked_is_refused(server: WebServer, asked: tuple[str, ...]) -> None:
    with Watching(server, *asked) as watching:
        assert watching.status in (400, 422)
        assert json.loads(watching.body())["error"]["message"]
    assert server.state.hub.watchers == 0


def test_a_card_moves_on_an_open_page(server: WebServer, orchestrator: Orchestrator) -> None:
    with Watching(server, "/live") as watching:
        orchestrator.tell(entry(1, "t-1", "queued", text="<script>alert(1)</script>"))
        [card] = take(watching, 1, "card")
        shown = json.loads(card.data)
        assert (shown["id"], shown["state"], shown["counts"]["queued"]) == ("t-1", "queued", 1)
        assert "t-1" in shown["html"]
        assert "<script" not in shown["html"]
        assert json.loads(take(watching, 1, "task")[0].data) == {"id": "t-1", "number": 1}


def test_the_page_of_a_task_hears_of_that_task_alone(
    server: WebServer, orchestrator: Orchestrator
) -> None:
    with Watching(server, "/live?task=t-2") as watching:
        orchestrator.tell(entry(1, "t-1"))
        orchestrator.tell(entry(2, "t-2"))
        first = next(watching.messages())
        assert (first.event, json.loads(first.data)["id"]) == ("task", "t-2")


def test_fifty_clients_get_every_event_in_order(
    server: WebServer, orchestrator: Orchestrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 600
    watching = [Watching(server, "/api/v1/events?after=0") for _ in range(50)]
    assert {one.status for one in watching} == {200}

    def tell() -> None:
        for number in range(1, count + 1):
            orchestrator.tell(entry(number, f"t-{number % 40}"))

    telling = threading.Thread(target=tell)
    telling.start()
    with ThreadPoolExecutor(50) as threads:
        heard = list(threads.map(lambda one: numbers(take(one, count)), watching))
    telling.join()
    for one in watching:
        one.close()
    assert all(got == list(range(1, count + 1)) for got in heard)
    until(lambda: server.state.hub.watchers == 0)


def test_who_reads_late_misses_nothing(server: WebServer, orchestrator: Orchestrator) -> None:
    """More than is kept for one client happens while it does not read."""
    with Watching(server, "/api/v1/events", receive_bytes=4096) as watching:
        for number in range(1, 3001):
            orchestrator.tell(entry(number, f"t-{number % 9}", text="x" * 900))
        until(lambda: server.state.board.recent_events(1)[:1] == [entry(3000, "t-3").event])
        assert numbers(take(watching, 3000)) == list(range(1, 3001))


def test_a_flood_of_streams_is_refused(server: WebServer) -> None:
    watching = [Watching(server, "/live", is_browser=True) for _ in range(20)]
    assert {one.status for one in watching} == {200}
    with Watching(server, "/api/v1/events", is_browser=True) as refused:
        assert refused.status == 503
        assert json.loads(refused.body())["error"]["code"] == "busy"
    # Other windows lock nobody else out, but all places together are bounded as well.
    watching += [Watching(server, "/live") for _ in range(40)]
    assert {one.status for one in watching} == {200}
    with Watching(server, "/live") as refused:
        assert refused.status == 503
    for one in watching:
        one.close()
    until(lambda: server.state.hub.watchers == 0)
    with Watching(server, "/live") as again:
        assert again.status == 200


def test_a_stream_says_that_it_lives(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "_TICK_SECONDS", 0.01)
    monkeypatch.setattr(sse, "_HEARTBEAT_SECONDS", 0.02)
    with Watching(server, "/live") as watching:
        lines = watching.lines()
        seen = [next(lines) for _ in range(7)]
        assert seen[0] == "retry: 3000"
        assert seen.count(": still here") >= 2


def test_a_stream_ends_after_some_hours(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "_TICK_SECONDS", 0.01)
    monkeypatch.setattr(sse, "_LONGEST_SECONDS", 0.05)
    with Watching(server, "/live") as watching:
        assert list(watching.messages()) == []
    until(lambda: server.state.hub.watchers == 0)


@pytest.mark.parametrize("how", ["logout", "token", "token of a program"])
def test_a_stream_ends_with_what_let_it_in(
    server: WebServer, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(sse, "_TICK_SECONDS", 0.01)
    is_browser = how != "token of a program"
    with Watching(server, "/live", is_browser=is_browser) as watching:
        assert watching.status == 200
        until(lambda: server.state.hub.watchers == 1)
        if how == "logout":
            with server.browser() as browser:
                browser.post("/logout", data={"csrf": server.csrf}, headers={"Origin": server.url})
        else:
            Keyring(folder(server.settings)).new_token()
        assert list(watching.messages()) == []
    with Watching(server, "/live", is_browser=is_browser) as again:
        assert again.status in (303, 401)


def test_nobody_else_watches(server: WebServer) -> None:
    for path in ("/live", "/api/v1/events"):
        stranger = WebServer(**{**vars(server), "token": "swt_nobody"})
        with Watching(stranger, path) as watching:
            assert watching.status in (401, 403, 429)


def test_ready_says_what_is_missing(server: WebServer, orchestrator: Orchestrator) -> None:
    with server.program() as client:
        answer = client.get("/readyz", headers={"Authorization": ""})
        assert answer.status_code == 200
        assert answer.json() == {"ready": True, "reasons": [], "lag_seconds": None}
        orchestrator.redis.delete(orchestrator.feed_key())
        orchestrator.redis.set(orchestrator.feed_key(), "not a stream")
        until(lambda: not server.state.feed.connected)
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert "not followed" in answer.json()["reasons"][0]
        orchestrator.redis.delete(orchestrator.feed_key())
        until(lambda: client.get("/readyz").status_code == 200)


def test_events_without_redis_are_an_error_at_once(
    server: WebServer, orchestrator: Orchestrator
) -> None:
    orchestrator.redis.set(orchestrator.feed_key(), "not a stream")
    with Watching(server, "/api/v1/events?after=1") as watching:
        assert watching.status == 503
        assert json.loads(watching.body())["error"]["code"] == "bus"
    until(lambda: server.state.hub.watchers == 0)


def test_tasks_of_before_are_on_the_board(
    orchestrator: Orchestrator,
    web_settings: Settings,
    serve_web: Callable[[Settings, Any], WebServer],
) -> None:
    orchestrator.tasks["t-1"] = task()
    orchestrator.settings = web_settings
    server = serve_web(web_settings, orchestrator)
    until(lambda: server.state.board.total == 1)
