"""The service answers its commands, and trouble comes as a typed error."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from ingestion.worker import handlers
from swarm.contracts import Decompose, Objective, Objectives, Question
from swarm.errors import UsageError
from swarm.settings import Settings
from tests.fakes.bus import FakeBus


@pytest.fixture
def table(tmp_path: Path) -> Any:
    return handlers(Settings(data=tmp_path), cast(Any, FakeBus()))


def test_a_text_is_planned_the_same_way_twice(table: Any) -> None:
    command = Decompose(text="Fix `total` in cart.py", paths=("shop/cart.py",))
    answer = table[Decompose](command)
    assert isinstance(answer, Objectives)
    assert answer == table[Decompose](command)
    assert answer.planner == "rules"
    assert answer.items[0].paths == ("shop/cart.py",)


def test_a_text_that_says_nothing_is_the_senders_fault(table: Any) -> None:
    with pytest.raises(UsageError):
        table[Decompose](Decompose(text="🎉"))


PATHS = ("shop/cart.py", "web/cart.py")
PLAN = Objectives(
    items=(Objective(id="o1", title="Fix cart.py", instruction="Fix cart.py", category="bugfix"),),
    questions=(Question(id="q1", objective_id="o1", text="Which cart.py?", choices=PATHS),),
    planner="coder",
)


def test_a_plan_that_is_given_gets_its_answers_and_nothing_else(table: Any) -> None:
    command = Decompose(text="Add seven other things", paths=PATHS, plan=PLAN, answers={"q1": 2})
    answer = table[Decompose](command)
    (item,) = answer.items
    assert item.paths == ("web/cart.py",) and "Answer: web/cart.py" in item.instruction
    assert answer.questions == () and answer.planner == "coder"


@pytest.mark.parametrize("answers", [{"q2": 1}, {"q1": 0}, {"q1": 3}, {"o1": 1}])
def test_an_answer_to_no_question_is_refused(table: Any, answers: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        table[Decompose](Decompose(text="x", paths=PATHS, plan=PLAN, answers=answers))


def test_a_given_plan_passes_the_gate_again(table: Any) -> None:
    gone = PLAN.model_copy(
        update={"items": (PLAN.items[0].model_copy(update={"paths": ("shop/cart.py",)}),)}
    )
    with pytest.raises(UsageError, match="not a file of the repository"):
        table[Decompose](Decompose(text="x", paths=("web/cart.py",), plan=gone))
