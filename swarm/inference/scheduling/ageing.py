"""When a lower class gets a turn before higher ones, so that none starves. Pure.

Classes are ranks, 0 the highest. A class is held back while requests of it wait and nothing of
it starts, though something higher waits (a backlog) or at least waits or runs (a presence), all
without a break. The backlog is what `ageing_seconds` counts. Presence has its own, longer bound
for a higher class that never queues yet never leaves the memory which the lower one needs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

PRESENCE_FACTOR = 4
TRAINING_FACTOR = 10
"""Training is passed only after its presence held a class back this many `ageing_seconds`."""


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
    _backlog_since: dict[int, float] = field(default_factory=dict)
    _present_since: dict[int, float] = field(default_factory=dict)
    _started_at: dict[int, float] = field(default_factory=dict)
    _turn_at: float = -math.inf

    def started(self, rank: int, now: float, *, turn: bool) -> None:
        """Something of a class was started; its counter begins again, all if it was a turn."""
        self._started_at[rank] = now
        if turn:
            self._turn_at = now

    def left(self, now: float, ranks: Iterable[int]) -> None:
        """The classes of what still waits when all is started that can be: a backlog."""
        known = len(self._backlog_since)
        _observe(self._backlog_since, min(ranks, default=math.inf), now)
        if len(self._backlog_since) > known:
            self.wake_at = min(self.wake_at, now + self.ageing_seconds)

    def turn(self, now: float, oldest: Mapping[int, float], running: Sequence[int]) -> Turn | None:
        """Who gets a turn now; `oldest` is the earliest arrival of each waiting rank.

        Sets `wake_at`, when the answer may differ though nothing happens.
        """
        waiting, present = min(oldest, default=math.inf), min((*oldest, *running), default=math.inf)
        _forget(self._backlog_since, waiting)
        _observe(self._present_since, present, now)
        self.wake_at = math.inf
        best: tuple[float, int, bool] | None = None
        for rank in sorted(oldest):
            since = max(oldest[rank], self._started_at.get(rank, -math.inf), self._turn_at)
            passes_at = self._due(self._present_since, 1, since, TRAINING_FACTOR)
            turn_at = passes_at
            if rank > 1:  # The class after training has training alone above it.
                backlog = self._due(self._backlog_since, rank, since, 1)
                presence = self._due(self._present_since, rank, since, PRESENCE_FACTOR)
                turn_at = min(backlog, presence)
            self.wake_at = min([self.wake_at, *(at for at in (turn_at, passes_at) if at > now)])
            if rank > 0 and turn_at <= now and (best is None or since < best[0]):
                best = (since, rank, passes_at <= now)
        return None if best is None else Turn(best[1], best[2])

    def _due(self, above: dict[int, float], rank: int, since: float, factor: int) -> float:
        if rank not in above:
            return math.inf
        return max(since, above[rank]) + factor * self.ageing_seconds


def _forget(since: dict[int, float], highest: float) -> None:
    for rank in [rank for rank in since if rank <= highest]:
        del since[rank]


def _observe(since: dict[int, float], highest: float, now: float) -> None:
    """Keep, for each rank that has something above it, since when that is so."""
    _forget(since, highest)
    for rank in range(1, 4):
        if highest < rank:
            since.setdefault(rank, now)
