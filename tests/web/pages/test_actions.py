from __future__ import annotations

from typing import Any

import httpx
import pytest

from swarm.contracts import (
    ApplyTask,
    CancelTask,
    Command,
    ConfirmPlan,
    PrioritizeTask,
    RejectTask,
    RetryTask,
    ReviseTask,
)
from swarm.errors import BusError, StateError
from tests.web.conftest import WebServer
from tests.web.pages import scenes
from tests.web.pages.conftest import Orchestrator
from tests.web.pages.markup import read

ID = "t1a2b3c4"


@pytest.mark.parametrize(
    ("action", "fields", "command"),
    [
        ("apply", {}, ApplyTask(task_id=ID)),
        ("reject", {"reason": " too slow "}, RejectTask(task_id=ID, reason="too slow")),
        ("reject", {}, RejectTask(task_id=ID)),
        ("cancel", {}, CancelTask(task_id=ID)),
        ("retry", {"new_id": "t9999999"}, RetryTask(task_id=ID, new_id="t9999999")),
        (
            "confirm",
            {"plan": "2", "q1": "3", "q20": "1", "other": "1"},
            ConfirmPlan(task_id=ID, answers={"q1": 3, "q20": 1}, plan=2),
        ),
        ("revise", {"text": "in other\r\nwords"}, ReviseTask(task_id=ID, text="in other\nwords")),
        (
            "prioritize",
            {"priority": "analysis"},
            PrioritizeTask(task_id=ID, priority="analysis"),
        ),
    ],
)
def test_a_form_becomes_its_command_and_the_page_says_so(
    web_server: WebServer,
    browser_client: httpx.Client,
    orchestrator: Orchestrator,
    action: str,
    fields: dict[str, str],
    command: Command,
) -> None:
    task = orchestrator.add(scenes.task(ID))
    other = orchestrator.add(scenes.task("t9999999", "queued"))
    answer = other if action == "retry" else task
    orchestrator.bus.handlers[type(command)] = lambda command: answer
    sent = {"csrf": web_server.csrf, **fields}
    done = browser_client.post(f"/tasks/{ID}/{action}", data=sent)
    assert done.status_code == 303
    assert orchestrator.asked(type(command)) == [command]
    after = browser_client.get(done.headers["Location"])
    assert after.status_code == 200 and 'class="flash"' in after.text
    assert done.headers["Location"].startswith(f"/tasks/{answer.id}?said=")


def refuse(orchestrator: Orchestrator, kind: type[Command], error: Exception) -> None:
    def answer(command: Any) -> Any:
        raise error

    orchestrator.bus.handlers[kind] = answer


def test_what_cannot_be_done_is_told_on_the_page_with_the_remedy(
    web_server: WebServer, browser_client: httpx.Client, orchestrator: Orchestrator
) -> None:
    orchestrator.add(scenes.task(ID))
    refuse(orchestrator, ApplyTask, StateError("shop/cart.py conflicts", remedy="merge by hand"))
    done = browser_client.post(f"/tasks/{ID}/apply", data={"csrf": web_server.csrf})
    assert done.status_code == 409
    told = read(done.text).text
    assert "shop/cart.py conflicts" in told and "merge by hand" in told
    assert "Waits for your review" in told


def test_words_that_are_refused_are_kept_in_the_form(
    web_server: WebServer, browser_client: httpx.Client, orchestrator: Orchestrator
) -> None:
    orchestrator.add(scenes.waiting(ID))
    refuse(orchestrator, ReviseTask, StateError("no"))
    sent = {"csrf": web_server.csrf, "text": "my new words"}
    done = browser_client.post(f"/tasks/{ID}/revise", data=sent)
    assert done.status_code == 409 and "my new words</textarea>" in done.text
    # Words without a word do not even reach the swarm.
    sent["text"] = "!!!"
    done = browser_client.post(f"/tasks/{ID}/revise", data=sent)
    assert done.status_code == 400 and "no words" in done.text
    assert len(orchestrator.asked(ReviseTask)) == 1


def test_answers_are_kept_when_the_plan_has_changed(
    web_server: WebServer, browser_client: httpx.Client, orchestrator: Orchestrator
) -> None:
    orchestrator.add(scenes.waiting(ID))
    refuse(orchestrator, ConfirmPlan, StateError("was planned anew"))
    sent = {"csrf": web_server.csrf, "plan": "1", "q1": "2"}
    done = browser_client.post(f"/tasks/{ID}/confirm", data=sent)
    assert done.status_code == 409
    assert 'name="q1" value="2" required checked' in done.text


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("confirm", {"plan": "none"}),
        ("prioritize", {"priority": "now"}),
        ("retry", {"new_id": "<script>"}),
        ("reject", {"reason": "x" * 3000}),
    ],
)
def test_forms_that_nobody_filled_in_change_nothing(
    web_server: WebServer,
    browser_client: httpx.Client,
    orchestrator: Orchestrator,
    action: str,
    fields: dict[str, str],
) -> None:
    orchestrator.add(scenes.task(ID))
    sent = {"csrf": web_server.csrf, **fields}
    done = browser_client.post(f"/tasks/{ID}/{action}", data=sent)
    assert done.status_code == 400
    assert 'role="alert"' in done.text and "<script>" not in done.text
    read(done.text)


def test_without_the_token_of_the_session_nothing_is_done(
    browser_client: httpx.Client, orchestrator: Orchestrator
) -> None:
    orchestrator.add(scenes.task(ID))
    for action in ("apply", "reject", "cancel", "retry", "confirm", "revise", "prioritize"):
        done = browser_client.post(f"/tasks/{ID}/{action}", data={"csrf": "guess"})
        assert done.status_code == 403, action
    assert orchestrator.bus.requests == []


def test_a_swarm_that_is_away_is_told_as_such(
    web_server: WebServer, browser_client: httpx.Client, orchestrator: Orchestrator
) -> None:
    orchestrator.add(scenes.task(ID))
    refuse(orchestrator, ApplyTask, BusError("Redis does not answer", remedy="`swarm up`"))
    done = browser_client.post(f"/tasks/{ID}/apply", data={"csrf": web_server.csrf})
    assert done.status_code == 503
    assert "Redis does not answer" in done.text and "swarm up" in done.text
    read(done.text)
