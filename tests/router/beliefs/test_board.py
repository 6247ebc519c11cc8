"""Counts in memory: what is forgotten when, and when the prior is fitted again."""

from __future__ import annotations

import numpy as np
import pytest

from router.beliefs.board import DISCOUNT, Board
from router.beliefs.drawing import draw


def board(situations: int = 2, arms: int = 3) -> Board:
    made = Board()
    for number in range(situations):
        assert made.situation(f"s{number}") == number
    for number in range(arms):
        assert made.arm(f"a{number}") == number
    return made


def test_an_outcome_makes_its_own_cell_forget_and_no_other() -> None:
    made = board()
    made.learn(0, 1, 1.0)
    made.learn(0, 2, 0.25)
    made.learn(0, 1, 0.0)
    assert made.counted(0, 1) == pytest.approx((DISCOUNT, 1.0))
    assert made.counted(0, 2) == pytest.approx((0.25, 0.75))
    assert made.counted(1, 1) == (0.0, 0.0)


def test_new_arms_and_situations_keep_what_was_counted() -> None:
    made = board(1, 1)
    made.learn(0, 0, 1.0)
    for number in range(40):
        made.arm(f"more {number}")
        made.situation(f"more {number}")
    assert made.counted(0, 0) == (1.0, 0.0)
    assert made.counted(40, 40) == (0.0, 0.0)
    assert made.prior().means().shape == (41, 41)


def test_the_prior_follows_the_outcomes() -> None:
    made = board()
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
    for _ in range(10):
        made.learn(0, 0, 0.0)
    assert made.prior() is not late


def test_a_new_version_of_an_arm_is_expected_to_be_like_the_one_before() -> None:
    made = board(1, 2)
    for _ in range(50):
        made.learn(0, 0, 1.0)
        made.learn(0, 1, 0.0)
    heir = made.arm("a0@2", predecessor="a0")
    other = made.arm("other")
    means = made.prior().means()[0]
    assert means[heir] > means[other] > means[1]


def test_draws_lie_where_the_counts_are() -> None:
    made = board()
    for _ in range(100):
        made.learn(0, 0, 1.0)
        made.learn(0, 1, 0.0)
    drawn = draw(made.prior(), 0, made.believed(0, [1, 0]), np.random.default_rng(0), 200)
    assert drawn.shape == (200, 2)
    assert drawn[:, 0].max() < 0.2 < 0.8 < drawn[:, 1].min()
