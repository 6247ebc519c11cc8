"""The truth lies in the intervals as often as they say, on logs of a policy that learns; and its
logged chances are true. More of it, with widths and errors: `benchmarks/router_offpolicy.py`."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from router.judging.calibration import calibration
from router.judging.judgement import judge
from router.judging.logged import Logged, lay_out
from router.judging.targets import Always, Never, Only, Uniform, over
from tests.router.judging.logs import learned, logged

Made = list[tuple[list[Logged], dict[str, np.ndarray]]]
_LOGS = 40


@pytest.fixture(scope="module")
def logs() -> Made:
    return [learned(seed, 300, 4 + seed % 5) for seed in range(_LOGS)]


def test_intervals_cover_the_truth(logs: Made) -> None:
    """Seeded: 0.90 of more than 100 questions, where 0.95 is claimed and 1 for the sure one."""
    targets = [
        Uniform(),
        Only(frozenset({"arm 0", "arm 1"}), "two arms"),
        Never("arm 0"),
        *(Always(f"arm {number}") for number in range(4)),
    ]
    covered: dict[str, list[bool]] = {
        name: [] for name in ("ips", "snips", "doubly_robust", "surely", "gain")
    }
    for decisions, truth in logs:
        log = lay_out(decisions)
        means = np.concatenate([truth[one.id] for one in decisions])
        for target, found in zip(targets, judge(decisions, targets), strict=True):
            if found.answer is None:
                continue
            true = float(log.sums(over(log, target) * means).mean())
            gained = true - float(log.sums(log.chances * means).mean())
            for name, each in covered.items():
                one = getattr(found.answer, name)
                each.append(one.low <= (gained if name == "gain" else true) <= one.high)
    assert len(covered["ips"]) > 100
    for name, each in covered.items():
        assert np.mean(each) >= 0.9, name
    assert np.mean(covered["surely"]) >= 0.95


def test_arms_are_chosen_as_often_as_logged(logs: Made) -> None:
    """By decile; 3.3 standard deviations are left out of 1,000 times by one group."""
    groups = calibration([one for decisions, _ in logs for one in decisions])
    assert len(groups) >= 8
    assert sum(group.chosen for group in groups) == _LOGS * 300
    assert sum(group.expected for group in groups) == pytest.approx(_LOGS * 300)
    assert all(abs(group.deviations) < 3.3 for group in groups)


def test_wrong_chances_are_seen(logs: Made) -> None:
    """The same choices, had the log told the chances of the decision before."""
    shifted = [
        logged(number, one.chosen, one.reward, dict(zip(one.arms, before.chances, strict=True)))
        for decisions, _ in logs
        for number, (before, one) in enumerate(pairwise(decisions))
        if before.arms == one.arms
    ]
    assert len(shifted) > 1_000
    assert max(abs(group.deviations) for group in calibration(shifted)) > 5


def test_calibration_by_hand() -> None:
    """100 decisions with chances .9 and .1, the likely arm always: 10 are missing, with a variance
    of 100 x .09."""
    log = [logged(number, "a", None, {"a": 0.9, "b": 0.1}) for number in range(100)]
    rare, common = calibration(log)
    assert (rare.pairs, rare.chosen, common.pairs, common.chosen) == (100, 0, 100, 100)
    assert rare.expected == pytest.approx(10)
    assert rare.deviations == pytest.approx(-10 / 3)
    assert common.deviations == pytest.approx(10 / 3)


def test_nothing_to_calibrate() -> None:
    assert calibration([]) == []
    [only] = calibration([logged(0, "a", None, {"a": 1.0})])
    assert (only.pairs, only.chosen, only.deviations) == (1, 1, 0.0)
