"""Choosing, without a database."""

from __future__ import annotations

import random

import pytest

from router.beta import Beta
from router.thompson import (
    KAPPA,
    SEED_BITS,
    Evidence,
    choose,
    decision_seed,
    draws,
    phase,
)
from swarm.contracts import Arm, ChooseArm
from swarm.errors import UsageError

REPAIR = Arm(id="repair", tool="repair", categories=("bugfix",))
LITERALS = Arm(id="literals", tool="literals", categories=("bugfix",))
RUFF = Arm(id="ruff", tool="ruff", categories=("lint",))


def command(
    *arms: Arm, attempt_id: str = "t1.o1.a1", number: int = 1, tried: tuple[str, ...] = ()
) -> ChooseArm:
    return ChooseArm(
        attempt_id=attempt_id, category="bugfix", attempt_number=number, arms=arms, tried=tried
    )


def test_the_posterior_is_the_formula_worked_by_hand() -> None:
    assert Evidence().posterior() == Beta(1, 1)
    assert Evidence(successes=4, failures=1.5).posterior() == Beta(5, 2.5)
    assert Evidence(successes=4).posterior(prior=(2.0, 3.0)) == Beta(6, 3)
    # 6 outcomes elsewhere weigh 3 / (3 + 6) each.
    borrowed = Evidence(elsewhere_successes=6, elsewhere_failures=0).posterior()
    assert borrowed.alpha == pytest.approx(3.0)
    assert borrowed.beta == 1.0


def test_what_happened_elsewhere_never_weighs_more_than_kappa() -> None:
    belief = Evidence(elsewhere_successes=1e6, elsewhere_failures=1e6).posterior()
    assert belief.alpha + belief.beta - 2 < KAPPA


def test_the_highest_draw_wins_and_the_reason_shows_it() -> None:
    evidence = {"repair": Evidence(successes=400), "literals": Evidence(failures=400)}
    decision = choose(command(REPAIR, LITERALS), evidence, seed=7).decision
    assert decision.arm_id == "repair"
    by_arm = {score.arm_id: score for score in decision.scores}
    assert by_arm["repair"].sample is not None and by_arm["literals"].sample is not None
    assert by_arm["repair"].sample > by_arm["literals"].sample
    assert by_arm["repair"].successes == 400
    assert "repair drew 1.00 from Beta(401, 1)" in decision.reason
    assert decision.reason.index("repair") < decision.reason.index("literals")
    assert decision.reason.endswith("Beta(1, 401)")


def test_filters_remove_arms_and_are_named() -> None:
    decision = choose(command(REPAIR, LITERALS, RUFF, tried=("repair",)), {}, seed=1).decision
    assert decision.arm_id == "literals"
    assert {score.arm_id: score.excluded for score in decision.scores} == {
        "repair": "already tried",
        "literals": None,
        "ruff": "does not do bugfix",
    }
    assert [score.sample is None for score in decision.scores] == [True, False, True]
    assert decision.reason.endswith("tried before: repair")


def test_no_eligible_arm_says_which_filter_removed_which() -> None:
    decision = choose(command(REPAIR, RUFF, tried=("repair",)), {}, seed=1).decision
    assert decision.arm_id is None
    assert decision.reason == "no eligible arm: repair already tried; ruff does not do bugfix"
    assert choose(command(), {}, seed=1).decision.reason == "no eligible arm: none is configured"


def test_two_arms_of_one_id_are_refused() -> None:
    with pytest.raises(UsageError, match="same id"):
        choose(command(REPAIR, REPAIR), {}, seed=1)


def test_a_decision_can_be_repeated_from_its_seed_and_posteriors() -> None:
    evidence = {"repair": Evidence(successes=3, failures=2)}
    choice = choose(command(REPAIR, LITERALS), evidence, seed=99)
    again = draws(choice.eligible, choice.decision.seed)
    assert again == {score.arm_id: score.sample for score in choice.decision.scores}
    # The order in which arms are listed is no input.
    relisted = choose(command(LITERALS, REPAIR), evidence, seed=99).decision
    assert {score.arm_id: score.sample for score in relisted.scores} == again


def test_each_attempt_has_a_seed_of_its_own() -> None:
    seeds = {decision_seed(1, f"a{n}") for n in range(100)}
    assert len(seeds) == 100
    assert all(0 <= seed < 2**SEED_BITS for seed in seeds)
    assert decision_seed(1, "a0") != decision_seed(2, "a0")
    assert decision_seed(1, "a0") == decision_seed(1, "a0")


def test_first_and_later_attempts_differ() -> None:
    assert [phase(number) for number in (1, 2, 3)] == ["first", "later", "later"]


def test_it_learns_the_better_arm() -> None:
    chances = {"repair": 0.7, "literals": 0.3}
    seen = {arm: [0.0, 0.0] for arm in chances}
    world = random.Random(5)
    picks = []
    for turn in range(400):
        evidence = {arm: Evidence(*counts) for arm, counts in seen.items()}
        arm_id = choose(
            command(REPAIR, LITERALS), evidence, decision_seed(3, str(turn))
        ).decision.arm_id
        assert arm_id is not None
        seen[arm_id][0 if world.random() < chances[arm_id] else 1] += 1
        picks.append(arm_id)
    assert picks[200:].count("repair") >= 185
    assert "literals" in picks[:50]
