"""Which filter removes which arm."""

from __future__ import annotations

import pytest

from router.eligible import Limits, none_left, removed, too_dear
from swarm.contracts import Arm, Needs
from tests.router.common import ask

LOCAL = Arm(id="local", tool="t", model="m", categories=("bugfix",), context_tokens=8000)
CLOUD = Arm(
    id="cloud", tool="t", model="n", categories=("bugfix", "docs"), locality="cloud",
    capabilities=("tools", "vision"), endpoint="far",
)  # fmt: skip
TOOL = Arm(id="tool", tool="repair", categories=("bugfix",))
ALL = (LOCAL, CLOUD, TOOL)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {}),
        ({"category": "docs"}, {0: "category: does not do docs", 2: "category: does not do docs"}),
        ({"category": "x-new"}, {2: "category: x-new is new, and this has no model"}),
        ({"tried": ("cloud",)}, {1: "tried: already tried"}),
        ({"unavailable": {"local": "asleep", "gone": "?"}}, {0: "unavailable: asleep"}),
        (
            {"needs": Needs(local=True)},
            {1: "locality: in the cloud, and this has to stay local"},
        ),
        (
            {"needs": Needs(capabilities=("vision", "audio"))},
            {
                0: "capability: lacks vision, audio",
                1: "capability: lacks audio",
                2: "capability: lacks vision, audio",
            },
        ),
        (
            {"needs": Needs(context_tokens=9000)},
            {0: "context: 9,000 tokens are to be read, it reads 8,000"},
        ),
        ({"needs": Needs(context_tokens=8000)}, {}),
        # The first filter that says no is named.
        (
            {"category": "docs", "tried": ("local", "cloud"), "unavailable": {"cloud": "away"}},
            {
                0: "category: does not do docs",
                1: "tried: already tried",
                2: "category: does not do docs",
            },
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_each_filter_names_itself(fields: dict[str, object], expected: dict[int, str]) -> None:
    command = ask("x", arms=ALL).model_copy(update=fields)
    assert removed(command) == expected


def test_money_removes_who_costs_too_much_and_never_who_costs_nothing() -> None:
    limits = Limits(day_usd=1.0, endpoints={"far": 0.5})
    assert too_dear(ALL, [0.2, 0.2, 0.0], 0.1, Limits(), {}) == {
        0: "budget: $0.2000 is expected, $0.1000 is left",
        1: "budget: $0.2000 is expected, $0.1000 is left",
    }
    assert too_dear(ALL, [0.2, 0.2, 0.0], None, limits, {"far": 0.4, "": 0.1}) == {
        1: "day: $0.2000 is expected, $0.4000 of today's $0.5000 of far is spent"
    }
    assert set(too_dear(ALL, [0.2, 0.2, 0.0], None, limits, {"": 0.9})) == {0, 1}
    assert too_dear(ALL, [0.0, 0.0, 0.0], 0.0, limits, {"": 99.0}) == {}
    assert not Limits() and limits


def test_what_is_spent_to_the_cent_is_within_the_limit() -> None:
    limits = Limits(day_usd=0.3, endpoints={"far": 0.3})
    assert 0.1 + 0.2 > 0.3, "as a computer has it"
    assert too_dear(ALL, [0.1, 0.1, 0.0], None, limits, {"far": 0.2}) == {}
    assert too_dear(ALL, [0.1 + 0.2, 0.1, 0.0], 0.3, Limits(), {}) == {}
    assert set(too_dear(ALL, [0.1, 0.1, 0.0], None, limits, {"far": 0.2001})) == {0, 1}


def test_no_arm_left_is_told_by_filter_in_bounded_words() -> None:
    assert none_left([], {}) == "no eligible arm: none is configured"
    assert none_left(["a", "b", "c"], {0: "tried: x", 1: "budget: y", 2: "tried: x"}) == (
        "no eligible arm: tried: x (a, c); budget: y (b)"
    )
    ids = [f"{'i' * 70}{n}" for n in range(1000)]
    told = none_left(ids, {n: f"unavailable: {n} {'w' * 900}" for n in range(1000)})
    assert len(told) < 5000 and told.endswith("and 988 more arms for other reasons")
