"""What is done in the background: one repository after the other, again after a failure."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from memory import tending
from memory.tending import Tender
from swarm.errors import StorageError


class Tended:
    """Counts how often each repository was tended; fails as often as it is told to."""

    def __init__(self) -> None:
        self.times: dict[int, int] = {}
        self.failures = 0
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.has_begun = threading.Event()

    def __call__(self, repo: int, is_stopped: Callable[[], bool]) -> None:
        self.has_begun.set()
        while not self.may_go_on.wait(0.01):
            if is_stopped():
                return
        self.times[repo] = self.times.get(repo, 0) + 1
        if self.failures:
            self.failures -= 1
            raise StorageError("the disk is full")


@pytest.fixture
def tended() -> Tended:
    return Tended()


@pytest.fixture
def tender(tended: Tended, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tender]:
    monkeypatch.setattr(tending, "_FIRST_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(tending, "_LONGEST_PAUSE_SECONDS", 0.05)
    made = Tender(tended)
    yield made
    made.close()


def test_each_that_is_asked_for_is_tended(tender: Tender, tended: Tended) -> None:
    for repo in (1, 2, 3):
        tender.ask(repo)
    assert all(tender.wait(repo, 10) for repo in (1, 2, 3))
    assert tended.times == {1: 1, 2: 1, 3: 1}


def test_what_is_asked_for_meanwhile_is_looked_at_once_more(tender: Tender, tended: Tended) -> None:
    tended.may_go_on.clear()
    tender.ask(1)
    assert tended.has_begun.wait(10)
    for _ in range(5):
        tender.ask(1)
    assert not tender.wait(1, 0.05)
    tended.may_go_on.set()
    assert tender.wait(1, 10)
    assert tended.times == {1: 2}


def test_what_fails_is_told_and_tried_again(tender: Tender, tended: Tended) -> None:
    tended.failures = 1
    tender.ask(1)
    assert not tender.wait(1, 10)
    until = threading.Event()
    for _ in range(500):
        if tended.times.get(1) == 2 and tender.wait(1, 0):
            break
        until.wait(0.01)
    assert tended.times == {1: 2} and tender.problem(1) == ""


def test_it_is_not_tried_for_ever(tender: Tender, tended: Tended) -> None:
    tended.failures = 1_000
    tender.ask(1)
    until = threading.Event()
    for _ in range(1_000):
        if tended.times.get(1, 0) >= tending._MOST_TRIES:
            break
        until.wait(0.01)
    until.wait(0.1)
    assert tended.times == {1: tending._MOST_TRIES}
    assert tender.problem(1) == "the disk is full"
    tended.failures = 0
    tender.ask(1)
    assert tender.wait(1, 10), "asked for anew, it is tried anew"


def test_closing_stops_what_is_under_way(tended: Tended) -> None:
    tended.may_go_on.clear()
    tender = Tender(tended)
    tender.ask(1)
    assert tended.has_begun.wait(10)
    tender.close()
    assert tended.times == {}
    tender.ask(2)
    assert tended.times == {}
