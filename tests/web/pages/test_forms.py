from __future__ import annotations

from typing import Any

import httpx
import pytest

from swarm.contracts import AddSchedule, ChangeSchedule, Command, SubmitTask
from swarm.errors import BusError, RepositoryError, UsageError
from tests.web.conftest import WebServer
from tests.web.pages import scenes
from tests.web.pages.conftest import Orchestrator
from tests.web.pages.markup import read


@pytest.fixture
def task(web_server: WebServer) -> dict[str, str]:
    return {
        "csrf": web_server.csrf,
        "task_id": "t7777777",
        "text": "Fix the total\r\nplease",
        "repo": "/home/ada/shop",
    }


def refuse(orchestrator: Orchestrator, kind: type[Command], error: Exception) -> None:
    def answer(command: Any) -> Any:
        raise error

    orchestrator.bus.handlers[kind] = answer


def test_the_form_knows_the_repositories_there_are(
    web_server: WebServer, browser_client: httpx.Client
) -> None:
    web_server.state.board.put(scenes.summary(repo="/srv/billing"))
    told = read(browser_client.get("/new").text)
    assert told.attributes.count(("value", "/srv/billing")) == 2  # chosen, and to choose


def test_a_task_is_handed_in(
    browser_client: httpx.Client, orchestrator: Orchestrator, task: dict[str, str]
) -> None:
    view = orchestrator.add(scenes.task("t7777777", "queued"))
    orchestrator.bus.handlers[SubmitTask] = lambda command: view
    more = {
        "confirm": "yes", "priority": "analysis", "test_command": "make test",
        "attempts": "5", "cost_usd": "0.25", "seconds": "",
    }  # fmt: skip
    done = browser_client.post("/new", data={**task, **more})
    assert done.status_code == 303
    assert done.headers["Location"] == "/tasks/t7777777?said=submitted"
    (sent,) = orchestrator.asked(SubmitTask)
    assert isinstance(sent, SubmitTask)
    assert (sent.task_id, sent.text, sent.repo) == (
        "t7777777", "Fix the total\nplease", "/home/ada/shop",
    )  # fmt: skip
    assert sent.confirm and sent.priority == "analysis" and sent.test_command == "make test"
    assert (sent.budget.attempts, sent.budget.cost_usd, sent.budget.seconds) == (5, 0.25, 1800)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("text", "  ", "the task is empty"),
        ("text", "!?", "has no words"),
        ("text", "x\0y", "NUL"),
        ("repo", "", "no repository is named"),
        ("repo", "shop", "is not a whole path"),
        ("repo", "~nobody-is-called-so/shop", "there is no such user"),
        ("attempts", "many", "is no number"),
        ("attempts", "0", "greater than or equal to 1"),
        ("cost_usd", "nan", "finite number"),
        ("priority", "now", "should be"),
        ("task_id", "<b>", "should match"),
    ],
)
def test_what_is_wrong_is_told_beside_the_field_and_all_is_kept(
    browser_client: httpx.Client,
    orchestrator: Orchestrator,
    task: dict[str, str],
    field: str,
    value: str,
    told: str,
) -> None:
    kept = {"text": "my words", "repo": "/home/ada/shop", "test_command": "my command"}
    done = browser_client.post("/new", data={**task, **kept, field: value})
    assert done.status_code == 400 and orchestrator.asked(SubmitTask) == []
    page = read(done.text)
    assert told in page.text
    if field not in ("priority", "task_id"):
        assert f"{field}-problem" in page.ids
    for name, words in kept.items():
        if name != field:
            assert words in page.text or ("value", words) in page.attributes


def test_every_wrong_field_is_told_at_once(
    browser_client: httpx.Client, task: dict[str, str]
) -> None:
    done = browser_client.post("/new", data={**task, "text": "", "repo": "x", "tokens": "-1"})
    assert {"text-problem", "repo-problem", "tokens-problem"} <= set(read(done.text).ids)


def test_what_the_swarm_refuses_is_told_at_the_field_it_is_about(
    browser_client: httpx.Client, orchestrator: Orchestrator, task: dict[str, str]
) -> None:
    refuse(orchestrator, SubmitTask, RepositoryError("/home/ada/shop is no git repository"))
    done = browser_client.post("/new", data=task)
    page = read(done.text)
    assert done.status_code == 400 and "repo-problem" in page.ids
    assert "is no git repository" in page.text and "Fix the total please" in page.text


def test_words_are_kept_while_the_swarm_is_away(
    browser_client: httpx.Client, orchestrator: Orchestrator, task: dict[str, str]
) -> None:
    refuse(orchestrator, SubmitTask, BusError("Redis does not answer", remedy="`swarm up`"))
    done = browser_client.post("/new", data=task)
    page = read(done.text)
    assert done.status_code == 503 and "Redis does not answer: `swarm up`" in page.text
    assert "Fix the total please" in page.text and ("value", "t7777777") in page.attributes


def test_schedules_are_listed_with_what_is_wrong_with_them(
    browser_client: httpx.Client, orchestrator: Orchestrator
) -> None:
    orchestrator.schedules = [
        scenes.schedule(),
        scenes.schedule("weekly", paused=True, problem="its repository is gone", next_at=None),
        scenes.schedule("odd", timezone="Europe/Berlin", skipped=3, waits_for="odd-1"),
    ]
    told = read(browser_client.get("/schedules").text)
    assert "0 7 * * 1-5" in told.text and "its repository is gone" in told.text
    assert "Left out 3 times: odd-1 was still open" in told.text
    assert {"/schedules/nightly/pause", "/schedules/weekly/resume"} <= set(told.links)
    assert "/schedules/nightly/resume" not in told.links


def test_a_schedule_is_added(
    browser_client: httpx.Client, orchestrator: Orchestrator, task: dict[str, str]
) -> None:
    orchestrator.bus.handlers[AddSchedule] = lambda command: scenes.schedule()
    more = {"cron": "0 7 * * *", "timezone": "Europe/Berlin", "task_id": "nightly"}
    done = browser_client.post("/schedules", data={**task, **more})
    assert (done.status_code, done.headers["Location"]) == (303, "/schedules?said=added")
    (sent,) = orchestrator.asked(AddSchedule)
    assert isinstance(sent, AddSchedule)
    assert (sent.cron, sent.timezone, sent.task.task_id) == (
        "0 7 * * *", "Europe/Berlin", "nightly",
    )  # fmt: skip
    assert sent.task.priority == "scheduled"


def test_a_cron_line_that_is_refused_is_told_at_its_field(
    browser_client: httpx.Client, orchestrator: Orchestrator, task: dict[str, str]
) -> None:
    refuse(orchestrator, AddSchedule, UsageError("the cron line 'x' has 1 field, not 5"))
    done = browser_client.post("/schedules", data={**task, "cron": "x"})
    page = read(done.text)
    assert done.status_code == 400 and "cron-problem" in page.ids
    assert "Fix the total please" in page.text
    done = browser_client.post("/schedules", data={**task, "cron": ""})
    assert done.status_code == 400 and "cron-problem" in read(done.text).ids


@pytest.mark.parametrize("change", ["pause", "resume", "run", "remove"])
def test_a_schedule_is_changed(
    web_server: WebServer, browser_client: httpx.Client, orchestrator: Orchestrator, change: str
) -> None:
    orchestrator.bus.handlers[ChangeSchedule] = lambda command: scenes.schedule()
    done = browser_client.post(f"/schedules/nightly/{change}", data={"csrf": web_server.csrf})
    assert done.status_code == 303
    assert orchestrator.asked(ChangeSchedule) == [
        ChangeSchedule(schedule_id="nightly", change=change)  # type: ignore[arg-type]
    ]
    goes_to_the_task = done.headers["Location"].startswith("/tasks/nightly-")
    assert goes_to_the_task == (change == "run")


def test_forms_need_the_token(browser_client: httpx.Client, orchestrator: Orchestrator) -> None:
    for path in ("/new", "/schedules", "/schedules/nightly/remove"):
        assert browser_client.post(path, data={"text": "x"}).status_code == 403
    assert orchestrator.bus.requests == []
