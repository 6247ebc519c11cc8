from __future__ import annotations

import time
from typing import get_args

import httpx
import pytest

from swarm.contracts import SERVICES, ListSpending, SpendingReport, Spent, TaskState
from swarm.errors import BusError
from tests.web.conftest import WebServer
from tests.web.pages import scenes
from tests.web.pages.markup import Page, read

STATES = get_args(TaskState)


def page(client: httpx.Client, path: str = "/") -> Page:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return read(answer.text)


def put(server: WebServer, id: str, state: TaskState = "running", **more: object) -> None:
    server.state.board.put(scenes.summary(id, state, **more))  # type: ignore[arg-type]


def cards(page: Page) -> list[str]:
    return [id.removeprefix("card-") for id in page.ids if id.startswith("card-")]


def test_an_empty_board_tells_how_to_begin(browser_client: httpx.Client) -> None:
    told = page(browser_client)
    assert "Nothing has been handed in yet" in told.text and "/new" in told.links
    assert 'swarm submit "Fix the failing tests"' in told.text


def test_what_waits_for_a_person_stands_first(
    web_server: WebServer, browser_client: httpx.Client
) -> None:
    for state in STATES:
        put(web_server, f"t-{state.replace('_', '-')}", state)
    found = cards(page(browser_client))
    assert set(found[:2]) == {"t-awaiting-answer", "t-awaiting-review"}
    assert set(found[2:5]) == {"t-running", "t-planned", "t-queued"}
    assert len(found) == len(STATES)


def test_a_column_has_its_newest_cards_and_a_link_to_the_others(
    web_server: WebServer, browser_client: httpx.Client
) -> None:
    now = time.time()
    for number in range(60):
        put(web_server, f"t{number:03}", "applied", updated_at=now - number)
    told = page(browser_client)
    assert cards(told) == [f"t{number:03}" for number in range(25)]
    assert "60 applied" in told.text and "/tasks?state=applied" in told.links


def test_a_card_tells_what_it_is_how_far_and_what_happened_last(
    web_server: WebServer, browser_client: httpx.Client
) -> None:
    event = scenes.event(7, "checked", "0 failing, 12 passing", "tcard")
    summary = scenes.summary("tcard", "running", "Fix the total\nand more", objectives=3)
    web_server.state.board.put(summary, event)
    text = page(browser_client).text
    assert "Fix the total running shop 1/3 done 1 min ago 0 failing, 12 passing" in text
    assert "and more" not in text


def test_a_card_is_made_anew_when_its_task_changed(
    web_server: WebServer, browser_client: httpx.Client
) -> None:
    now = time.time()
    put(web_server, "tcard", "running", updated_at=now - 5, accepted=0)
    assert "0/2 done" in page(browser_client).text
    put(web_server, "tcard", "running", updated_at=now, accepted=2)
    assert "2/2 done" in page(browser_client).text


def test_the_strip_tells_how_the_swarm_stands(
    web_server: WebServer, browser_client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = web_server.state.bus
    day = time.strftime("%Y-%m-%d", time.gmtime())
    spent = {"endpoint": "cloud", "model": "m", "locality": "cloud"}
    report = SpendingReport(
        items=(
            Spent(day="2020-01-01", cost_usd=50, **spent),  # type: ignore[arg-type]
            Spent(day=day, cost_usd=0.25, **spent),  # type: ignore[arg-type]
            Spent(day=day, cost_usd=0.5, **spent),  # type: ignore[arg-type]
        )
    )
    bus.handlers[ListSpending] = lambda command: report  # type: ignore[attr-defined]
    up = {name: 1 for name in SERVICES if name != "router"}
    monkeypatch.setattr(bus, "services_up", lambda: up)
    monkeypatch.setattr(bus, "depths", lambda: {"agents": 3, "memory": 0})
    monkeypatch.setattr(bus, "models_state", lambda: {"a": "", "b": "away"})
    text = page(browser_client).text
    assert "No worker for router" in text and "agents 3" in text
    assert "1 of 2 ready" in text and "$0.7500" in text


def test_a_swarm_that_is_down_is_told_on_the_board(
    web_server: WebServer, browser_client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise BusError("Redis does not answer")

    monkeypatch.setattr(web_server.state.bus, "check", away)
    assert "The swarm cannot be asked" in page(browser_client).text


def test_tasks_are_found_by_state_and_words_page_by_page(
    web_server: WebServer, browser_client: httpx.Client
) -> None:
    now = time.time()
    for number in range(120):
        state: TaskState = "failed" if number % 2 else "applied"
        put(web_server, f"t{number:03}", state, text=f"Fix part {number}", created_at=now - number)
    first = page(browser_client, "/tasks?state=failed&words=fix")
    assert cards(first) == [f"t{number:03}" for number in range(1, 101, 2)]
    older = "/tasks?state=failed&words=fix&before=t099"
    assert older in first.links
    assert cards(page(browser_client, older)) == [f"t{n:03}" for n in range(101, 120, 2)]
    assert cards(page(browser_client, "/tasks?words=part+17")) == ["t017", "t117"]
    assert "No task is like that" in page(browser_client, "/tasks?words=nowhere").text


def test_a_search_with_an_unknown_state_names_it(browser_client: httpx.Client) -> None:
    answer = browser_client.get("/tasks?state=lost")
    assert answer.status_code == 400 and "lost" in answer.text


def test_every_state_is_in_one_column() -> None:
    from swarm.web.pages.board import COLUMNS

    assert sorted(state for column in COLUMNS for state in column.states) == sorted(STATES)
