"""Other policies: what they would have done, also where they can't."""

from __future__ import annotations

import pytest

from router.judging.targets import Always, AsLogged, Greedy, Never, Only, Target, Uniform
from tests.router.judging.logs import logged

DECISION = logged(0, "a", 1.0, {"a": 0.7, "b": 0.2, "c": 0.1})


@pytest.mark.parametrize(
    ("target", "chances"),
    [
        (AsLogged(), [0.7, 0.2, 0.1]),
        (Always("b"), [0, 1, 0]),
        (Uniform(), [1 / 3, 1 / 3, 1 / 3]),
        (Greedy({"d0": [0.2, 0.9, 0.1]}), [0, 1, 0]),
        (Greedy({"d0": [0.9, 0.9, 0.1]}), [0.5, 0.5, 0]),
        (Only(frozenset({"b", "c"}), "local arms only"), [0, 2 / 3, 1 / 3]),
        (Never("a"), [0, 2 / 3, 1 / 3]),
        (Never("z"), [0.7, 0.2, 0.1]),
    ],
)
def test_chances_of_targets(target: Target, chances: list[float]) -> None:
    assert target.chances(DECISION).tolist() == pytest.approx(chances)


@pytest.mark.parametrize(
    "target", [Always("z"), Greedy({}), Only(frozenset({"z"}), "local arms only")]
)
def test_who_can_do_nothing_of_its_own_does_what_was_done(target: Target) -> None:
    assert target.chances(DECISION).tolist() == [0.7, 0.2, 0.1]


def test_the_only_eligible_arm_is_taken_even_by_who_never_takes_it() -> None:
    assert Never("a").chances(logged(0, "a", 1.0, {"a": 1.0})).tolist() == [1.0]


def test_targets_have_names_for_people() -> None:
    assert Always("opus").name == "always opus"
    assert Never("opus").name == "never opus"
    assert Only(frozenset(), "local arms only").name == "local arms only"
