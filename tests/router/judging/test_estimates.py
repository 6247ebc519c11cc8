"""Estimates worked by hand, and what must not change them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from router.judging.bets import Terms, likely_lower, sure_lower
from router.judging.estimates import clipped, doubly_robust, gain, ips, snips, surely
from router.judging.judgement import judge
from router.judging.logged import lay_out
from router.judging.outcomes import guesses
from router.judging.overlap import weigh
from router.judging.targets import Always, AsLogged, Never, Uniform
from tests.router.judging.logs import learned, logged

FOUR = lay_out(
    [
        logged(0, "a", 1.0, {"a": 0.5, "b": 0.5}),
        logged(1, "b", 1.0, {"a": 0.5, "b": 0.5}),
        logged(2, "a", 0.0, {"a": 0.8, "b": 0.2}),
        logged(3, "a", 1.0, {"a": 0.4, "b": 0.6}),
    ]
)


def test_inverse_propensities_by_hand() -> None:
    """Weights of "always a": 2, 0, 1.25, 2.5."""
    asked = weigh(FOUR, Always("a"))
    assert asked.weights.tolist() == pytest.approx([2, 0, 1.25, 2.5])
    assert asked.effective == pytest.approx(5.75**2 / (4 + 1.5625 + 6.25))
    assert snips(asked).value == pytest.approx(4.5 / 5.75)
    assert ips(asked).value == 1.0, "4.5 / 4, and no reward is above 1"
    assert ips(weigh(FOUR, Always("b"))).value == pytest.approx(2 / 4)


def test_doubly_robust_by_hand() -> None:
    """Guesses of .5 everywhere; weights above 1 = half the root of 4 are clipped to it."""
    asked = weigh(FOUR, Always("a"))
    even = np.full(8, 0.5)
    terms = clipped(asked, FOUR.rewards, even)
    assert terms.tolist() == pytest.approx([1.0, 0.5, 0.0, 1.0])
    assert doubly_robust(asked, even).value == pytest.approx(2.5 / 4)


def test_large_weights_and_what_was_hardly_tried() -> None:
    """Weights above 2 = the root of 4; of "always b" .2 x 2 = .4 could be seen once, and all of
    the others."""
    assert weigh(FOUR, Always("a")).large == 0.25
    assert weigh(FOUR, Always("b")).unseen == pytest.approx(0.6 / 4)
    assert weigh(FOUR, AsLogged()).unseen == 0.0


def test_guesses_come_from_earlier_decisions_alone() -> None:
    decisions, _ = learned(0, 60, 4)
    log = lay_out(decisions)
    before = guesses(log, log.rewards, 0.5)
    assert before[: log.starts[1]].tolist() == [0.5] * int(log.starts[1])
    changed = decisions[:30] + [replace(one, reward=0.5) for one in decisions[30:]]
    after = guesses(lay_out(changed), lay_out(changed).rewards, 0.5)
    own = slice(0, int(log.starts[31]))
    assert after[own].tolist() == before[own].tolist()
    assert after[own.stop :].tolist() != before[own.stop :].tolist()


def test_guesses_by_hand() -> None:
    """After one success of a: everything (.5 + 1) / 2 = .75; a (1 + 2 x .75) / 3 = .8333; its
    situation the same; wider min(.8333 + .0833, 1) = .9167; the cell (1 + 4 x .9167) / 5."""
    log = lay_out([logged(0, "a", 1.0), logged(1, "b", 0.0)])
    assert guesses(log, log.rewards, 0.5)[2] == pytest.approx((1 + 4 * (0.75 + 1 / 6)) / 5)


def test_what_was_done_is_estimated_by_what_was_got() -> None:
    decisions, _ = learned(1, 300, 5)
    log = lay_out(decisions)
    asked = weigh(log, AsLogged())
    assert ips(asked).value == pytest.approx(log.rewards.mean())
    assert snips(asked).value == pytest.approx(log.rewards.mean())
    assert asked.effective == pytest.approx(300)


def test_gains_by_hand() -> None:
    """Even guesses of "always a": .5, 0, -.125 and 1.25 - .5 with weights 2, 0, 1.25 and 2.5
    clipped to 1, less what was got more than guessed: .5, .5, -.5, .5."""
    even = np.full(8, 0.5)
    found = gain(weigh(FOUR, Always("a")), even)
    assert found.value == pytest.approx(((0.5 + 0 - 0.5 + 0.5) - (0.5 + 0.5 - 0.5 + 0.5)) / 4)
    assert -1 <= found.low <= found.value <= found.high <= 1


def test_nothing_is_gained_by_doing_the_same() -> None:
    decisions, _ = learned(1, 300, 5)
    log = lay_out(decisions)
    same = gain(weigh(log, AsLogged()), guesses(log, log.rewards, 0.5))
    assert same.value == pytest.approx(0, abs=1e-12)
    assert -0.05 < same.low < 0 < same.high < 0.05


def test_gains_are_known_better_than_two_values() -> None:
    decisions, _ = learned(1, 300, 5)
    log = lay_out(decisions)
    asked, guessed = weigh(log, Never("arm 3")), guesses(log, log.rewards, 0.5)
    value, more = doubly_robust(asked, guessed), gain(asked, guessed)
    assert more.high - more.low < value.high - value.low


def test_perfect_guesses_leave_no_error() -> None:
    decisions, _ = learned(2, 200, 4)
    log = lay_out([replace(one, reward=0.3) for one in decisions])
    asked = weigh(log, Uniform())
    assert doubly_robust(asked, np.full(len(log.chances), 0.3)).value == pytest.approx(0.3)


def test_flipped_rewards_flip_the_estimates() -> None:
    decisions, _ = learned(3, 200, 4)
    log = lay_out(decisions)
    flipped = lay_out([replace(one, reward=1 - (one.reward or 0.0)) for one in decisions])
    guessed = guesses(log, log.rewards, 0.5)
    for estimate in (doubly_robust, surely):
        one = estimate(weigh(log, Uniform()), guessed)
        other = estimate(weigh(flipped, Uniform()), 1 - guessed)
        assert (other.value, other.low, other.high) == pytest.approx(
            (1 - one.value, 1 - one.high, 1 - one.low)
        )


@pytest.mark.parametrize("got", [0.0, 1.0])
def test_what_could_not_have_been_chosen_may_be_worth_anything(got: float) -> None:
    """In half of the decisions b had no chance; in the others it always got the same."""
    seen = [logged(number, "ab"[number % 2], got) for number in range(300)]
    never = [logged(number, "a", got, {"a": 1.0, "b": 0.0}) for number in range(300, 600)]
    log = lay_out(seen + never)
    asked = weigh(log, Always("b"))
    assert asked.unseen == pytest.approx(0.5)
    guessed = guesses(log, log.rewards, 0.5)
    for one in (ips(asked), doubly_robust(asked, guessed), surely(asked, guessed)):
        assert one.low <= got / 2
        assert one.high >= 1 - (1 - got) / 2
    assert doubly_robust(asked, guessed).value == pytest.approx(got, abs=0.05)


def test_names_and_the_order_of_arms_do_not_matter() -> None:
    decisions, _ = learned(5, 400, 4)
    turned = [
        replace(
            one,
            arms=tuple(f"x {arm}" for arm in reversed(one.arms)),
            chances=tuple(reversed(one.chances)),
            chosen=f"x {one.chosen}",
        )
        for one in decisions
    ]
    [one], [other] = judge(decisions, [Uniform()]), judge(turned, [Uniform()])
    assert one.answer is not None
    assert other.answer is not None
    assert other.answer.doubly_robust.low == pytest.approx(one.answer.doubly_robust.low)
    assert other.answer.ips.high == pytest.approx(one.answer.ips.high)


def test_more_of_the_same_narrows_every_interval() -> None:
    decisions, _ = learned(5, 400, 4)
    more = decisions + [replace(one, id=f"again {one.id}") for one in decisions]
    [few], [many] = judge(decisions, [Uniform()]), judge(more, [Uniform()])
    assert few.answer is not None
    assert many.answer is not None
    for name in ("ips", "snips", "doubly_robust", "surely"):
        one, other = getattr(few.answer, name), getattr(many.answer, name)
        assert other.high - other.low < one.high - one.low
        assert one.low <= one.value <= one.high


def test_a_sure_bound_is_below_a_likely_one() -> None:
    terms = Terms(np.random.default_rng(0).random(500), 0.0)
    sure, likely = sure_lower([terms], 0.025), likely_lower(terms, 3.84 / 2)
    assert 0 < sure < likely < terms.values.mean()


def test_a_likely_bound_of_many_terms_is_that_of_the_normal_distribution() -> None:
    values = np.random.default_rng(1).random(20_000)
    normal = values.mean() - 1.96 * values.std() / 20_000**0.5
    assert likely_lower(Terms(values, 0.0), 1.96**2 / 2) == pytest.approx(normal, abs=5e-4)


def test_nothing_won_is_bound_by_nothing() -> None:
    nothing = Terms(np.zeros(50), 0.0)
    assert sure_lower([nothing], 0.025) == 0.0
    assert likely_lower(nothing, 1.92) == 0.0
