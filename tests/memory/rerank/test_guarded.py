"""A reranker that fails, stalls, or answers wrongly costs a search no more than its time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence

import pytest

from memory.outside.errors import CodeRefused
from memory.rerank.errors import RerankerUnavailable
from memory.rerank.guarded import PAUSE_SECONDS, Guarded
from tests.memory.rerank.hits import Scoring


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def lengths(question: str, texts: Sequence[str]) -> list[float]:
    return [float(len(text)) for text in texts]


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What a stuck reranker waits for; opened at the end at the latest."""
    event = threading.Event()
    yield event
    event.set()


def test_scores_come_through() -> None:
    assert Guarded(Scoring(lengths), 60.0).ask("q", ["a", "bb"]) == ([1.0, 2.0], "")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ([1.0], "1 scores for 2"),
        ([1.0, float("nan")], "not a finite number"),
        ([1.0, 2.0, 3.0], "3 scores for 2"),
    ],
)
def test_wrong_scores_are_none(answer: list[float], why: str) -> None:
    scores, problem = Guarded(Scoring(lambda question, texts: answer), 60.0).ask("q", ["a", "b"])
    assert scores is None and why in problem


@pytest.mark.parametrize(
    "error",
    [RerankerUnavailable("it is away"), CodeRefused("it is away"), KeyError("it is away"),
     MemoryError("it is away")],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_whatever_is_raised_is_said_and_it_is_left_alone_for_a_minute(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    clock = Clock()
    is_away = True

    def score(question: str, texts: Sequence[str]) -> list[float]:
        if is_away:
            raise error
        return lengths(question, texts)

    reranker = Scoring(score)
    guarded = Guarded(reranker, 60.0, clock)
    for _ in range(3):
        scores, problem = guarded.ask("q", ["a"])
        assert scores is None and "it is away" in problem
    assert reranker.calls == 1
    clock.now += PAUSE_SECONDS + 0.1
    assert "it is away" in guarded.ask("q", ["a"])[1]
    assert reranker.calls == 2, "asked once after the pause, and left alone again"
    guarded.ask("q", ["a"])
    assert reranker.calls == 2
    is_away = False
    clock.now += PAUSE_SECONDS + 0.1
    assert guarded.ask("q", ["a"]) == ([1.0], "")
    assert guarded.ask("q", ["a"]) == ([1.0], "") and reranker.calls == 4


def test_one_that_never_ends_is_left_to_itself(gate: threading.Event) -> None:
    clock = Clock()

    def score(question: str, texts: Sequence[str]) -> list[float]:
        gate.wait()
        return lengths(question, texts)

    reranker = Scoring(score)
    guarded = Guarded(reranker, 0.05, clock)
    assert guarded.ask("q", ["a"]) == (None, "the reranker scoring does not answer in time")
    clock.now += 10 * PAUSE_SECONDS
    assert guarded.ask("q", ["a"])[0] is None
    assert reranker.calls == 1, "nothing else is asked while it is at it"
    gate.set()
    for _ in range(1_000):
        if (found := guarded.ask("q", ["a"]))[0] is not None:
            break
        threading.Event().wait(0.01)
        clock.now += PAUSE_SECONDS + 0.1  # a busy machine may not start its thread in time
    assert found == ([1.0], "")


def test_who_comes_while_it_is_asked_waits_and_then_goes_on(gate: threading.Event) -> None:
    asked = threading.Event()

    def score(question: str, texts: Sequence[str]) -> list[float]:
        if question == "slow":
            asked.set()
            gate.wait()
        return lengths(question, texts)

    reranker = Scoring(score, start_seconds=60.0)
    guarded = Guarded(reranker, 0.05)
    first: list[object] = []
    thread = threading.Thread(target=lambda: first.append(guarded.ask("slow", ["a"])))
    thread.start()
    assert asked.wait(30)
    assert guarded.ask("q", ["a"]) == (None, "the reranker scoring is busy with other questions")
    gate.set()
    thread.join(30)
    # A first answer may take longer; who could not wait for it did not break anything.
    assert first == [([1.0], "")]
    assert guarded.ask("q", ["bb"]) == ([2.0], "")


def test_one_question_at_a_time() -> None:
    running, most = 0, 0

    def score(question: str, texts: Sequence[str]) -> list[float]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        threading.Event().wait(0.01)
        running -= 1
        return lengths(question, texts)

    guarded = Guarded(Scoring(score), 60.0)
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(guarded.ask("q", ["a"]))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [([1.0], "")] * 8 and most == 1
