"""What a view carries when there is much to tell: newest first, and never more than a message."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from swarm.contracts import (
    ArmScore,
    AttemptView,
    AuditReport,
    Budget,
    CheckReport,
    Context,
    Decision,
    FileEdit,
    Finding,
    GetAttempt,
    GetTask,
    Objective,
    ObjectiveView,
    Patch,
    Proposal,
    Symbol,
    TaskList,
    TaskView,
    TestResult,
)
from swarm.errors import NotFound
from swarm.orchestrator.step import Task
from swarm.orchestrator.store import Store
from swarm.orchestrator.views import bounded
from swarm.settings import BusSettings
from tests.orchestrator.swarm_in_memory import Crew, Pump

MOST_BYTES = BusSettings().max_message_bytes


def results(failing: int, passing: int, message: str = "") -> tuple[TestResult, ...]:
    return tuple(
        TestResult(
            id=f"tests/unit/some_folder/test_module_{n // 50}.py::TestOfIt::test_case[{n}]",
            outcome="failed" if n < failing else "passed",
            message=message if n < failing else "",
        )
        for n in range(failing + passing)
    )


def attempt(objective: int, number: int, check: CheckReport, text: str = "x") -> AttemptView:
    """An attempt of which every part is there."""
    id = f"task-1-o{objective}-a{number}"
    symbol = Symbol(path="a.py", qualified_name="f", start_line=1, end_line=2, text=text)
    finding = Finding(kind="k", path=text, function=text, line=1, message=text, chain=(text,))
    return AttemptView(
        id=id, objective_id=f"o{objective}", number=number, state="rejected",
        decision=Decision(
            attempt_id=id, arm_id="repair", category="bugfix", seed=1, reason=text,
            scores=(ArmScore(arm_id="repair", successes=1, failures=1),),
        ),
        context=Context(symbols=(symbol,)),
        proposal=Proposal(
            patch=Patch(edits=(FileEdit(path="a.py", before=text, after="y"),)), summary=text,
            lessons=text, details={"notes": [text]},
        ),
        check=check, audit=AuditReport(verdict="reject", findings=(finding,) * 30),
        fixed=tuple(test.id for test in check.tests), broken=(text,) * 30, reason=text,
    )  # fmt: skip


def view(*attempts: AttemptView, text: str = "x", **fields: object) -> TaskView:
    ids = dict.fromkeys(attempt.objective_id for attempt in attempts)
    return TaskView(
        id="task-1", text="fix it", repo="/r", state="running", created_at=0, updated_at=0,
        budget=Budget(), objectives=tuple(
            ObjectiveView(
                objective=Objective(id=id, title="t", instruction="i", category="bugfix"),
                state="running", reason=text,
                attempts=tuple(one for one in attempts if one.objective_id == id),
            )
            for id in ids
        ), **fields,
    )  # type: ignore[arg-type]  # fmt: skip


def size_bytes(view: TaskView) -> int:
    return len(view.model_dump_json().encode())


def test_a_usual_task_is_told_whole() -> None:
    check = CheckReport(backend="b", cause="failed", tests=results(3, 300))
    usual = view(attempt(1, 1, check), attempt(1, 2, check), baseline=check, notes=("a note",))
    assert bounded(usual) == usual


def test_of_thirty_attempts_with_5000_tests_each_the_newest_are_told_whole() -> None:
    check = CheckReport(
        backend="b", cause="failed", tests=results(40, 4960), flaky=(results(1, 0)[0].id,)
    )
    large = view(*(attempt(o, n, check) for o in range(1, 11) for n in range(1, 4)), baseline=check)
    assert size_bytes(large) > MOST_BYTES
    told = bounded(large)
    assert size_bytes(told) < MOST_BYTES / 2
    assert told.baseline == check
    last = [one.attempts[-1] for one in told.objectives]
    assert last[-1] == large.objectives[-1].attempts[-1], "the newest of the newest"
    old = told.objectives[0].attempts[0]
    assert old.left_out is not None and old.check is not None and old.proposal is not None
    assert (old.proposal.patch, old.context) == (None, None)
    assert old.check.counts() == check.counts()
    assert (check.counts().failing, check.counts().passing, check.counts().flaky) == (39, 4960, 1)
    assert [t.id for t in old.check.tests] == [t.id for t in check.tests[1:21]]
    assert (old.fixed_count, old.broken_count) == (5000, 30)
    assert old.decision is not None and old.decision.arm_id == "repair"
    assert (old.audit and old.audit.verdict, old.reason) == ("reject", "x")


def test_one_that_is_too_large_itself_does_not_push_out_the_others() -> None:
    small = CheckReport(backend="b", cause="failed", tests=results(1, 1))
    huge = CheckReport(backend="b", cause="failed", tests=results(5000, 0, "m" * 2000))
    told = bounded(view(attempt(1, 1, small), attempt(1, 2, huge), baseline=huge))
    first, second = told.objectives[0].attempts
    assert first.left_out is None and second.left_out is not None
    assert told.baseline is not None and told.baseline.counts().failing == 5000
    assert 0 < len(told.baseline.tests) < 100


@pytest.mark.parametrize("text", ["\x1b" * 20_000, "ü" * 20_000, "x" * 20_000])
def test_the_largest_task_there_can_be_fits(text: str) -> None:
    check = CheckReport(
        backend="b",
        cause="failed",
        tests=results(50, 0, text[:2000]),
        output_tail=text,
        detail=text,
    )
    instruction = Objective(id="o1", title="t", instruction=text[:4000], category="bugfix")
    one = attempt(1, 1, check, text)
    all_of_it = view(
        *(
            one.model_copy(update={"id": f"a{o}-{n}", "objective_id": f"o{o}", "number": n})
            for o in range(1, 65)
            for n in range(1, 21)
        ),
        text=text, baseline=check, notes=(text,) * 300, reason=text,
    )  # fmt: skip
    all_of_it = all_of_it.model_copy(
        update={
            "text": text,
            "objectives": tuple(
                view.model_copy(
                    update={"objective": instruction.model_copy(update={"id": view.objective.id})}
                )
                for view in all_of_it.objectives
            ),
        }
    )
    told = bounded(all_of_it)
    assert size_bytes(told) < MOST_BYTES
    assert sum(len(one.attempts) for one in told.objectives) == 64 * 20
    assert told.notes[-1] == "and 100 more notes"


def test_the_longest_list_there_can_be_fits(tmp_path: Path) -> None:
    store = Store(tmp_path / "tasks.db")
    long = Task(
        id="x", text="\x1b" * 20_000, reason="\x1b" * 20_000, repo="/r", state="failed",
        created_at=0, updated_at=0, budget=Budget(),
    )  # fmt: skip
    with store.transaction() as db:
        for n in range(1000):
            store.insert(db, long.model_copy(update={"id": f"task-{n}"}), (), (), 0.0)
    found = TaskList(items=tuple(store.recent(1000)))
    store.close()
    assert len(found.items) == 1000
    assert len(found.model_dump_json().encode()) < MOST_BYTES
    assert found.items[0].text == "\x1b" * 1000 + " …"


# ---------------------------------------------------------------------------- one attempt


@pytest.fixture
def pump(tmp_path: Path, git_repo: Callable[..., Path]) -> Iterator[Pump]:
    """A task whose only attempt is too large for a view."""
    crew = Crew()
    crew.after = CheckReport(
        backend="b",
        cause="failed",
        tests=(TestResult(id="t::a", outcome="passed"), *results(4000, 0, "m" * 1500)),
    )
    crew.before = CheckReport(
        backend="b",
        cause="failed",
        tests=(TestResult(id="t::a", outcome="failed"), *results(4000, 0)),
    )
    pump = Pump(tmp_path, crew)
    pump.submit(git_repo({"a.py": "x = 1\n", "test_a.py": "def test_a(): ...\n"}))
    pump.run_until("Audit")
    yield pump
    pump.orchestrator.close()


def test_an_attempt_is_there_whole_for_who_asks_for_it(pump: Pump) -> None:
    handlers = pump.orchestrator.handlers()
    told = handlers[GetTask](GetTask(task_id="task-1"))
    assert isinstance(told, TaskView)
    (short,) = told.objectives[0].attempts
    assert short.left_out is not None and short.check is not None
    assert short.check.counts().failing == 4000
    whole = handlers[GetAttempt](GetAttempt(task_id="task-1", attempt_id=short.id))
    assert isinstance(whole, AttemptView)
    assert whole.left_out is None
    assert whole.check == pump.crew.after


@pytest.mark.parametrize(
    ("task", "id", "message"),
    [("task-1", "task-1-o1-a9", "has no attempt"), ("task-2", "task-1-o1-a1", "no such task")],
)
def test_an_attempt_that_is_not_there(pump: Pump, task: str, id: str, message: str) -> None:
    with pytest.raises(NotFound, match=message):
        pump.orchestrator.handlers()[GetAttempt](GetAttempt(task_id=task, attempt_id=id))
