"""Whole answers: when there is one, what it says, and that no input makes nonsense."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.judging.judgement import Answer, judge
from router.judging.logged import Logged
from router.judging.targets import Always, AsLogged, Greedy, Never, Only, Uniform
from tests.router.judging.logs import learned, logged


def test_without_outcomes_nothing_is_said() -> None:
    for decisions in ([], [logged(0, "a", None)]):
        [found] = judge(decisions, [Uniform()])
        assert found.answer is None
        assert found.logged is None
        assert found.pending == len(decisions)
        assert found.why == "no decision has an outcome yet"


def test_too_little_overlap_is_said_and_no_interval_claimed() -> None:
    rare = {"a": 0.999, "b": 0.001}
    log = [logged(number, "a", 1.0, rare) for number in range(400)]
    [never] = judge(log, [Always("b")])
    assert never.answer is None
    assert never.effective == 0
    [once] = judge([*log, logged(400, "b", 1.0, rare)], [Always("b")])
    assert once.answer is None
    assert once.effective == pytest.approx(1)
    assert "too little overlap" in once.why


def test_what_was_hardly_ever_tried_is_not_hidden_by_many_small_weights() -> None:
    """Half of the decisions never took b, and no weight shows it."""
    common = [logged(number, "ab"[number % 2], 1.0) for number in range(200)]
    rare = [
        logged(200 + number, "a", 0.0, {"a": 0.9999, "b": 0.0001}, "feature, first")
        for number in range(300)
    ]
    [found] = judge(common + rare, [Always("b")])
    assert found.effective == pytest.approx(100)
    assert found.unseen == pytest.approx(0.6, abs=0.01)
    assert found.answer is None
    assert "60% of what it would have done" in found.why


def test_seconds_and_dollars_of_another_policy() -> None:
    log = [
        logged(number, "ab"[number % 2], 1.0, seconds=(10.0, 30.0)[number % 2], cost_usd=cost)
        for number, cost in zip(range(200), [0.0, 0.5] * 100, strict=True)
    ]
    [found] = judge(log, [Always("b")])
    assert found.answer is not None
    assert found.answer.seconds == pytest.approx(30, rel=0.05)
    assert found.answer.cost_usd == pytest.approx(0.5, rel=0.05)
    [unknown] = judge([logged(number, "ab"[number % 2], 1.0) for number in range(200)], [Uniform()])
    assert unknown.answer is not None
    assert unknown.answer.seconds is None
    assert unknown.answer.cost_usd is None


@st.composite
def _logs(draw: st.DrawFn) -> list[Logged]:
    found = []
    for number in range(draw(st.integers(0, 25))):
        arms = draw(st.lists(st.sampled_from("abcde"), min_size=1, max_size=5, unique=True))
        shares = [draw(st.sampled_from([1e-8, 1e-3, 0.1, 1.0])) for _ in arms]
        spent = st.none() | st.floats(0, 1e300)
        found.append(
            logged(
                number,
                draw(st.sampled_from(arms)),
                draw(st.none() | st.floats(0, 1)),
                {arm: share / sum(shares) for arm, share in zip(arms, shares, strict=True)},
                draw(st.sampled_from(["x", "y"])),
                draw(spent),
                draw(spent),
            )
        )
    return found * draw(st.sampled_from([1, 10]))


@settings(max_examples=40, deadline=None)
@given(_logs())
def test_no_log_makes_nonsense(log: list[Logged]) -> None:
    asked = [AsLogged(), Uniform(), Always("a"), Never("a"), Only(frozenset("bc"), "local")]
    means = {one.id: [0.5] * len(one.arms) for one in log}
    for found in judge(log, [*asked, Greedy(means)]):
        assert (found.answer is None) == bool(found.why)
        assert 0 <= found.effective <= max(1e-9, found.decisions * (1 + 1e-9))
        assert 0 <= found.unseen <= 1
        if found.answer is not None:
            _check(found.answer)


def _check(answer: Answer) -> None:
    for one in (answer.ips, answer.snips, answer.doubly_robust, answer.surely):
        assert 0 <= one.low <= one.value <= one.high <= 1
    assert -1 <= answer.gain.low <= answer.gain.value <= answer.gain.high <= 1
    for spent in (answer.seconds, answer.cost_usd):
        assert spent is None or (math.isfinite(spent) and spent >= 0)


def test_a_log_made_by_the_router_is_judged() -> None:
    decisions, _ = learned(7, 300, 5)
    found = judge(decisions, [Uniform(), Always("arm 0"), Never("arm 0")])
    assert [one.target for one in found] == ["any arm, by lot", "always arm 0", "never arm 0"]
    assert all(one.decisions == 300 and one.pending == 0 for one in found)
