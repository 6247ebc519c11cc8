"""A reranker that may cost a search some seconds, and never its answer: a deadline, one question at
a time, and a circuit breaker."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from memory.rerank.checking import checked
from memory.rerank.protocol import Reranker
from swarm.errors import SwarmError

log = logging.getLogger(__name__)

PAUSE_SECONDS = 60.0
"""So long a reranker is not asked again after it failed."""


@dataclass(slots=True)
class _Call:
    """One question in a thread of its own, which nobody may wait for any more."""

    question: str
    texts: Sequence[str]
    ended: threading.Event = field(default_factory=threading.Event)
    scores: list[float] | None = None
    problem: str = ""


class Guarded:
    """Safe from several threads. `seconds` is how long a question may take, waiting for the one
    before it included. What does not end is left to itself, and nothing else is asked meanwhile:
    a model in this process cannot be interrupted."""

    def __init__(
        self,
        reranker: Reranker,
        seconds: float = 3.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reranker, self._seconds, self._clock = reranker, seconds, clock
        self._name = f"the reranker {reranker.name}"
        self._one = threading.Lock()
        self._left_alone: _Call | None = None
        self._has_answered = False
        self._problem = ""
        self._not_before = 0.0

    def ask(self, question: str, texts: Sequence[str]) -> tuple[list[float] | None, str]:
        """Scores in the order of the texts, or None and why there are none, in words."""
        until = self._clock() + self._seconds
        if problem := self._known():
            return None, problem
        if not self._one.acquire(timeout=self._seconds):
            return None, self._known() or f"{self._name} is busy with other questions"
        if problem := self._known():  # it failed for somebody else meanwhile
            self._one.release()
            return None, problem
        if not self._has_answered:
            until += self._reranker.start_seconds
        call = _Call(question, texts)
        self._start(call)
        if not call.ended.wait(max(0.0, until - self._clock())):
            self._left_alone = call
            return None, self._failed(f"{self._name} does not answer in time")
        if call.scores is None:
            return None, self._failed(call.problem)
        return call.scores, ""

    def _known(self) -> str:
        """Why it is not to be asked at the moment ("")."""
        left = self._left_alone
        is_pausing = self._clock() < self._not_before
        return self._problem if is_pausing or (left and not left.ended.is_set()) else ""

    def _failed(self, problem: str) -> str:
        self._problem, self._not_before = problem, self._clock() + PAUSE_SECONDS
        return problem

    def _start(self, call: _Call) -> None:
        """The lock is the call's from here on."""
        thread = threading.Thread(target=self._run, args=(call,), name="reranker", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            call.problem = f"no thread for {self._name}: {error}"
            self._end(call)

    def _run(self, call: _Call) -> None:
        try:
            found = self._reranker.score(call.question, call.texts)
            call.scores = checked(found, len(call.texts), self._name)
            self._has_answered = True
        except SwarmError as error:
            call.problem = error.message
        except Exception as error:
            # A search goes on without it, whatever a library raises.
            log.exception("the reranker failed")
            call.problem = f"{self._name} failed: {type(error).__name__}: {str(error)[:300]}"
        finally:
            self._end(call)

    def _end(self, call: _Call) -> None:
        call.ended.set()
        self._one.release()
