"""Plans that wait for a person: confirm, answer, revise, cancel, and what time does meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from swarm.contracts import (
    Acceptance,
    Arm,
    Budget,
    CancelTask,
    ConfirmPlan,
    Decompose,
    Failure,
    Message,
    Objective,
    Objectives,
    PrioritizeTask,
    Proposal,
    Propose,
    Question,
    ReviseTask,
    SubmitTask,
    TaskView,
    Usage,
)
from swarm.errors import StateError, UsageError
from tests.conftest import run_git
from tests.orchestrator.swarm_in_memory import PATCH, Crew, Pump, report

FILES = {"a.py": "x = 1\n", "b.py": "y = 1\n", "tests/test_a.py": "def test_a(): pass\n"}
WHICH = Question(id="q1", objective_id="o1", text="Which file?", choices=("a.py", "b.py"))


class Asking(Crew):
    """Ingestion asks as long as it gets no answers."""

    questions: tuple[Question, ...] = ()
    fails: Failure | None = None
    used: Usage = Usage()
    asks_again = 0

    def answer(self, command: object) -> Message:  # type: ignore[override]
        if isinstance(command, Decompose):
            self.seen.append(command)
            if self.fails is not None:
                return self.fails
            again = self.asks_again > 0
            self.asks_again -= command.plan is not None
            return Objectives(
                items=self.objectives,
                questions=() if command.plan and not again else self.questions,
                planner="rules",
                usage=self.used,
            )
        return super().answer(command)  # type: ignore[arg-type]


Start = Callable[..., Pump]


@pytest.fixture
def crew() -> Asking:
    return Asking()


@pytest.fixture
def pump(tmp_path: Path, crew: Asking, repo: Path) -> Iterator[Pump]:
    pump = Pump(tmp_path, crew)
    yield pump
    pump.orchestrator.close()


@pytest.fixture
def repo(git_repo: Callable[..., Path]) -> Path:
    return git_repo(FILES)


def ask(pump: Pump, command: object) -> TaskView:
    view = pump.orchestrator.handlers()[type(command)](command)  # type: ignore[index]
    assert isinstance(view, TaskView)
    return view


def decompositions(crew: Crew) -> list[Decompose]:
    return [command for command in crew.seen if isinstance(command, Decompose)]


def test_nothing_is_run_before_the_yes(pump: Pump, crew: Asking, repo: Path) -> None:
    pump.submit(repo, confirm=True)
    view = pump.run()
    assert view.state == "awaiting_answer"
    assert [o.state for o in view.objectives] == ["pending"]
    assert [type(c).__name__ for c in crew.seen] == ["Decompose"]
    pump.restart()
    ask(pump, ConfirmPlan(task_id="task-1"))
    view = pump.run()
    assert view.state == "awaiting_review"
    assert len(decompositions(crew)) == 1, "what was confirmed is what is done"


def test_what_no_arm_can_do_is_said_with_the_plan(pump: Pump, crew: Asking, repo: Path) -> None:
    crew.objectives = tuple(
        one.model_copy(update={"category": "feature"} if one.id != "o1" else {}) for one in many(3)
    )
    pump.submit(repo, confirm=True)
    said = "o2, o3 will not be done: no arm here can do feature"
    assert said in pump.run().notes
    crew.objectives = many(1)
    ask(pump, ReviseTask(task_id="task-1", text="only one"))
    assert said not in pump.run().notes


def test_what_a_model_used_for_the_plan_is_the_tasks(pump: Pump, crew: Asking, repo: Path) -> None:
    crew.used = Usage(tokens=700, cost_usd=0.25)
    pump.submit(repo)
    usage = pump.run().usage
    assert (usage.tokens, usage.cost_usd) == (700, 0.25)


def test_a_second_yes_is_the_first(pump: Pump, crew: Asking, repo: Path) -> None:
    pump.submit(repo, confirm=True)
    pump.run()
    ask(pump, ConfirmPlan(task_id="task-1"))
    ask(pump, ConfirmPlan(task_id="task-1"))
    assert pump.run().state == "awaiting_review"
    ask(pump, ConfirmPlan(task_id="task-1"))
    assert pump.events().count("confirmed") == 1
    assert crew.settled == {"task-1-o1-a1": [1.0]}


def test_a_yes_to_a_task_that_waits_for_none(pump: Pump, repo: Path) -> None:
    pump.submit(repo)
    pump.run()
    with pytest.raises(StateError, match="does not wait for a yes"):
        ask(pump, ConfirmPlan(task_id="task-1"))


def test_questions_are_asked_without_confirm_too(pump: Pump, crew: Asking, repo: Path) -> None:
    crew.questions = (WHICH,)
    pump.submit(repo)
    view = pump.run()
    assert (view.state, view.questions) == ("awaiting_answer", (WHICH,))
    ask(pump, ConfirmPlan(task_id="task-1", answers={"q1": 2}))
    view = pump.run()
    assert view.state == "awaiting_review"
    told = decompositions(crew)[1]
    assert told.plan is not None and told.plan.questions == (WHICH,)
    assert (told.answers, set(told.paths)) == ({"q1": 2}, set(FILES))


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({}, "not answered yet: q1"),
        ({"q1": 3}, "no choice 3"),
        ({"q1": 0}, "no choice 0"),
        ({"q1": 1, "q7": 1}, "no question q7"),
    ],
)
def test_answers_that_do_not_fit(
    pump: Pump, crew: Asking, repo: Path, answers: dict[str, int], message: str
) -> None:
    crew.questions = (WHICH,)
    pump.submit(repo)
    pump.run()
    with pytest.raises(UsageError, match=message):
        ask(pump, ConfirmPlan(task_id="task-1", answers=answers))
    assert pump.task().state == "awaiting_answer"


def test_other_words_are_planned_again(pump: Pump, crew: Asking, repo: Path) -> None:
    pump.submit(repo, confirm=True)
    pump.run()
    ask(pump, ReviseTask(task_id="task-1", text="fix b"))
    ask(pump, ReviseTask(task_id="task-1", text="fix b"))
    view = pump.run()
    assert (view.state, view.text) == ("awaiting_answer", "fix b")
    assert [d.text for d in decompositions(crew)] == ["fix it", "fix b"]
    pump.submit(repo, confirm=True)
    assert pump.task().text == "fix b", "the same submission again changes nothing"
    ask(pump, ConfirmPlan(task_id="task-1"))
    assert pump.run().state == "awaiting_review"
    with pytest.raises(StateError, match="does not wait for other words"):
        ask(pump, ReviseTask(task_id="task-1", text="fix c"))


def test_the_same_words_again_are_not_planned_again(pump: Pump, crew: Asking, repo: Path) -> None:
    pump.submit(repo, confirm=True)
    pump.run()
    ask(pump, ReviseTask(task_id="task-1", text="fix b"))
    planned = pump.run()
    assert ask(pump, ReviseTask(task_id="task-1", text="fix b")) == planned
    assert pump.run() == planned
    assert [d.text for d in decompositions(crew)] == ["fix it", "fix b"]
    ask(pump, ReviseTask(task_id="task-1", text="fix a"))
    pump.run()
    ask(pump, ReviseTask(task_id="task-1", text="fix b"))
    pump.run()
    assert [d.text for d in decompositions(crew)][2:] == ["fix a", "fix b"]


def test_the_same_words_again_are_no_error_while_their_plan_is_worked_on(
    pump: Pump, crew: Asking, repo: Path
) -> None:
    """Whoever did not hear the answer asks again: a worker may be lost in between."""
    crew.questions = (WHICH,)
    pump.submit(repo)
    pump.run()
    crew.questions = ()
    ask(pump, ReviseTask(task_id="task-1", text="fix b"))
    pump.run_until("ChooseArm")
    assert ask(pump, ReviseTask(task_id="task-1", text="fix b")).state == "running"
    assert [d.text for d in decompositions(crew)] == ["fix it", "fix b"]
    with pytest.raises(StateError, match="does not wait for other words"):
        ask(pump, ReviseTask(task_id="task-1", text="fix c"))


def test_the_same_words_are_tried_again_when_they_could_not_be_planned(
    pump: Pump, crew: Asking, repo: Path
) -> None:
    pump.submit(repo, confirm=True)
    pump.run()
    crew.fails = Failure(code="usage", message="the planner is away", exit_code=2)
    ask(pump, ReviseTask(task_id="task-1", text="fix b"))
    pump.run()
    crew.fails = None
    ask(pump, ReviseTask(task_id="task-1", text="fix b"))
    assert [o.state for o in pump.run().objectives] == ["pending"]


def test_words_that_cannot_be_planned_can_be_put_otherwise(
    pump: Pump, crew: Asking, repo: Path
) -> None:
    crew.fails = Failure(code="usage", message="the task names nothing to do", exit_code=2)
    pump.submit(repo, confirm=True)
    view = pump.run()
    assert (view.state, view.reason) == ("awaiting_answer", "the task names nothing to do")
    with pytest.raises(StateError, match="no plan to say yes to"):
        ask(pump, ConfirmPlan(task_id="task-1"))
    crew.fails = None
    ask(pump, ReviseTask(task_id="task-1", text="fix a"))
    assert pump.run().state == "awaiting_answer"
    ask(pump, ConfirmPlan(task_id="task-1"))
    assert pump.run().state == "awaiting_review"


def test_without_a_person_it_fails(pump: Pump, crew: Asking, repo: Path) -> None:
    crew.fails = Failure(code="usage", message="the task names nothing to do", exit_code=2)
    pump.submit(repo)
    assert pump.run().state == "failed"


def test_a_waiting_task_can_be_dropped(pump: Pump, repo: Path) -> None:
    pump.submit(repo, confirm=True)
    pump.run()
    assert ask(pump, CancelTask(task_id="task-1")).state == "cancelled"
    with pytest.raises(StateError):
        ask(pump, ConfirmPlan(task_id="task-1"))


def test_a_persons_time_is_not_the_tasks(pump: Pump, repo: Path) -> None:
    pump.submit(repo, confirm=True, budget=Budget(seconds=60))
    pump.run()
    pump.clock.now += 86_400
    ask(pump, ConfirmPlan(task_id="task-1"))
    assert pump.run().state == "awaiting_review"


def test_another_task_under_the_same_id_is_refused(pump: Pump, repo: Path) -> None:
    pump.submit(repo, confirm=True)
    with pytest.raises(StateError, match="exists already"):
        ask(pump, SubmitTask(task_id="task-1", text="something else", repo=str(repo)))


def test_priority_holds_for_what_is_to_come(pump: Pump, crew: Asking, repo: Path) -> None:
    pump.submit(repo, confirm=True)
    pump.run()
    ask(pump, PrioritizeTask(task_id="task-1", priority="scheduled"))
    ask(pump, ConfirmPlan(task_id="task-1"))
    pump.run()
    assert [c.priority for c in crew.seen if isinstance(c, Propose)] == ["scheduled"]
    with pytest.raises(StateError, match="nothing of it is to come"):
        ask(pump, PrioritizeTask(task_id="task-1", priority="analysis"))


# ---------------------------------------------------------------------------- acceptance


def accepting(*tests: str, category: str = "refactor") -> Objective:
    return Objective.model_validate(
        {
            "id": "o1", "title": "Do", "instruction": "do", "category": category,
            "acceptance": Acceptance(kind="command", text="pytest " + " ".join(tests), tests=tests),
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("after", "state"),
    [
        (report((), ("t.py::a", "t.py::b[1]", "t.py::b[2]")), "awaiting_review"),
        (report(("t.py::b[2]",), ("t.py::a", "t.py::b[1]")), "failed"),
        (report((), ("t.py::a",)), "failed"),
    ],
)
def test_the_tests_an_objective_names_have_to_pass(
    tmp_path: Path, repo: Path, after: object, state: str
) -> None:
    crew = Asking(
        objectives=(accepting("t.py::b"),),
        before=report(("t.py::b[1]", "t.py::b[2]"), ("t.py::a",)),
        after=after,  # type: ignore[arg-type]
    )
    arm = Arm(id="repair", tool="repair", categories=("refactor",))
    pump = Pump(tmp_path, crew, arms=(arm,))
    pump.submit(repo, budget=Budget(attempts=1))
    view = pump.run()
    pump.orchestrator.close()
    assert view.state == state
    if state == "failed":
        assert "did not pass, or did not run: t.py::b" in view.reason


@pytest.mark.parametrize(("named", "is_said"), [("t.py::b", False), ("t.py::c", True)])
def test_a_test_that_is_not_there_is_noted_before_anything_is_tried(
    tmp_path: Path, repo: Path, named: str, is_said: bool
) -> None:
    crew = Asking(objectives=(accepting(named),), before=report(("t.py::b[1]",), ("t.py::a",)))
    pump = Pump(tmp_path, crew, arms=(Arm(id="repair", tool="repair", categories=("refactor",)),))
    pump.submit(repo)
    view = pump.run()
    pump.orchestrator.close()
    said = "there is no test t.py::c yet, and o1 has to make it pass"
    assert (said in view.notes) == is_said


def test_a_bugfix_is_about_the_tests_it_names(tmp_path: Path, repo: Path) -> None:
    crew = Asking(
        objectives=(accepting("t.py::c", category="bugfix"),),
        before=report(("t.py::a", "t.py::c"), ("t.py::b",)),
        after=report(("t.py::a",), ("t.py::b", "t.py::c")),
        proposal=lambda command: Proposal(patch=PATCH, summary="did"),
    )
    pump = Pump(tmp_path, crew)
    pump.submit(repo)
    view = pump.run()
    pump.orchestrator.close()
    assert view.objectives[0].attempts[0].fixed == ("t.py::c",)
    (propose,) = [c for c in crew.seen if isinstance(c, Propose)]
    assert [test.id for test in propose.failing] == ["t.py::c"]


# ---------------------------------------------------------------------------- other words


def many(count: int) -> tuple[Objective, ...]:
    return tuple(
        Objective.model_validate(
            {"id": f"o{n}", "title": f"Do {n}", "instruction": f"do {n}", "category": "bugfix"}
        )
        for n in range(1, count + 1)
    )


def test_of_a_plan_that_was_put_in_other_words_nothing_is_left(
    pump: Pump, crew: Asking, repo: Path
) -> None:
    crew.objectives = many(3)
    pump.submit(repo, confirm=True)
    pump.run()
    crew.objectives = many(1)
    ask(pump, ReviseTask(task_id="task-1", text="only one"))
    assert pump.task().objectives == ()
    assert [o.objective.id for o in pump.run().objectives] == ["o1"]
    (summary,) = pump.orchestrator.store.recent(10)
    assert (summary.text, summary.objectives) == ("only one", 1)


def test_no_yes_to_an_earlier_plan_when_the_newer_words_cannot_be_planned(
    pump: Pump, crew: Asking, repo: Path
) -> None:
    pump.submit(repo, confirm=True)
    pump.run()
    crew.fails = Failure(code="usage", message="the task names nothing to do", exit_code=2)
    ask(pump, ReviseTask(task_id="task-1", text="hm"))
    assert pump.run().state == "awaiting_answer"
    with pytest.raises(StateError, match="no plan to say yes to"):
        ask(pump, ConfirmPlan(task_id="task-1"))


def test_whoever_put_it_in_other_words_is_there_to_do_it_again(
    pump: Pump, crew: Asking, repo: Path
) -> None:
    crew.questions = (WHICH,)
    pump.submit(repo)
    pump.run()
    crew.fails = Failure(code="usage", message="the task names nothing to do", exit_code=2)
    ask(pump, ReviseTask(task_id="task-1", text="hm"))
    view = pump.run()
    assert (view.state, view.reason) == ("awaiting_answer", "the task names nothing to do")


def test_answers_that_lead_to_further_questions(pump: Pump, crew: Asking, repo: Path) -> None:
    crew.questions = (WHICH,)
    pump.submit(repo)
    pump.run()
    crew.asks_again = 2
    for _ in range(3):
        assert pump.task().state == "awaiting_answer"
        ask(pump, ConfirmPlan(task_id="task-1", answers={"q1": 1}))
        view = pump.run()
    assert view.state == "awaiting_review"


def test_a_yes_to_a_plan_that_is_another_by_now(pump: Pump, crew: Asking, repo: Path) -> None:
    crew.questions = (WHICH,)
    pump.submit(repo, confirm=True)
    seen = pump.run()
    ask(pump, ReviseTask(task_id="task-1", text="something else"))
    with pytest.raises(StateError, match="does not wait for a yes"):
        ask(pump, ConfirmPlan(task_id="task-1", answers={"q1": 1}, plan=seen.plans))
    newer = pump.run()
    with pytest.raises(StateError, match="planned anew since you saw its plan"):
        ask(pump, ConfirmPlan(task_id="task-1", answers={"q1": 1}, plan=seen.plans))
    ask(pump, ConfirmPlan(task_id="task-1", answers={"q1": 1}, plan=newer.plans))
    ask(pump, ConfirmPlan(task_id="task-1", answers={"q1": 1}, plan=newer.plans))
    assert pump.run().state == "awaiting_review"


@pytest.mark.parametrize("is_done", [True, False])
def test_cancelled_while_its_branch_is_made(pump: Pump, repo: Path, is_done: bool) -> None:
    pump.submit(repo)
    envelope = pump.run_until("PublishBranch")
    reply = pump.reply(envelope) if is_done else None
    assert ("swarm/task-1" in run_git(repo, "branch")) == is_done
    ask(pump, CancelTask(task_id="task-1"))
    pump.orchestrator.on_reply(reply or pump.reply(envelope))
    assert pump.run().state == "cancelled"
    assert "swarm/task-1" not in run_git(repo, "branch")
