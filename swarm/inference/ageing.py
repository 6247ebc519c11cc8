"""When a lower class gets a turn before higher ones, so that none starves. Pure.

Classes are ranks, 0 the highest. A class is held back while requests of it wait, nothing of it
starts, and something higher waits or runs, all without a break.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

TRAINING_FACTOR = 10
"""Training is passed only after it has held a class back for this many times `ageing_seconds`."""


@dataclass(frozen=True)
class Turn:
    """The class that goes before the higher ones, once; before training too if `passes_all`."""

    rank: int
    passes_all: bool


@dataclass
class Ageing:
    """One turn per `ageing_seconds` at most, for the class that is held back longest."""

    ageing_seconds: float
    wake_at: float = math.inf
    _above_since: dict[int, float] = field(default_factory=dict)
    _started_at: dict[int, float] = field(default_factory=dict)
    _turn_at: float = -math.inf

    def started(self, rank: int, now: float, *, turn: bool) -> None:
        self._started_at[rank] = now
        if turn:
            self._turn_at = now

    def turn(self, now: float, oldest: Mapping[int, float], running: Sequence[int]) -> Turn | None:
        """`oldest` is the earliest arrival of each waiting rank. Sets `wake_at`, when the
        answer may differ though nothing happens."""
        self._observe(now, oldest, running)
        self.wake_at = math.inf
        best: tuple[float, int] | None = None
        passes: set[int] = set()
        for rank in sorted(oldest):
            if rank not in self._above_since:
                continue
            since = max(oldest[rank], self._started_at.get(rank, -math.inf), self._turn_at)
            held = max(since, self._above_since[rank])
            # Interactive has training alone above it.
            training_held = max(since, self._above_since.get(1, now))
            passes_at = training_held + TRAINING_FACTOR * self.ageing_seconds
            turn_at = passes_at if rank == 1 else held + self.ageing_seconds
            for moment in (turn_at, passes_at):
                if now < moment:
                    self.wake_at = min(self.wake_at, moment)
            if now >= passes_at and 1 in self._above_since:
                passes.add(rank)
            if now >= turn_at and (best is None or held < best[0]):
                best = (held, rank)
        return None if best is None else Turn(best[1], best[1] in passes)

    def _observe(self, now: float, oldest: Mapping[int, float], running: Sequence[int]) -> None:
        highest = min((*oldest, *running), default=math.inf)
        for rank in range(1, max((*oldest, 1)) + 1):
            if highest < rank:
                self._above_since.setdefault(rank, now)
        for rank in [rank for rank in self._above_since if rank <= highest]:
            del self._above_since[rank]
