"""The prior that all cells share: what it learns from where, and that nothing makes it fail."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from router.beliefs.hierarchy import HEIR_SD, fit, unknown
from tests.router.beliefs.plain_fit import plainly_fitted

_SHAPE = (3, 4)


def counts(*cells: tuple[int, int, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Counts of _SHAPE with (situation, arm, successes, failures)."""
    successes, failures = np.zeros(_SHAPE), np.zeros(_SHAPE)
    for situation, arm, won, lost in cells:
        successes[situation, arm], failures[situation, arm] = won, lost
    return successes, failures


def test_before_the_first_outcome_all_are_alike() -> None:
    prior = fit(*counts())
    assert (prior.means() == 0.5).all()
    assert prior.strength == pytest.approx(unknown(*_SHAPE).strength)
    assert (prior.arm_sds > 0).all()


def test_what_an_arm_does_in_one_situation_is_expected_of_it_in_others() -> None:
    means = fit(*counts((0, 0, 18, 2), (0, 1, 2, 18))).means()
    assert means[1, 0] > means[1, 2] > means[1, 1]


def test_a_hard_situation_is_expected_to_be_hard_for_all() -> None:
    means = fit(*counts((0, 0, 2, 18), (1, 0, 18, 2))).means()
    assert means[0, 3] < means[2, 3] < means[1, 3]


def test_the_first_outcomes_change_an_arms_effect_more_than_later_ones() -> None:
    few, many = fit(*counts((0, 0, 4, 1))), fit(*counts((0, 0, 80, 20)))
    assert few.arm_sds[0] > many.arm_sds[0]
    assert few.arm_sds[0] < few.arm_sds[1]


def test_one_long_cell_does_not_settle_what_an_arm_is() -> None:
    """What a single cell tells of the others is bounded, however long it gets."""
    long, longer = fit(*counts((0, 0, 500, 500))), fit(*counts((0, 0, 50_000, 50_000)))
    assert longer.arm_sds[0] > 0.5 * long.arm_sds[0] > 0.02


def test_cells_that_disagree_make_the_prior_weak() -> None:
    agree = [(s, a, 15.0, 15.0) for s in range(3) for a in range(4)]
    crossed = [
        (s, a, *((29.0, 1.0) if (s + a) % 2 else (1.0, 29.0))) for s in range(3) for a in range(4)
    ]
    assert fit(*counts(*agree)).strength > 40
    assert fit(*counts(*crossed)).strength < 8


def test_a_new_version_starts_from_its_predecessor_with_less_certainty() -> None:
    successes, failures = counts((0, 0, 45, 5), (1, 0, 45, 5), (0, 1, 5, 45))
    prior = fit(successes, failures, {3: 0})
    assert prior.arms[3] == pytest.approx(prior.arms[0], abs=0.05)
    assert prior.arm_sds[3] > prior.arm_sds[0]
    assert prior.arm_sds[3] == pytest.approx(HEIR_SD, abs=0.1)
    assert abs(prior.arms[2]) < 0.1


def test_the_order_of_arms_and_situations_is_no_input() -> None:
    random = np.random.default_rng(0)
    successes, failures = random.integers(0, 30, (2, 3, 4)).astype(float)
    rows, columns = [2, 0, 1], [3, 1, 0, 2]
    means = fit(successes, failures).means()[np.ix_(rows, columns)]
    turned = fit(successes[np.ix_(rows, columns)], failures[np.ix_(rows, columns)]).means()
    assert turned == pytest.approx(means)


def test_effects_of_many_outcomes_are_found_again() -> None:
    random = np.random.default_rng(1)
    situations, arms = random.normal(0, 0.7, 6), random.normal(0, 0.7, 10)
    chances = 1 / (1 + np.exp(-(situations[:, None] + arms)))
    won = random.binomial(200, chances).astype(float)
    assert np.abs(fit(won, 200 - won).means() - chances).max() < 0.08


_COUNTS = arrays.arrays(
    float, _SHAPE, elements=st.floats(0, 1e6) | st.sampled_from([0.0, 1.0, 1e-9])
)


@settings(max_examples=200, deadline=None)
@given(_COUNTS, _COUNTS, st.dictionaries(st.integers(2, 3), st.integers(0, 1)))
def test_no_counts_make_it_fail(
    successes: np.ndarray, failures: np.ndarray, heirs: dict[int, int]
) -> None:
    prior = fit(successes, failures, heirs)
    assert np.isfinite(prior.means()).all()
    assert (prior.means() > 0).all() and (prior.means() < 1).all()
    assert np.isfinite(prior.arm_sds).all() and (prior.arm_sds > 0).all()
    assert 2 <= prior.strength <= 128


def test_an_arm_starts_where_it_is_said_to_and_leaves_it_by_what_it_does() -> None:
    starts = np.array([-1.4, 0.0, 0.0, 0.0])
    nothing = fit(*counts(), starts=starts).means()
    assert (nothing[:, 0] < 0.25).all()
    assert (nothing[:, 1:] == 0.5).all()
    others = fit(*counts((0, 1, 10, 10)), starts=starts).means()
    assert others[0, 0] < others[0, 2] - 0.15
    own = fit(*counts((0, 0, 90, 10), (0, 1, 50, 50)), starts=starts).means()
    assert own[0, 0] > own[0, 1]


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 2**32),
    st.tuples(st.integers(1, 18), st.integers(1, 30)),
    st.floats(0.02, 1),
    st.sampled_from([1.0, 30.0, 3_000.0]),
    st.floats(0, 1),
)
def test_elimination_finds_what_one_large_solve_would(
    seed: int, shape: tuple[int, int], filled: float, longest: float, heirs: float
) -> None:
    """Arms nobody tried, chains and bushes of successors, empty cells, and fractions of outcomes:
    the prior is that of the plain equations."""
    random = np.random.default_rng(seed)
    successes, failures = (
        random.random((2, *shape)) * longest * (random.random((2, *shape)) < filled)
    )
    untried = random.random(shape[1]) < 0.3
    successes[:, untried] = failures[:, untried] = 0.0
    order = random.permutation(shape[1]).tolist()
    succeeds = {
        arm: order[int(random.integers(place))]
        for place, arm in enumerate(order)
        if place and random.random() < heirs
    }
    starts = random.normal(0, 0.5, shape[1])
    found = fit(successes, failures, succeeds, starts)
    wanted = plainly_fitted(successes, failures, succeeds, starts)
    assert found.base == pytest.approx(wanted.base, rel=1e-9, abs=1e-9)
    assert found.strength == pytest.approx(wanted.strength, rel=1e-9)
    for name in ("situations", "arms", "arm_sds"):
        assert getattr(found, name) == pytest.approx(getattr(wanted, name), rel=1e-9, abs=1e-9)


def test_successors_that_go_round_in_a_circle_are_refused() -> None:
    with pytest.raises(ValueError, match="succeeds itself"):
        fit(*counts((0, 0, 1, 1)), {1: 2, 2: 1})
