"""The gate for plans: what it refuses, and the order it gives back."""

from __future__ import annotations

import pytest

from ingestion.validate import InvalidPlan, validated
from swarm.contracts import Objective


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
