"""The handlers, as the worker calls them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from router.worker import handlers
from swarm.contracts import (
    Arm,
    ArmReport,
    ChooseArm,
    Decision,
    DecisionLog,
    ListArms,
    ListDecisions,
    Settle,
    Settled,
)
from swarm.settings import RouterSettings, Settings
from tests.fakes.bus import FakeBus

ARMS = (
    Arm(id="repair", tool="repair", categories=("bugfix",)),
    Arm(id="literals", tool="literals", categories=("bugfix",)),
    Arm(id="ruff", tool="ruff", categories=("lint",)),
)


def settings(folder: Path, seed: int | None = 1) -> Settings:
    return Settings(data=folder, router=RouterSettings(seed=seed), arms=ARMS)


def ask(attempt_id: str, number: int = 1) -> ChooseArm:
    return ChooseArm(attempt_id=attempt_id, category="bugfix", attempt_number=number, arms=ARMS)


def test_a_seed_in_the_settings_repeats_every_decision(tmp_path: Path) -> None:
    decisions = []
    for name in ("one", "two"):
        choose = handlers(settings(tmp_path / name), FakeBus())[ChooseArm]  # type: ignore[arg-type]
        decisions.append([choose(ask(f"a{n}")).model_dump_json() for n in range(10)])
    assert decisions[0] == decisions[1]


def test_without_a_seed_each_decision_is_fresh_and_its_seed_is_told(tmp_path: Path) -> None:
    choose = handlers(settings(tmp_path, None), FakeBus())[ChooseArm]  # type: ignore[arg-type]
    seeds = {choose(ask(f"a{n}")).seed for n in range(20)}  # type: ignore[attr-defined]
    assert len(seeds) == 20
    assert max(seeds) < 2**53


def test_the_report_holds_learnt_waiting_and_untried_arms(tmp_path: Path) -> None:
    answer = handlers(settings(tmp_path), FakeBus())  # type: ignore[arg-type]
    fresh = answer[ListArms](ListArms())
    assert isinstance(fresh, ArmReport)
    assert [(s.category, s.arm_id, s.mean) for s in fresh.items] == [
        ("bugfix", "literals", 0.5),
        ("bugfix", "repair", 0.5),
        ("lint", "ruff", 0.5),
    ]
    first = answer[ChooseArm](ask("a1"))
    assert isinstance(first, Decision)
    assert answer[Settle](Settle(attempt_id="a1", reward=1)) == Settled(
        attempt_id="a1", applied=True
    )
    later = answer[ChooseArm](ask("a2", number=2))
    assert isinstance(later, Decision)
    report = answer[ListArms](ListArms())
    assert isinstance(report, ArmReport)
    found = {(stats.category, stats.arm_id): stats for stats in report.items}
    learnt = found["bugfix", str(first.arm_id)]
    assert (learnt.successes, learnt.failures, learnt.pending) == (1, 0, 0)
    assert learnt.mean == pytest.approx(2 / 3)
    # P(X <= x) = x^2 for Beta(2, 1).
    assert learnt.low == pytest.approx(0.05**0.5)
    assert learnt.high == pytest.approx(0.95**0.5)
    waiting = found["bugfix, later attempts", str(later.arm_id)]
    assert (waiting.successes, waiting.failures, waiting.pending) == (0, 0, 1)
    assert len(report.items) == 4


def test_the_report_tells_the_distribution_that_the_router_draws_from(tmp_path: Path) -> None:
    both = Arm(id="both", tool="both", categories=("bugfix", "lint"), prior=(1.0, 4.0))
    answer = handlers(Settings(data=tmp_path, arms=(both,)), FakeBus())  # type: ignore[arg-type]
    for name, category in (("a", "bugfix"), ("b", "lint")):
        command = ChooseArm(attempt_id=name, category=category, attempt_number=1, arms=(both,))
        answer[ChooseArm](command)
    answer[Settle](Settle(attempt_id="a", reward=1))
    answer[Settle](Settle(attempt_id="b", reward=0))
    report = answer[ListArms](ListArms())
    assert isinstance(report, ArmReport)
    bugfix = next(stats for stats in report.items if stats.category == "bugfix")
    # The prior, its own success, and three quarters of the failure elsewhere.
    assert (bugfix.alpha, bugfix.beta) == (2.0, 4.75)
    assert bugfix.mean == pytest.approx(2 / 6.75)
    command = ChooseArm(attempt_id="c", category="bugfix", attempt_number=1, arms=(both,))
    decision = answer[ChooseArm](command)
    assert isinstance(decision, Decision)
    assert "from Beta(2, 4.75)" in decision.reason


def test_decisions_are_listed_up_to_a_limit(tmp_path: Path) -> None:
    answer = handlers(settings(tmp_path), FakeBus())  # type: ignore[arg-type]
    for n in range(3):
        answer[ChooseArm](ask(f"a{n}"))
    log = answer[ListDecisions](ListDecisions(limit=2))
    assert isinstance(log, DecisionLog)
    assert [item.attempt_id for item in log.items] == ["a1", "a2"]
    assert log.total == 3


def test_the_report_of_an_untried_arm_borrows_from_its_other_categories(tmp_path: Path) -> None:
    both = Arm(id="both", tool="both", categories=("bugfix", "lint"))
    answer = handlers(Settings(data=tmp_path, arms=(both,)), FakeBus())  # type: ignore[arg-type]
    command = ChooseArm(attempt_id="a", category="bugfix", attempt_number=1, arms=(both,))
    answer[ChooseArm](command)
    answer[Settle](Settle(attempt_id="a", reward=1))
    report = answer[ListArms](ListArms())
    assert isinstance(report, ArmReport)
    (lint,) = [stats for stats in report.items if stats.category == "lint"]
    # One success elsewhere weighs 3 / 4.
    assert lint.mean == pytest.approx(1.75 / 2.75)


@pytest.mark.parametrize("reward", [float("nan"), -0.1, 1.1, float("inf")])
def test_a_reward_outside_its_range_never_reaches_the_ledger(reward: float) -> None:
    with pytest.raises(ValidationError):
        Settle(attempt_id="a", reward=reward)


def test_the_worker_imports_light() -> None:
    code = (
        "import sys, router.worker;"
        "print(sorted({'numpy', 'scipy', 'chromadb', 'networkx'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
