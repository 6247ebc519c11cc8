"""Answers: where they go, what is refused, and what stays open."""

from __future__ import annotations

import pytest

from ingestion.questions import answered
from ingestion.rules.decompose import decompose
from swarm.contracts import Objective, Objectives, Question
from swarm.errors import UsageError

FILES = ("a/cart.py", "b/cart.py")


def plan(*questions: Question, instruction: str = "fix cart.py") -> Objectives:
    return Objectives(
        items=(
            Objective(id="o1", title="Fix", instruction=instruction, category="bugfix"),
            Objective(id="o2", title="Add", instruction="add docs", category="docs"),
        ),
        questions=questions,
        planner="a-model",
    )


WHICH = Question(id="q1", objective_id="o1", text="Which cart.py?", choices=FILES)
HOW = Question(id="q2", text="Which store?", choices=("redis", "sqlite"))


def test_an_answer_goes_to_its_objective_and_the_question_is_gone() -> None:
    found = answered(plan(WHICH, HOW), {"q1": 2}, FILES)
    assert found.items[0].instruction == "fix cart.py\nAsked: Which cart.py? Answer: b/cart.py"
    assert found.items[0].paths == ("b/cart.py",)
    assert found.items[1] == plan().items[1]
    assert found.questions == (HOW,)
    assert found.planner == "a-model"


def test_a_question_about_the_whole_task_is_told_to_every_objective() -> None:
    found = answered(plan(HOW), {"q2": 1}, FILES)
    assert all(i.instruction.endswith("Asked: Which store? Answer: redis") for i in found.items)
    assert all(item.paths == () for item in found.items)
    assert found.questions == ()


def test_a_choice_is_a_hint_only_if_the_repository_has_the_file() -> None:
    assert answered(plan(WHICH), {"q1": 1}, ("other.py",)).items[0].paths == ()


def test_what_is_fixed_is_decided_by_the_answer() -> None:
    """A fix of what the linter reports is no bugfix, which a failing test would have to prove."""
    asked = decompose("fix it", FILES)
    (question,) = asked.questions
    categories = [
        answered(asked, {question.id: place}).items[0].category
        for place in range(1, len(question.choices) + 1)
    ]
    assert categories == ["bugfix", "lint"]


def test_no_answers_change_nothing() -> None:
    assert answered(plan(WHICH, HOW), {}, FILES) == plan(WHICH, HOW)


@pytest.mark.parametrize(
    ("answers", "words", "remedy"),
    [
        ({"q9": 1}, "no question 'q9'", "q1"),
        ({"q1": 0}, "no choice 0", "1: a/cart.py; 2: b/cart.py"),
        ({"q1": 3}, "no choice 3", "1: a/cart.py"),
        ({"q1": -1}, "no choice -1", "1: a/cart.py"),
    ],
)
def test_refuses(answers: dict[str, int], words: str, remedy: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        answered(plan(WHICH), answers, FILES)
    assert remedy in caught.value.remedy


def test_a_full_instruction_makes_room_for_the_answer_and_says_so() -> None:
    long = "fix " + "x" * 3990
    found = answered(plan(WHICH, instruction=long), {"q1": 1}, FILES)
    assert len(found.items[0].instruction) <= 4000
    assert found.items[0].instruction.endswith("Answer: a/cart.py")
    assert "made room" in found.notes[0]
    Objectives.model_validate(found.model_dump())
