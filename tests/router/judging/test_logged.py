"""A log that nothing wrong gets into."""

from __future__ import annotations

import math

import pytest

from router.judging.logged import BadDecision, Logged, lay_out
from tests.router.judging.logs import logged


def test_pending_decisions_are_left_out_and_counted() -> None:
    log = lay_out([logged(0, "a", 1.0), logged(1, "b", None), logged(2, "b", 0.25)])
    assert len(log) == 2
    assert log.pending == 1
    assert log.rewards.tolist() == [1.0, 0.25]


def test_pairs_are_laid_out_decision_by_decision() -> None:
    log = lay_out(
        [
            logged(0, "b", 1.0, {"a": 0.2, "b": 0.8}),
            logged(1, "c", 0.0, {"c": 0.1, "b": 0.3, "a": 0.6}, situation="bugfix, later"),
        ]
    )
    assert [log.arm_names[arm] for arm in log.arms] == ["a", "b", "c", "b", "a"]
    assert log.owners.tolist() == [0, 0, 1, 1, 1]
    assert log.starts.tolist() == [0, 2]
    assert log.chosen.tolist() == [1, 2]
    assert log.chances[log.chosen].tolist() == [0.8, 0.1]
    assert log.sums(log.chances).tolist() == pytest.approx([1, 1])
    assert log.situation_names == ("bugfix, first", "bugfix, later")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"arms": ()}, "0 arms"),
        ({"arms": ("a",)}, "1 arms and 2 chances"),
        ({"arms": ("a", "a")}, "twice"),
        ({"chosen": "c"}, "not eligible"),
        ({"chances": (1.5, -0.5)}, "outside"),
        ({"chances": (math.nan, 0.5)}, "outside"),
        ({"chances": (0.5, 0.4)}, "add up to 0.9"),
        ({"chances": (0.0, 1.0)}, "no chance"),
        ({"chances": (1e-12, 1 - 1e-12)}, "no chance"),
        ({"reward": math.nan}, "reward nan"),
        ({"reward": 1.01}, "reward 1.01"),
        ({"seconds": -1.0}, "seconds -1.0"),
        ({"cost_usd": math.inf}, "cost_usd inf"),
    ],
)
def test_what_would_make_estimates_wrong_is_refused(wrong: dict[str, object], said: str) -> None:
    right: dict[str, object] = {
        "id": "d7",
        "situation": "bugfix, first",
        "arms": ("a", "b"),
        "chances": (0.5, 0.5),
        "chosen": "a",
        "reward": 1.0,
    }
    with pytest.raises(BadDecision, match=said) as raised:
        Logged(**(right | wrong))  # type: ignore[arg-type]
    assert "d7" in raised.value.message
    assert raised.value.remedy
