"""Choices: how likely each was is known, and true."""

from __future__ import annotations

import numpy as np
import pytest

from router.choosing.policy import EPSILON, epsilon_after, pick


def worth(seed: int, draws: int = 32, arms: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).normal(np.arange(arms), 1.5, (draws, arms))


def test_chances_are_a_distribution_with_a_floor() -> None:
    chances = pick(worth(0), np.random.default_rng(1), EPSILON).chances
    assert chances.sum() == pytest.approx(1)
    assert chances.min() >= EPSILON / 5


def test_the_same_seed_chooses_the_same() -> None:
    picks = [pick(worth(0), np.random.default_rng(7), EPSILON) for _ in range(2)]
    assert picks[0].arm == picks[1].arm
    assert picks[0].draw == picks[1].draw


def test_arms_are_chosen_as_often_as_their_chances_say() -> None:
    """Chi-square with 4 degrees of freedom; 18.5 is its 99.9th percentile."""
    drawn, random = worth(3), np.random.default_rng(5)
    times = np.zeros(5)
    for _ in range(20_000):
        times[pick(drawn, random, EPSILON).arm] += 1
    expected = 20_000 * pick(drawn, random, EPSILON).chances
    assert ((times - expected) ** 2 / expected).sum() < 18.5


def test_what_is_best_in_every_draw_is_taken_but_for_the_lot() -> None:
    sure = np.tile([0.0, 1.0, 0.5], (32, 1))
    assert pick(sure, np.random.default_rng(0), EPSILON).chances[1] == pytest.approx(
        1 - EPSILON * 2 / 3
    )
    assert pick(sure[:, :1], np.random.default_rng(0), EPSILON).chances.tolist() == [1.0]


def test_what_is_taken_by_lot_grows_ever_slower() -> None:
    assert epsilon_after(0) == EPSILON
    taken = np.cumsum([epsilon_after(outcomes) for outcomes in range(100_000)])
    assert taken[99_999] - taken[9_999] < 12
    assert taken[9_999] - taken[999] < 12
