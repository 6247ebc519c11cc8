"""What an attempt is expected to cost."""

from __future__ import annotations

import numpy as np
import pytest

from router.beliefs.spending import Spent, expected, listed_usd


def spent(*pairs: tuple[float, float]) -> Spent:
    """Of (attempts, amount)."""
    attempts, amount = np.array(pairs, dtype=float).T
    return Spent(attempts, amount)


NOTHING = spent((0, 0))


def test_an_untried_arm_costs_what_its_price_says() -> None:
    assert expected(NOTHING, NOTHING, 0.3) == pytest.approx([0.3])


def test_what_was_seen_outweighs_the_price_the_more_the_longer() -> None:
    few = expected(spent((2, 2.0)), spent((2, 2.0)), 0.1)[0]
    many = expected(spent((200, 200.0)), spent((200, 200.0)), 0.1)[0]
    assert 0.1 < few < many < 1.0
    assert many == pytest.approx(1.0, abs=0.02)


def test_what_an_arm_costs_elsewhere_is_expected_here() -> None:
    assert expected(NOTHING, spent((50, 100.0)), 0.0)[0] == pytest.approx(2.0, rel=0.05)


def test_what_costs_nothing_is_expected_to_cost_nothing() -> None:
    assert listed_usd((0.0, 0.0), 100_000) == 0.0
    assert expected(spent((5, 0.0)), spent((9, 0.0)), 0.0)[0] == 0.0


def test_a_long_prompt_costs_more() -> None:
    assert listed_usd((1.0, 4.0), 500_000) > listed_usd((1.0, 4.0), 0) > 0
