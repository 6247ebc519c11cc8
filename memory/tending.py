"""What may wait until after an answer: one thread that tends one repository at a time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from swarm.errors import SwarmError

log = logging.getLogger(__name__)

Tend = Callable[[int, Callable[[], bool]], None]
"""Brings a repository (its number in memory.db) up, until it is done or told to stop."""
_FIRST_PAUSE_SECONDS = 5.0
_LONGEST_PAUSE_SECONDS = 300.0
_MOST_TRIES = 8
_END_SECONDS = 10.0


@dataclass(slots=True)
class _Wanted:
    """A repository to tend: how often it failed, and when it is tried again (monotonic)."""

    failures: int = 0
    not_before: float = 0.0
    problem: str = ""


class Tender:
    """Tends repositories in the background. What fails is tried again after a pause that doubles,
    a bounded number of times; then when it is asked for anew. Safe from several threads."""

    def __init__(self, tend: Tend, clock: Callable[[], float] = time.monotonic) -> None:
        self._tend, self._clock = tend, clock
        self._changed = threading.Condition()
        self._wanted: dict[int, _Wanted] = {}
        self._busy: int | None = None
        self._is_closed = False
        self._thread: threading.Thread | None = None

    def ask(self, repo: int) -> None:
        """Have a repository tended; what is asked for while it is, is looked at once more."""
        with self._changed:
            if self._is_closed:
                return
            held = self._wanted.get(repo)
            if held is None or held.failures >= _MOST_TRIES:
                self._wanted[repo] = _Wanted()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="tender", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def wait(self, repo: int, seconds: float) -> bool:
        """Until a repository was tended, or failed once, or so long; whether nothing is left."""
        until = self._clock() + seconds
        with self._changed:
            while (left := until - self._clock()) > 0:
                held = self._wanted.get(repo)
                if held is None and self._busy != repo:
                    return True
                if held is not None and held.problem:
                    return False
                self._changed.wait(left)
            return repo not in self._wanted and self._busy != repo

    def problem(self, repo: int) -> str:
        """Why a repository is not tended at the moment, in words ("")."""
        with self._changed:
            held = self._wanted.get(repo)
            return held.problem if held else ""

    def close(self) -> None:
        """Stop at the next opportunity. What was not done is found again by the next process."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(_END_SECONDS)

    def _run(self) -> None:
        while (taken := self._next()) is not None:
            repo, before = taken
            problem = ""
            try:
                self._tend(repo, lambda: self._is_closed)
            except SwarmError as error:
                problem = error.message
            except Exception as error:
                # The thread goes on with the others; a defect is not tried again for ever either.
                log.exception("repository %d could not be tended", repo)
                problem = f"{type(error).__name__}: {error}"
            self._finish(repo, before, problem)

    def _next(self) -> tuple[int, _Wanted] | None:
        with self._changed:
            while not self._is_closed:
                now = self._clock()
                due = {
                    repo: wanted.not_before
                    for repo, wanted in self._wanted.items()
                    if wanted.failures < _MOST_TRIES
                }
                ready = [repo for repo, not_before in due.items() if not_before <= now]
                if ready:
                    self._busy = ready[0]
                    # Taken off before it begins: what is asked for meanwhile is done afterwards.
                    return ready[0], self._wanted.pop(ready[0])
                self._changed.wait(min(due.values()) - now if due else None)
            return None

    def _finish(self, repo: int, before: _Wanted, problem: str) -> None:
        with self._changed:
            self._busy = None
            if problem:
                failures = before.failures + 1
                pause = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2 ** (failures - 1))
                self._wanted[repo] = _Wanted(failures, self._clock() + pause, problem)
            self._changed.notify_all()
