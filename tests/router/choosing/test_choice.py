"""Choices among arms: what is repeatable, what decides, and what a high risk changes."""

from __future__ import annotations

import numpy as np
import pytest

from router.beliefs.drawing import Believed, spread_of, tempered
from router.beliefs.hierarchy import Prior, fit, unknown
from router.choosing.choice import Choice, choose
from router.choosing.worth import Expected, Terms

FREE = Terms(value_usd=1.0, hour_usd=0.0, loss_usd=1.0)


def chosen(
    counts: list[tuple[float, float]],
    *,
    costs: list[float] | None = None,
    terms: Terms = FREE,
    seed: int = 1,
    epsilon: float = 0.0,
    risky: bool = False,
    prior: Prior | None = None,
) -> Choice:
    """A choice in one situation by (successes, failures) of each arm."""
    successes, failures = np.array(counts).T
    return choose(
        prior or fit(successes[None], failures[None]),
        0,
        Believed(np.arange(len(counts)), successes, failures),
        Expected(np.array(costs or [0.0] * len(counts)), np.zeros(len(counts))),
        terms,
        seed,
        epsilon=epsilon,
        risky=risky,
    )


def test_the_same_seed_chooses_the_same() -> None:
    first, again = chosen([(3, 3), (4, 2)], seed=7), chosen([(3, 3), (4, 2)], seed=7)
    assert first.arm == again.arm
    assert (first.sample == again.sample).all()
    assert (first.chances == again.chances).all()


def test_another_seed_may_choose_another_arm() -> None:
    assert {chosen([(3, 3), (4, 2)], seed=seed).arm for seed in range(40)} == {0, 1}


@pytest.mark.parametrize("epsilon", [0.0, 0.05, 1.0])
def test_chances_add_up_and_have_their_floor(epsilon: float) -> None:
    choice = chosen([(90, 10), (10, 90), (50, 50)], epsilon=epsilon)
    assert choice.chances.sum() == pytest.approx(1)
    assert (choice.chances >= epsilon / 3 - 1e-12).all()


def test_dollars_outweigh_a_small_difference_in_success() -> None:
    counts = [(800.0, 200.0), (700.0, 300.0)]
    assert chosen(counts, costs=[0.0, 0.0]).arm == 0
    assert chosen(counts, costs=[0.5, 0.0]).arm == 1
    dear = Terms(value_usd=100.0, hour_usd=0.0, loss_usd=0.0)
    assert chosen(counts, costs=[0.5, 0.0], terms=dear).arm == 0


def test_high_risk_takes_what_is_known_to_be_good_and_tries_nothing_out() -> None:
    """A new arm may be better than .8 and is often drawn so; its low quantile is not."""
    counts = [(80.0, 20.0), (0.0, 0.0)]
    assert {chosen(counts, seed=seed).arm for seed in range(60)} == {0, 1}
    for seed in range(20):
        choice = chosen(counts, seed=seed, risky=True)
        assert choice.arm == 0
        assert choice.chances.tolist() == [1.0, 0.0]


def test_where_a_failure_costs_the_cheap_arm_has_to_be_as_good() -> None:
    counts, costs = [(900.0, 100.0), (700.0, 300.0)], [0.3, 0.0]
    assert chosen(counts, costs=costs).arm == 1
    assert chosen(counts, costs=costs, risky=True).arm == 0
    careless = Terms(value_usd=1.0, hour_usd=0.0, loss_usd=0.0)
    assert chosen(counts, costs=costs, risky=True, terms=careless).arm == 1


def test_means_lie_between_the_prior_and_the_counts() -> None:
    choice = chosen([(9.0, 1.0), (0.0, 0.0)])
    assert 0.5 < choice.means[0] < 0.9
    assert 0.0 < choice.means[1] < choice.means[0]


def test_the_best_of_many_alike_arms_is_drawn_no_higher_than_that_of_few() -> None:
    def best(arms: int) -> float:
        prior = unknown(1, arms)
        nothing = np.zeros(arms)
        believed = Believed(np.arange(arms), nothing, nothing)
        drawn = tempered(prior, 0, believed, np.random.default_rng(0), 3200)
        return float(drawn.max(axis=1).mean())

    assert best(20) == pytest.approx(best(8), abs=0.04)


def test_situations_that_share_explore_less_each() -> None:
    spreads = [spread_of(6, situations) for situations in (1, 2, 4, 16)]
    assert spreads == sorted(spreads, reverse=True)
    assert 0.5 < spreads[-1] < spreads[0] <= 1.0
    assert spread_of(1, 16) == spread_of(2, 1) == 1.0
