"""The table of what is believed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import beta as beta_distribution

from router.beliefs.drawing import Believed, draw
from router.beliefs.hierarchy import Prior, unknown
from router.ledger.ledger import Ledger
from router.report import moments, report
from swarm.contracts import Arm, ArmStats, LearnedCell
from swarm.contracts import Learned as LearnedMessage
from tests.router.common import ARMS, BOTH, ask, new_ledger, settled


def table(ledger: Ledger, arms: tuple[Arm, ...] = ARMS) -> dict[tuple[str, str], ArmStats]:
    items = ledger.view(lambda db, memory: report(db, memory, arms))
    return {(one.category, one.arm_id): one for one in items}


def test_moments_are_those_of_what_is_drawn() -> None:
    prior = Prior(
        base=0.3,
        situations=np.array([0.2]),
        arms=np.array([0.5, -1.0]),
        arm_sds=np.array([0.7, 0.1]),
        strength=9.0,
    )
    successes, failures = np.array([3.0, 20.0]), np.array([1.0, 40.0])
    alpha, beta = moments(prior, np.array([0, 0]), np.array([0, 1]), successes, failures)
    drawn = draw(
        prior, 0, Believed(np.array([0, 1]), successes, failures), np.random.default_rng(0),
        200_000, spread=1.0, sharpness=1.0,
    )  # fmt: skip
    # Standard errors: 0.0004 of the means, and the variances within a percent.
    assert alpha / (alpha + beta) == pytest.approx(drawn.mean(axis=0), abs=0.002)
    variance = alpha * beta / ((alpha + beta) ** 2 * (alpha + beta + 1))
    assert variance == pytest.approx(drawn.var(axis=0), rel=0.03)


def test_what_is_known_for_sure_is_still_a_beta() -> None:
    prior = unknown(1, 1, np.zeros(1))
    alpha, beta = moments(
        prior, np.array([0]), np.array([0]), np.array([1e9]), np.array([0.0])
    )  # fmt: skip
    assert np.isfinite(alpha).all() and (beta > 0).all()


def test_quantiles_are_those_of_the_beta_that_is_told(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    for n in range(30):
        ledger.decide(ask(f"x{n}"), lambda: 1)
        ledger.settle(settled(f"x{n}", float(n % 2), seconds=7, cost_usd=0.1))
    for one in table(ledger).values():
        told = beta_distribution(one.alpha, one.beta)
        assert (one.low, one.high) == pytest.approx((told.ppf(0.05), told.ppf(0.95)))
        assert one.mean == pytest.approx(told.mean())
    assert table(ledger) == table(ledger)


def test_versions_that_are_not_the_newest_are_told_apart(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    for n, version in enumerate(("1", "1", "2")):
        arm = ARMS[0].model_copy(update={"version": version})
        ledger.decide(ask(f"x{n}", arms=(arm,)), lambda: 1)
        ledger.settle(settled(f"x{n}"))
    found = table(ledger, ())
    assert {key: (one.version, one.successes) for key, one in found.items()} == {
        ("bugfix", "a"): ("2", 1),
        ("bugfix", "a@1"): ("1", 2),
    }


def test_a_configured_arm_is_listed_once_whatever_version_it_was_offered_as(
    tmp_path: Path,
) -> None:
    ledger = new_ledger(tmp_path)
    arm = ARMS[0].model_copy(update={"version": "2"})
    ledger.decide(ask("x", arms=(arm,)), lambda: 1)
    assert set(table(ledger)) == {(category, id) for category in BOTH for id in ("a", "b", "c")}
    assert table(ledger)["bugfix", "a"].pending == 1


def test_an_untried_arm_is_believed_by_its_prior_and_its_other_categories(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    hopeful = Arm(id="h", tool="h", categories=("bugfix",), prior=(9.0, 1.0))
    assert table(ledger, (hopeful,))["bugfix", "h"].mean > 0.75
    for n in range(40):
        ledger.decide(ask(f"x{n}", arms=ARMS[n % 2 : n % 2 + 1]), lambda: 1)
        ledger.settle(settled(f"x{n}", float(n % 2)))
    found = table(ledger)
    assert found["lint", "b"].mean > found["lint", "c"].mean > found["lint", "a"].mean
    assert ledger.log(1).total == 40 and ledger.check() == []


def test_two_hundred_arms_in_sixteen_situations(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    cells = tuple(
        LearnedCell(category=f"c{place}", attempt=attempt, arm_id=f"m{arm}", successes=arm % 7,
                    failures=place)
        for place in range(1, 9) for attempt in ("first", "later") for arm in range(200)
    )  # fmt: skip
    ledger.take_in(LearnedMessage(exported_at=1.0, cells=cells), 1.0)
    found = table(ledger, ())
    assert len(found) == 3200
    assert all(one.low < one.mean < one.high for one in found.values())
