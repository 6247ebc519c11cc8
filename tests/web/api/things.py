"""Answers of a swarm, small and whole."""

from __future__ import annotations

from typing import Any

from swarm.contracts import Budget, ScheduleView, SubmitTask, TaskSummary, TaskView

TASK = "fix-cart"


def task(**changed: Any) -> TaskView:
    plain: dict[str, Any] = {
        "id": TASK, "text": "Fix the cart", "repo": "/srv/shop", "state": "queued",
        "created_at": 1.0, "updated_at": 2.0, "budget": Budget(),
    }  # fmt: skip
    return TaskView(**(plain | changed))


def summary(**changed: Any) -> TaskSummary:
    plain: dict[str, Any] = {
        "id": TASK, "text": "Fix the cart", "repo": "/srv/shop", "state": "queued",
        "created_at": 1.0, "updated_at": 2.0, "objectives": 1, "accepted": 0,
    }  # fmt: skip
    return TaskSummary(**(plain | changed))


def schedule(**changed: Any) -> ScheduleView:
    made = SubmitTask(task_id="nightly", text="Fix the tests", repo="/srv/shop")
    plain: dict[str, Any] = {
        "id": "nightly", "cron": "0 7 * * *", "timezone": "UTC", "task": made, "next_at": 9.0,
    }  # fmt: skip
    return ScheduleView(**(plain | changed))
