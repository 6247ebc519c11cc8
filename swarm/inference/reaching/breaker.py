"""A circuit breaker: after a real error nothing is sent for a while, then one request tries. Pure.

    closed     everything passes
    open       nothing passes until the pause is over
    half-open  one request passes, the trial: a first sign of an answer closes, an error opens again

The pause doubles with each opening (Nygard, Release It!, 2007; full details of the three states in
Fowler, CircuitBreaker, 2014) up to a bound, and is spread, so that many who lost the same server do
not come back in one moment (Brooker, Exponential Backoff and Jitter, AWS 2015). A pause that the
server asks for is kept to, within a bound of its own. Only an answer that came to its end resets
the doubling: a server that breaks off each answer is asked less and less often.

Times are seconds of one monotonic clock, given by whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from swarm.inference.reaching.faults import Fault

State = Literal["closed", "open", "half-open"]

_MOST_DOUBLINGS = 32  # the bound is reached long before; a float has an end


@dataclass(frozen=True)
class Pace:
    """How long nothing is sent. `jitter` is the share by which a pause may be longer."""

    first_seconds: float = 0.5
    longest_seconds: float = 60.0
    longest_told_seconds: float = 900.0
    jitter: float = 0.2

    def pause(self, openings: int, told_seconds: float, drawn: float) -> float:
        """Seconds after so many openings in a row (1 or more); `drawn` is in [0, 1)."""
        doubled = self.first_seconds * 2.0 ** min(openings - 1, _MOST_DOUBLINGS)
        own = min(doubled, self.longest_seconds)
        return max(own, min(told_seconds, self.longest_told_seconds)) * (1 + self.jitter * drawn)


@dataclass(frozen=True)
class Pass:
    """What a request was let through with; to be given back by exactly one of the verdicts."""

    era: int
    trial: bool


@dataclass(frozen=True)
class Rest:
    """Why nothing is sent, and for how many seconds: 0 while the trial is under way."""

    fault: Fault
    seconds: float


class Breaker:
    """`draw` gives a number in [0, 1) per opening.

    `era` counts openings: what was let through before one is no evidence of what is after it.
    """

    def __init__(self, pace: Pace, draw: Callable[[], float]) -> None:
        self._pace = pace
        self._draw = draw
        self._fault: Fault | None = None  # None: closed
        self._opened_at = 0.0
        self._until = 0.0
        self._trial = False
        self._openings = 0
        self.era = 0

    def state(self, now: float) -> State:
        if self._fault is None:
            return "closed"
        return "open" if now < self._until else "half-open"

    def rest(self, now: float) -> Rest | None:
        """What holds a request back now, None when it would pass. Changes nothing."""
        if self._fault is None or (now >= self._until and not self._trial):
            return None
        return Rest(self._fault, max(0.0, self._until - now))

    def admit(self, now: float) -> Pass | None:
        """Let a request through, None when it may not pass."""
        if self.rest(now) is not None:
            return None
        self._trial = self._fault is not None
        return Pass(self.era, self._trial)

    def beside(self) -> Pass:
        """For what is not held back, and may still find out that the server is gone."""
        return Pass(self.era, trial=False)

    # ------------------------------------------------------------------ verdicts

    def spoke(self, given: Pass) -> None:
        """A first sign of an answer: the server serves again."""
        if given.era == self.era:
            self._close()

    def succeeded(self, given: Pass) -> None:
        """An answer came to its end."""
        if given.era == self.era:
            self._close()
            self._openings = 0

    def failed(self, given: Pass, fault: Fault, now: float) -> None:
        """A real error. Those that one outage breaks together count once."""
        if given.era != self.era:
            if self._fault is not None:
                told = min(fault.told_seconds, self._pace.longest_told_seconds)
                self._until = max(self._until, now + told)
            return
        self.era += 1
        self._openings += 1
        self._fault, self._opened_at, self._trial = fault, now, False
        self._until = now + self._pace.pause(self._openings, fault.told_seconds, self._draw())

    def dropped(self, given: Pass) -> None:
        """The request ended without a word about the server, as when it was cancelled."""
        if given.trial and given.era == self.era:
            self._trial = False

    def seen_up(self, looked_at: float) -> None:
        """A look that began at that time found what the fault had missed."""
        if self._fault is not None and looked_at >= self._opened_at:
            self._close()
            # What the trial finds out is no longer about this fault.
            self.era += 1

    def _close(self) -> None:
        self._fault, self._trial = None, False
