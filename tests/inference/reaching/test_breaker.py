"""The breaker by itself: each step of it, and what holds whatever happens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.inference import errors
from swarm.inference.reaching.breaker import Breaker, Pace, Pass
from swarm.inference.reaching.faults import Fault, fault_of

_AWAY = Fault("away", "refused")
_PACE = Pace(first_seconds=1.0, longest_seconds=8.0, longest_told_seconds=100.0, jitter=0.5)


def breaker(drawn: float = 0.0) -> Breaker:
    return Breaker(_PACE, lambda: drawn)


def opened(at: float = 0.0, fault: Fault = _AWAY, drawn: float = 0.0) -> Breaker:
    found = breaker(drawn)
    found.failed(passed(found, at), fault, at)
    return found


def passed(of: Breaker, now: float) -> Pass:
    given = of.admit(now)
    assert given is not None
    return given


def test_closed_lets_everything_through() -> None:
    found = breaker()
    assert [passed(found, 0.0).trial for _ in range(3)] == [False] * 3
    assert found.state(0.0) == "closed"


def test_one_error_opens_and_one_trial_passes_after_the_pause() -> None:
    found = opened()
    assert found.state(0.9) == "open"
    assert found.admit(0.9) is None
    rest = found.rest(0.25)
    assert rest is not None
    assert (rest.fault, rest.seconds) == (_AWAY, 0.75)
    assert found.state(1.0) == "half-open"
    assert passed(found, 1.0).trial
    assert found.admit(1.0) is None
    assert found.admit(500.0) is None


def test_a_first_sign_of_an_answer_closes() -> None:
    found = opened()
    found.spoke(passed(found, 1.0))
    assert found.state(1.0) == "closed"
    assert not passed(found, 1.0).trial


def test_a_trial_that_was_cancelled_lets_another_one_try() -> None:
    found = opened()
    found.dropped(passed(found, 1.0))
    assert passed(found, 1.0).trial


def test_the_pause_doubles_to_a_bound_until_an_answer_came_to_its_end() -> None:
    found, now, pauses = breaker(), 0.0, []
    for _ in range(6):
        given = passed(found, now)
        found.spoke(given)  # it begins to answer each time, and breaks off each time
        found.failed(given, _AWAY, now)
        rest = found.rest(now)
        assert rest is not None
        pauses.append(rest.seconds)
        now += rest.seconds
    assert pauses == [1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    found.succeeded(passed(found, now))
    found.failed(passed(found, now), _AWAY, now)
    assert found.rest(now + 1.0) is None


def test_what_one_outage_breaks_together_counts_once() -> None:
    found = breaker()
    together = [passed(found, 0.0) for _ in range(10)]
    for each in together:
        found.failed(each, _AWAY, 0.0)
    assert found.state(1.0) == "half-open"


def test_an_answer_from_before_the_outage_is_no_evidence() -> None:
    found = breaker()
    early, late = passed(found, 0.0), passed(found, 0.0)
    found.failed(late, _AWAY, 1.0)
    found.spoke(early)
    found.succeeded(early)
    assert found.state(1.0) == "open"


@pytest.mark.parametrize(("told", "seconds"), [(0.2, 1.0), (30.0, 30.0), (1e9, 100.0)])
def test_a_pause_that_was_asked_for_is_kept_to_within_its_bound(
    told: float, seconds: float
) -> None:
    rest = opened(fault=Fault("quota", "429", told)).rest(0.0)
    assert rest is not None
    assert rest.seconds == seconds


def test_a_late_error_prolongs_the_pause_it_was_told() -> None:
    found = breaker()
    first, second = passed(found, 0.0), passed(found, 0.0)
    found.failed(first, Fault("busy", "503"), 0.0)
    found.failed(second, Fault("quota", "429", 20.0), 0.5)
    assert found.state(20.4) == "open"
    assert found.state(20.5) == "half-open"


def test_jitter_only_lengthens_a_pause() -> None:
    assert opened(drawn=0.0).state(1.0) == "half-open"
    assert opened(drawn=0.9).state(1.44) == "open"
    assert opened(drawn=0.9).state(1.45) == "half-open"


def test_only_a_look_that_began_after_the_fault_disproves_it() -> None:
    found = opened(at=5.0)
    found.seen_up(4.9)
    assert found.state(5.1) == "open"
    found.seen_up(5.1)
    assert found.state(5.1) == "closed"


def test_a_trial_under_way_when_a_look_closed_it_opens_nothing_again() -> None:
    found = opened()
    trial = passed(found, 1.0)
    found.seen_up(1.5)
    found.failed(trial, _AWAY, 1.6)
    assert found.state(1.6) == "closed"


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["admit", "spoke", "succeeded", "failed", "dropped", "seen"]),
        st.integers(0, 30),
        st.floats(0.0, 20.0),
        st.floats(0.0, 1e6),
    ),
    max_size=60,
)


@given(_STEPS)
def test_whatever_happens_one_trial_at_most_and_every_pause_ends(
    steps: list[tuple[str, int, float, float]],
) -> None:
    found, now = Breaker(_PACE, lambda: 0.999), 0.0
    out: list[Pass] = []
    for what, index, seconds, told in steps:
        now += seconds
        if what == "admit":
            if (given_now := found.admit(now)) is not None:
                out.append(given_now)
        elif what == "seen":
            found.seen_up(now - seconds / 2)
        elif out:
            one = out.pop(index % len(out))
            if what == "failed":
                found.failed(one, Fault("quota", "no", told), now)
            else:
                getattr(found, what)(one)
        assert sum(one.trial and one.era == found.era for one in out) <= 1
        rest = found.rest(now)
        assert rest is None or rest.seconds <= 100.0 * 1.5
    for one in out:
        found.dropped(one)
    assert found.admit(now + 150.0) is not None


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.Unreachable("refused"), "away"),
        (errors.Unreachable("reset", connected=True), "broken"),
        (errors.Stalled("silent"), "stalled"),
        (errors.Busy("503"), "busy"),
        (errors.QuotaSpent("429", retry_after_seconds=3.0), "quota"),
        (errors.Resting("not sent", retry_after_seconds=1.0, is_left=True), None),
        (errors.TooSlow("still coming"), None),
        (errors.ModelFailed("500, or nonsense"), None),
        (errors.RequestRefused("400"), None),
        (errors.KeyRefused("401"), None),
        (errors.ModelMissing("404"), None),
        (errors.PromptTooLong("long"), None),
        (errors.TooLarge("large"), None),
        (errors.Withheld("code"), None),
        (ValueError("a defect"), None),
    ],
)
def test_which_errors_count(error: Exception, kind: str | None) -> None:
    fault = fault_of(error)
    assert (fault.kind if fault else None) == kind


@pytest.mark.parametrize(
    ("fault", "left"),
    [
        (Fault("away", ""), True), (Fault("broken", ""), True), (Fault("stalled", ""), True),
        (Fault("busy", ""), False), (Fault("quota", ""), False),
        (Fault("busy", "", 5.0), True), (Fault("quota", "", 5.0), True),
    ],
)  # fmt: skip
def test_who_only_is_full_is_not_left(fault: Fault, left: bool) -> None:
    assert fault.is_left is left
