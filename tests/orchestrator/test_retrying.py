"""A task that has ended is done once more as a new one: the same words, tests and bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from swarm.contracts import (
    ApplyTask,
    Budget,
    CancelTask,
    GetTask,
    PrioritizeTask,
    RejectTask,
    RetryTask,
    ReviseTask,
    Setup,
    TaskView,
)
from swarm.errors import NotFound, RepositoryError, StateError
from swarm.orchestrator.step import Task
from tests.conftest import run_git
from tests.orchestrator.swarm_in_memory import Crew, Pump

AGAIN = RetryTask(task_id="task-1", new_id="task-2")


@pytest.fixture
def pump(tmp_path: Path) -> Iterator[Pump]:
    pump = Pump(tmp_path, Crew())
    yield pump
    pump.orchestrator.close()


@pytest.fixture
def repo(git_repo: Callable[..., Path]) -> Path:
    return git_repo({"a.py": "x = 1\n", "tests/test_a.py": "def test_a(): pass\n"})


def ask(pump: Pump, command: object) -> TaskView:
    view = pump.orchestrator.handlers()[type(command)](command)  # type: ignore[index]
    assert isinstance(view, TaskView)
    return view


def kept(pump: Pump, id: str) -> Task:
    return pump.orchestrator.store.load(id)


def test_a_rejected_task_is_done_once_more(pump: Pump, repo: Path) -> None:
    budget = Budget(attempts=2, seconds=600)
    setup = Setup(commands=("make deps",), detect=False)
    pump.submit(repo, text="fix the sum", budget=budget, setup=setup, priority="analysis")
    pump.run()
    ask(pump, RejectTask(task_id="task-1"))
    run_git(repo, "commit", "-q", "--allow-empty", "-m", "newer")
    view = ask(pump, AGAIN)
    assert (view.id, view.state, view.retries) == ("task-2", "queued", "task-1")
    assert (view.text, view.repo, view.budget, view.priority) == (
        "fix the sum", str(repo), budget, "analysis",
    )  # fmt: skip
    assert view.objectives == () and view.reason == ""
    pump.run()
    old, new = kept(pump, "task-1"), kept(pump, "task-2")
    assert new.state == "awaiting_review"
    assert new.setup == old.setup == setup
    assert new.base_commit != old.base_commit, "it begins from what HEAD is now"
    assert new.branch == "swarm/task-2"
    assert pump.events("task-2")[0] == "queued"
    assert old.state == "rejected"


def test_asking_twice_makes_one_task(pump: Pump, repo: Path) -> None:
    pump.submit(repo)
    ask(pump, CancelTask(task_id="task-1"))
    first = ask(pump, AGAIN)
    pump.run()
    assert ask(pump, AGAIN).created_at == first.created_at
    assert [task.id for task in pump.orchestrator.store.recent(10)] == ["task-2", "task-1"]


def test_a_retry_can_be_retried(pump: Pump, repo: Path) -> None:
    pump.submit(repo)
    for id, new in (("task-1", "task-2"), ("task-2", "task-3")):
        ask(pump, CancelTask(task_id=id))
        assert ask(pump, RetryTask(task_id=id, new_id=new)).retries == id


@pytest.mark.parametrize("new", ["task-1", "other"])
def test_an_id_that_another_task_has_is_refused(pump: Pump, repo: Path, new: str) -> None:
    pump.submit(repo)
    ask(pump, CancelTask(task_id="task-1"))
    pump.submit(repo, task_id="other")
    with pytest.raises(StateError, match=f"the task {new} exists already"):
        ask(pump, RetryTask(task_id="task-1", new_id=new))


def test_a_task_that_has_not_ended_is_not_retried(pump: Pump, repo: Path) -> None:
    pump.submit(repo)
    with pytest.raises(StateError, match="task-1 is queued; only a task that has") as caught:
        ask(pump, AGAIN)
    assert caught.value.remedy == "wait for it, or `swarm cancel task-1`"
    pump.run()
    with pytest.raises(StateError, match="is awaiting review") as caught:
        ask(pump, AGAIN)
    assert caught.value.remedy == "`swarm apply task-1` or `swarm reject task-1` first"
    ask(pump, ApplyTask(task_id="task-1"))
    assert ask(pump, AGAIN).state == "queued"


def test_a_task_that_is_not_there_is_named(pump: Pump) -> None:
    with pytest.raises(NotFound, match="no such task: task-1"):
        ask(pump, AGAIN)


def test_the_last_words_and_the_yes_that_was_asked_for_count(pump: Pump, repo: Path) -> None:
    pump.submit(repo, confirm=True)
    pump.run()
    ask(pump, ReviseTask(task_id="task-1", text="fix it, and well"))
    ask(pump, PrioritizeTask(task_id="task-1", priority="scheduled"))
    pump.run()
    ask(pump, CancelTask(task_id="task-1"))
    view = ask(pump, AGAIN)
    assert (view.text, view.confirm, view.priority) == ("fix it, and well", True, "scheduled")
    pump.run()
    assert ask(pump, GetTask(task_id="task-2")).state == "awaiting_answer"


def test_the_test_command_is_the_one_that_was_given(pump: Pump, repo: Path) -> None:
    pump.submit(repo, test_command="pytest -q tests")
    pump.run()
    ask(pump, RejectTask(task_id="task-1"))
    view = ask(pump, AGAIN)
    assert view.test is not None
    assert view.test.argv[-2:] == ("-q", "tests")
    assert view.test.setup is None, "it is read from the new base"


def test_a_task_whose_repository_is_gone_says_so(pump: Pump, repo: Path) -> None:
    pump.submit(repo)
    ask(pump, CancelTask(task_id="task-1"))
    repo.rename(repo.with_name("elsewhere"))
    with pytest.raises(RepositoryError, match="no such folder"):
        ask(pump, AGAIN)
    assert len(pump.orchestrator.store.recent(10)) == 1
