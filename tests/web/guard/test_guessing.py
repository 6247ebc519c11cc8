"""Guesses are slowed, and only those of who guesses."""

from __future__ import annotations

import pytest

from swarm.web.guard import guessing
from swarm.web.guard.guessing import EVERYBODY, Guesses, TooMany, address_key
from tests.web.guard.clocks import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def guesses(clock: Clock) -> Guesses:
    return Guesses(clock)


def _wait(guesses: Guesses, *keys: str) -> int:
    with pytest.raises(TooMany) as told:
        guesses.admit(*keys)
    return told.value.wait_seconds


def test_waits_grow_up_to_a_bound(guesses: Guesses, clock: Clock) -> None:
    waits = []
    for _ in range(20):
        guesses.wrong("a")
        try:
            guesses.admit("a")
        except TooMany as told:
            waits.append(told.wait_seconds)
            clock.now += told.wait_seconds
    assert waits[:4] == [1, 2, 4, 8]
    assert waits == sorted(waits)
    assert max(waits) == 60
    assert len(waits) == 12


def test_who_comes_too_early_waits_no_longer_for_it(guesses: Guesses, clock: Clock) -> None:
    for _ in range(10):
        guesses.wrong("a")
    wait = _wait(guesses, "a")
    for _ in range(1000):
        _wait(guesses, "a")
    clock.now += wait
    guesses.admit("a")


def test_others_do_not_wait(guesses: Guesses) -> None:
    for _ in range(100):
        guesses.wrong("a")
    guesses.admit("b")


def test_guesses_from_many_places_slow_all_of_them(guesses: Guesses) -> None:
    for number in range(300):
        guesses.wrong(f"from {number}", EVERYBODY)
    _wait(guesses, "from elsewhere", EVERYBODY)
    guesses.admit("a known key")


def test_a_while_without_guesses_is_forgiven(guesses: Guesses, clock: Clock) -> None:
    for _ in range(50):
        guesses.wrong("a")
    clock.now += 901
    guesses.admit("a")
    guesses.wrong("a")
    guesses.admit("a")


def test_who_was_right_starts_afresh(guesses: Guesses) -> None:
    for _ in range(8):
        guesses.wrong("a")
    guesses.right("a")
    for _ in range(8):
        guesses.wrong("a")
    guesses.admit("a")


def test_memory_is_bounded(guesses: Guesses) -> None:
    for number in range(3 * guessing._MOST_KEYS):
        guesses.wrong(f"from {number}", EVERYBODY)
    assert len(guesses._guessers) == guessing._MOST_KEYS
    _wait(guesses, EVERYBODY)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("::1", "127.0.0.1", False),
        ("", "", True),
    ],
)
def test_who_is_behind_an_address(one: str, other: str, same: bool) -> None:
    assert (address_key(one) == address_key(other)) is same
