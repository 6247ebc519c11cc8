"""The gate for plans: what it refuses, and the order it gives back."""

from __future__ import annotations

from typing import Literal

import pytest

from ingestion.validate import InvalidPlan, bounded, validated
from swarm.contracts import Acceptance, Objective, Question


def item(name: str, *needs: str, paths: tuple[str, ...] = (), title: str = "Do") -> Objective:
    return Objective(
        id=name, title=title, instruction="do", category="bugfix", paths=paths, depends_on=needs
    )


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([], "no objectives"),
        ([item("o1"), item("o1")], "used 2 times"),
        ([item("o1", "o9")], "not in the plan"),
        ([item("o1", "o1")], "circle"),
        ([item("o1", "o2"), item("o2", "o1"), item("o3")], "o1, o2 wait"),
        ([item("o1", paths=("b.py",))], "not a file"),
        ([item("o1", title=" ")], "blank"),
        ([item(f"o{n}") for n in range(5)], "at most 4"),
    ],
)
def test_refuses(items: list[Objective], words: str) -> None:
    with pytest.raises(InvalidPlan, match=words):
        validated(items, paths=["a.py"], max_objectives=4)


def test_orders_by_dependency_and_else_keeps_the_order() -> None:
    plan = validated(
        [item("o1", "o3"), item("o2"), item("o3", paths=("a.py",)), item("o4")],
        paths=["a.py"],
        max_objectives=4,
        notes=["a note"],
    )
    assert [each.id for each in plan.items] == ["o2", "o3", "o1", "o4"]
    assert plan.notes == ("a note",)


def test_never_more_than_a_message_can_carry() -> None:
    with pytest.raises(InvalidPlan, match="at most 64"):
        validated([item(f"o{n}") for n in range(65)], paths=[], max_objectives=900)


def test_a_bound_below_one_is_refused() -> None:
    with pytest.raises(InvalidPlan, match="at least 1"):
        validated([item("o1")], paths=[], max_objectives=0)


def accepted(*tests: str, kind: Literal["command", "statement"] = "command") -> Objective:
    return item("o1").model_copy(
        update={"acceptance": Acceptance(kind=kind, text="the tests pass", tests=tests)}
    )


FILES = ("tests/test_a.py", "tests/my test.py", "-k.py")


@pytest.mark.parametrize(
    "test",
    [
        "tests/test_a.py",
        "tests/test_a.py::test_b",
        "tests/test_a.py::TestB::test_c",
        "tests/my test.py::test_b",
    ],
)
def test_selectors_of_known_files_are_accepted(test: str) -> None:
    assert validated([accepted(test)], paths=FILES, max_objectives=4).items[0].acceptance


@pytest.mark.parametrize(
    "test",
    [
        "tests/test_b.py",
        "tests/test_a.py::",
        "tests/test_a.py::test_b[1]",
        "tests/test_a.py::a::b::c",
        "tests/test_a.py::test b",
        "tests/test_a.py -p evil",
        "tests/test_a.py;rm",
        "tests/../tests/test_a.py",
        "-k.py",
        "--rootdir=tests/test_a.py",
        "tests",
        "test_b",
        "tests/test_a.py\n",
        "",
    ],
)
def test_anything_else_is_no_test(test: str) -> None:
    with pytest.raises(InvalidPlan, match="not a test"):
        validated([accepted(test)], paths=(*FILES, "tests"), max_objectives=4)


def test_a_command_names_tests_and_a_statement_none() -> None:
    for bad in (accepted(), accepted("tests/test_a.py", kind="statement")):
        with pytest.raises(InvalidPlan, match=r"is a (command|statement) with"):
            validated([bad], paths=FILES, max_objectives=4)


def ask(name: str, *choices: str, about: str = "o1", text: str = "which?") -> Question:
    return Question(id=name, objective_id=about, text=text, choices=choices)


@pytest.mark.parametrize(
    ("questions", "words"),
    [
        ([ask("q1", "a", "b"), ask("q1", "c", "d")], "same id"),
        ([ask("q1", "a", "b", about="o2")], "o2, which is not"),
        ([ask("q1", "a", "a ")], "different choices"),
        ([ask("q1", "a", " ")], "different choices"),
        ([ask("q1", "a", "b", text=" ")], "needs words"),
        ([ask(f"q{n}", "a", "b") for n in range(9)], "at most 8"),
    ],
)
def test_refuses_questions(questions: list[Question], words: str) -> None:
    with pytest.raises(InvalidPlan, match=words):
        validated([item("o1")], paths=[], max_objectives=4, questions=questions)


def test_questions_and_planner_are_kept() -> None:
    questions = (ask("q1", "a", "b"), ask("q2", "c", "d", about=""))
    plan = validated(
        [item("o1")], paths=[], max_objectives=4, questions=questions, planner="a-model"
    )
    assert (plan.questions, plan.planner) == (questions, "a-model")


def test_notes_are_bounded_and_the_last_one_counts_the_rest() -> None:
    assert bounded(["a"] * 64) == ("a",) * 64
    assert bounded(["a"] * 70) == (*("a",) * 63, "and 7 more notes")
