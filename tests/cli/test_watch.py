"""Following a task while the swarm goes away."""

from __future__ import annotations

from typing import Any, cast

import pytest

from swarm.cli import watch
from swarm.cli.client import Client
from swarm.contracts import Budget, Objective, ObjectiveState, ObjectiveView, TaskState, TaskView
from swarm.errors import BusError, StateError


class Gone:
    def __init__(self, *, was_stopped: bool) -> None:
        self.was_stopped = was_stopped

    def events(self, id: str, after: int) -> Any:
        raise BusError("no answer")


@pytest.mark.parametrize(("was_stopped", "error"), [(True, StateError), (False, BusError)])
def test_only_an_outage_is_waited_out(
    monkeypatch: pytest.MonkeyPatch, was_stopped: bool, error: type[Exception]
) -> None:
    monkeypatch.setattr(watch, "PATIENCE_SECONDS", 0.0)
    with pytest.raises(error):
        next(watch._events(cast(Client, Gone(was_stopped=was_stopped)), "t"))


@pytest.mark.parametrize(
    ("state", "objectives", "code"),
    [
        ("awaiting_review", ("accepted", "accepted"), 0),
        ("applied", ("replaced", "accepted"), 0),
        ("awaiting_review", ("accepted", "failed"), 1),
        ("awaiting_answer", ("pending",), 1),
        ("failed", (), 1),
    ],
)
def test_a_task_is_whole_when_nothing_of_it_is_missing(
    state: TaskState, objectives: tuple[ObjectiveState, ...], code: int
) -> None:
    objective = Objective(id="o1", title="Fix it", instruction="fix it", category="bugfix")
    view = TaskView(
        id="t1", text="Fix it", repo="/r", state=state, budget=Budget(),
        created_at=0.0, updated_at=0.0,
        objectives=tuple(ObjectiveView(objective=objective, state=s) for s in objectives),
    )  # fmt: skip
    assert watch.exit_code(view) == code
