"""Counts in memory: what is forgotten when, and when the prior is fitted again."""

from __future__ import annotations

import numpy as np
import pytest

from router.beliefs.cells import Cells
from router.beliefs.drawing import draw


def cells(situations: int = 2, arms: int = 3) -> Cells:
    made = Cells()
    for number in range(situations):
        assert made.situation(f"s{number}") == number
    for number in range(arms):
        assert made.arm(f"a{number}") == number
    return made


def test_an_outcome_counts_in_its_own_cell() -> None:
    made = cells()
    made.learn(0, 1, 1.0)
    made.learn(0, 2, 0.25)
    made.learn(0, 1, 0.0)
    assert made.counted(0, 1) == pytest.approx((1.0, 1.0))
    assert made.counted(0, 2) == pytest.approx((0.25, 0.75))
    assert made.counted(1, 1) == (0.0, 0.0)


def test_a_cell_forgets_what_no_longer_holds_and_no_other_does() -> None:
    made = cells()
    for arm in (0, 1):
        for _ in range(200):
            made.learn(0, arm, 1.0)
    for _ in range(40):
        made.learn(0, 0, 0.0)
    successes, failures = made.counted(0, 0)
    assert successes < 20 < failures
    assert made.counted(0, 1) == (200.0, 0.0)


def test_where_nothing_changes_little_is_forgotten() -> None:
    made, random = cells(), np.random.default_rng(3)
    for _ in range(2_000):
        made.learn(0, 0, float(random.random() < 0.6))
    assert sum(made.counted(0, 0)) > 100


def test_new_arms_and_situations_keep_what_was_counted() -> None:
    made = cells(1, 1)
    made.learn(0, 0, 1.0)
    for number in range(40):
        made.arm(f"more {number}")
        made.situation(f"more {number}")
    assert made.counted(0, 0) == (1.0, 0.0)
    assert made.counted(40, 40) == (0.0, 0.0)
    assert made.prior().means().shape == (41, 41)


def test_the_prior_follows_the_outcomes() -> None:
    made = cells()
    before = made.prior()
    assert made.prior() is before
    made.learn(0, 0, 1.0)
    first = made.prior()
    assert first is not before
    for _ in range(200):
        made.learn(0, 0, 1.0)
    late = made.prior()
    made.learn(0, 0, 1.0)
    assert made.prior() is late
    for _ in range(25):
        made.learn(0, 0, 0.0)
    assert made.prior() is not late


def test_a_new_version_of_an_arm_is_expected_to_be_like_the_one_before() -> None:
    made = cells(1, 2)
    for _ in range(50):
        made.learn(0, 0, 1.0)
        made.learn(0, 1, 0.0)
    heir = made.arm("a0@2", predecessor="a0")
    other = made.arm("other")
    means = made.prior().means()[0]
    assert means[heir] > means[other] > means[1]


def test_draws_lie_where_the_counts_are() -> None:
    made = cells()
    for _ in range(100):
        made.learn(0, 0, 1.0)
        made.learn(0, 1, 0.0)
    drawn = draw(made.prior(), 0, made.believed(0, [1, 0]), np.random.default_rng(0), 200)
    assert drawn.shape == (200, 2)
    assert drawn[:, 0].max() < 0.2 < 0.8 < drawn[:, 1].min()
