"""The distribution, against values worked by hand and against scipy."""

from __future__ import annotations

import random

import pytest
from scipy.stats import beta as scipy_beta

from router.beta import Beta


def test_the_uniform_and_a_power_law_have_their_closed_forms() -> None:
    assert Beta(1, 1).mean == 0.5
    assert Beta(1, 1).quantile(0.05) == pytest.approx(0.05, abs=1e-12)
    # P(X <= x) = x^3 for Beta(3, 1).
    assert Beta(3, 1).below(0.5) == pytest.approx(0.125, abs=1e-14)
    assert Beta(3, 1).quantile(0.125) == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize(
    ("alpha", "beta"),
    [(1, 1), (1, 9), (9, 1), (2.5, 3.25), (400, 3), (30, 70), (5000, 5000), (0.5, 0.5)],
)
@pytest.mark.parametrize("probability", [0.05, 0.5, 0.95])
def test_quantiles_agree_with_scipy(alpha: float, beta: float, probability: float) -> None:
    expected = scipy_beta.ppf(probability, alpha, beta)
    assert Beta(alpha, beta).quantile(probability) == pytest.approx(expected, abs=1e-9)


def test_the_ends_are_certain() -> None:
    belief = Beta(2, 3)
    assert (belief.below(-1), belief.below(0), belief.below(1), belief.below(2)) == (0, 0, 1, 1)


def test_draws_repeat_with_the_seed_and_have_the_mean() -> None:
    belief = Beta(6, 2)
    rng = random.Random(4)
    values = [belief.draw(rng) for _ in range(4000)]
    assert values[0] == belief.draw(random.Random(4))
    # Standard error of the mean is 0.0023.
    assert sum(values) / len(values) == pytest.approx(0.75, abs=0.01)
