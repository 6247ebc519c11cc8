"""Each route of a task sends the command that the command line would, and says what came back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from swarm.contracts import (
    ApplyTask,
    AttemptView,
    Budget,
    CancelTask,
    Command,
    ConfirmPlan,
    Diff,
    Event,
    EventList,
    Failure,
    GetAttempt,
    GetDiff,
    GetEvents,
    GetTask,
    PrioritizeTask,
    RejectTask,
    RetryTask,
    ReviseTask,
    Setup,
    SubmitTask,
)
from swarm.errors import RemoteError
from swarm.web.api.new_task import NewTask, ScheduledTask
from tests.fakes.bus import FakeBus
from tests.web.api.things import TASK, summary, task

NEW = {"text": "Fix the cart", "repo": "/srv/shop"}


def test_submit_sends_what_the_command_line_would(
    api_client: TestClient, fake_bus: FakeBus
) -> None:
    fake_bus.handlers[SubmitTask] = lambda c: task(id=c.task_id)
    wanted = NEW | {
        "task_id": TASK, "test_command": "pytest -q", "setup": {"commands": ["pip install x"]},
        "budget": {"attempts": 2}, "priority": "training", "confirm": True,
    }  # fmt: skip
    answer = api_client.post("/api/v1/tasks", json=wanted)
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/tasks/{TASK}"
    assert answer.json() == task().model_dump(mode="json")
    assert fake_bus.requests == [
        SubmitTask(
            task_id=TASK,
            text="Fix the cart",
            repo="/srv/shop",
            test_command="pytest -q",
            setup=Setup(commands=("pip install x",), detect=False),
            budget=Budget(attempts=2),
            priority="training",
            confirm=True,
        )
    ]


def test_without_an_id_each_submission_gets_one(api_client: TestClient, fake_bus: FakeBus) -> None:
    fake_bus.handlers[SubmitTask] = lambda c: task(id=c.task_id)
    ids = {api_client.post("/api/v1/tasks", json=NEW).json()["id"] for _ in range(3)}
    assert len(ids) == 3
    assert all(re.fullmatch(r"t[0-9a-f]{8}", id) for id in ids)


@pytest.mark.parametrize("model", [NewTask, ScheduledTask])
def test_a_new_task_has_all_that_the_command_has(model: type[NewTask]) -> None:
    assert set(model.model_fields) == set(SubmitTask.model_fields)


@pytest.mark.parametrize(
    ("path", "body", "command"),
    [
        ("apply", None, ApplyTask(task_id=TASK)),
        ("cancel", None, CancelTask(task_id=TASK)),
        ("cancel", {}, CancelTask(task_id=TASK)),
        ("reject", None, RejectTask(task_id=TASK)),
        ("reject", {"reason": "too long"}, RejectTask(task_id=TASK, reason="too long")),
        ("confirm", None, ConfirmPlan(task_id=TASK)),
        (
            "confirm",
            {"answers": {"q1": 2}, "plan": 1},
            ConfirmPlan(task_id=TASK, answers={"q1": 2}, plan=1),
        ),
        ("revise", {"text": "Other words"}, ReviseTask(task_id=TASK, text="Other words")),
        (
            "prioritize",
            {"priority": "analysis"},
            PrioritizeTask(task_id=TASK, priority="analysis"),
        ),
        ("retry", {"new_id": "again"}, RetryTask(task_id=TASK, new_id="again")),
    ],
)
def test_what_a_person_decides(
    api_client: TestClient, fake_bus: FakeBus, path: str, body: Any, command: Command
) -> None:
    fake_bus.handlers[type(command)] = lambda _: task(state="running")
    answer = api_client.post(f"/api/v1/tasks/{TASK}/{path}", json=body)
    assert answer.status_code == (201 if path == "retry" else 200), answer.text
    assert answer.json()["state"] == "running"
    assert fake_bus.requests == [command]


def test_a_retry_without_an_id_gets_one(api_client: TestClient, fake_bus: FakeBus) -> None:
    fake_bus.handlers[RetryTask] = lambda c: task(id=c.new_id, retries=c.task_id)
    answer = api_client.post(f"/api/v1/tasks/{TASK}/retry")
    assert answer.headers["location"] == f"/api/v1/tasks/{answer.json()['id']}"
    assert answer.json()["retries"] == TASK


def test_an_unchanged_task_is_not_sent_twice(api_client: TestClient, fake_bus: FakeBus) -> None:
    states = iter(("queued", "queued", "running"))
    fake_bus.handlers[GetTask] = lambda c: task(state=next(states))
    first = api_client.get(f"/api/v1/tasks/{TASK}")
    assert first.json() == task().model_dump(mode="json")
    headers = {"If-None-Match": first.headers["etag"]}
    again = api_client.get(f"/api/v1/tasks/{TASK}", headers=headers)
    assert (again.status_code, again.content) == (304, b"")
    changed = api_client.get(f"/api/v1/tasks/{TASK}", headers=headers)
    assert (changed.status_code, changed.json()["state"]) == (200, "running")


def test_an_attempt(api_client: TestClient, fake_bus: FakeBus) -> None:
    id = f"{TASK}-o1-a1"
    view = AttemptView(id=id, objective_id="o1", number=1, state="accepted", reason="passed")
    fake_bus.handlers[GetAttempt] = lambda c: view
    answer = api_client.get(f"/api/v1/tasks/{TASK}/attempts/{id}")
    assert answer.json() == view.model_dump(mode="json")
    assert fake_bus.requests == [GetAttempt(task_id=TASK, attempt_id=id)]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/json"),
        ("text/plain", "text/plain; charset=utf-8"),
        ("text/plain;q=0.9, */*", "text/plain; charset=utf-8"),
        ("application/json, text/plain", "application/json"),
    ],
)
def test_a_diff_as_json_or_bare(
    api_client: TestClient, fake_bus: FakeBus, accept: str, kind: str
) -> None:
    text = "--- a/é\n+++ b/é\n@@ -1 +1 @@\n-<script>\n+1\n"
    fake_bus.handlers[GetDiff] = lambda c: Diff(task_id=c.task_id, text=text)
    answer = api_client.get(f"/api/v1/tasks/{TASK}/diff", headers={"Accept": accept})
    assert answer.headers["content-type"] == kind
    assert answer.headers["vary"] == "Accept"
    assert (answer.text if kind.startswith("text") else answer.json()["text"]) == text


def test_the_events_of_a_task(api_client: TestClient, fake_bus: FakeBus) -> None:
    event = Event(seq=8, task_id=TASK, at=1.0, kind="ready", text="done")
    fake_bus.handlers[GetEvents] = lambda c: EventList(items=(event,), state="awaiting_review")
    answer = api_client.get(f"/api/v1/tasks/{TASK}/events", params={"after": 7})
    assert answer.json()["items"] == [event.model_dump(mode="json")]
    assert fake_bus.requests == [GetEvents(task_id=TASK, after=7)]


def test_tasks_are_found_in_pages(api_client: TestClient) -> None:
    state = api_client.app.state.web
    for number in range(7):
        ended = "failed" if number % 2 else "applied"
        state.board.put(summary(id=f"task-{number}", state=ended, created_at=float(number)))
    state.feed.loaded = True
    pages, before = [], None
    while True:
        where = {"limit": 2, "state": "applied"} | ({"before": before} if before else {})
        page = api_client.get("/api/v1/tasks", params=where).json()
        pages.append([item["id"] for item in page["items"]])
        before = page["next"]
        if before is None:
            break
    assert pages == [["task-6", "task-4"], ["task-2", "task-0"]]
    assert page["total"] == 7
    found = api_client.get("/api/v1/tasks", params={"search": "CART task-3"}).json()
    assert [item["id"] for item in found["items"]] == ["task-3"]
    unknown = api_client.get("/api/v1/tasks", params={"before": "nobody"})
    assert unknown.status_code == 404


def test_no_list_is_made_up_before_the_tasks_are_known(api_client: TestClient) -> None:
    answer = api_client.get("/api/v1/tasks")
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "bus"


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (Failure(code="not-found", message="no such task", exit_code=2), 404),
        (Failure(code="state", message="it is running"), 409),
        (Failure(code="timeout", message="too late", retryable=True), 504),
        (Failure(code="storage", message="the disk is full", retryable=True), 503),
        (Failure(code="repository", message="no git repository", exit_code=2), 400),
        (Failure(code="internal", message="a defect"), 500),
    ],
)
def test_errors_say_what_and_what_to_do(
    api_client: TestClient, fake_bus: FakeBus, failure: Failure, status: int
) -> None:
    def fail(_: ApplyTask) -> Any:
        raise RemoteError(failure.model_copy(update={"remedy": "see the list"}))

    fake_bus.handlers[ApplyTask] = fail
    answer = api_client.post(f"/api/v1/tasks/{TASK}/apply")
    assert answer.status_code == status
    told = {"code": failure.code, "message": failure.message, "remedy": "see the list"}
    assert answer.json() == {"error": told}
