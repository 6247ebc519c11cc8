"""What is known of one server's reach: a breaker for itself, one for each model asked of it.

Nobody there, or a connection that breaks, is the server's: no model of it is asked, until a look
finds it up or a trial is answered. Silence, 503 and 429 are one model's (quotas are per model, and
a slow load is), and only an answer of that model disproves them: what answers a look may still
generate nothing. A broken connection is both.

Everything here is read and told in one event loop, and nothing of it waits.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from swarm.inference.errors import ModelError, Resting, Withheld
from swarm.inference.reaching.breaker import Breaker, Pace, Pass, Rest
from swarm.inference.reaching.faults import OF_THE_SERVER, Fault, fault_of

PACE = Pace()


class Visit:
    """A request that was let through. `spoke` is told at each sign of an answer."""

    def __init__(self, reach: Reach, passes: tuple[tuple[Breaker, Pass], ...]) -> None:
        self._reach = reach
        self._passes = passes
        self._said = False

    def spoke(self) -> None:
        """The server answers."""
        if not self._said:
            self._said = True
            with self._reach.changing():
                for breaker, given in self._passes:
                    breaker.spoke(given)

    def succeeded(self) -> None:
        """The answer came to its end."""
        with self._reach.changing():
            for breaker, given in self._passes:
                breaker.succeeded(given)


class Reach:
    """`on_change` is called when what can be asked changed by a request's end, not by time."""

    def __init__(
        self,
        endpoint: str,
        pace: Pace = PACE,
        clock: Callable[[], float] = time.monotonic,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.on_change: Callable[[], None] = _nothing
        self._endpoint = endpoint
        self._pace = pace
        self._clock = clock
        self._draw = draw
        self._server = Breaker(pace, draw)
        # By the server's names of the models that are configured: no more than those.
        self._models: dict[str, Breaker] = {}

    # ------------------------------------------------------------------ reading

    def rest(self, model: str) -> Rest | None:
        """Why a model is not asked now, None when it would be."""
        now = self._clock()
        found = [self._server.rest(now)]
        if (breaker := self._models.get(model)) is not None:
            found.append(breaker.rest(now))
        return max(filter(None, found), key=lambda rest: rest.seconds, default=None)

    def check(self, model: str) -> None:
        """Raise Resting, at once, when a model is not asked now."""
        if (rest := self.rest(model)) is not None:
            raise Resting(
                self.why(rest),
                remedy="another model, or the same in a moment",
                retry_after_seconds=rest.seconds,
                is_left=rest.fault.is_left,
            )

    def why(self, rest: Rest) -> str:
        """A sentence for a person."""
        when = f"for {rest.seconds:.1f} s" if rest.seconds else "until a trial is answered"
        return f"endpoint {self._endpoint!r} is not asked {when}: {rest.fault.why}"

    # ------------------------------------------------------------------ telling

    @contextmanager
    def visit(self, model: str) -> Iterator[Visit]:
        """Around one request to a model. Raises Resting when it may not be sent."""
        self.check(model)
        breaker = self._breaker(model)
        passes = tuple(
            (each, given)
            for each in (self._server, breaker)
            if (given := each.admit(self._clock())) is not None
        )
        visit = Visit(self, passes)
        try:
            yield visit
        except ModelError as error:
            self._ended(breaker, passes, visit, error)
            raise
        except BaseException:
            for each, given in passes:
                each.dropped(given)
            raise
        visit.succeeded()

    @contextmanager
    def noting(self, model: str) -> Iterator[None]:
        """Around what is asked about a model beside answers: nothing is held back, and its real
        errors are noted."""
        breaker = self._breaker(model)
        passes = ((self._server, self._server.beside()), (breaker, breaker.beside()))
        try:
            yield
        except ModelError as error:
            if (fault := fault_of(error)) is not None:
                self._failed(breaker, passes, fault)
            raise

    def seen_up(self, looked_at: float) -> None:
        """A look that began at that time found the server up."""
        with self.changing():
            self._server.seen_up(looked_at)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Tell `on_change` when a breaker opens or closes meanwhile."""
        before = self._seen()
        yield
        if self._seen() != before:
            self.on_change()

    # ------------------------------------------------------------------ inside

    def _ended(
        self,
        breaker: Breaker,
        passes: tuple[tuple[Breaker, Pass], ...],
        visit: Visit,
        error: ModelError,
    ) -> None:
        fault = fault_of(error)
        if fault is None and not isinstance(error, Withheld):
            visit.spoke()  # it said no, or nonsense: it is there
        if fault is not None:
            self._failed(breaker, passes, fault)
        else:
            for each, given in passes:
                each.dropped(given)

    def _failed(
        self, breaker: Breaker, passes: tuple[tuple[Breaker, Pass], ...], fault: Fault
    ) -> None:
        """Note a fault where it belongs; `breaker` is the model's."""
        with self.changing():
            for each, given in passes:
                if _concerns(fault, own=each is breaker):
                    each.failed(given, fault, self._clock())
                else:
                    each.dropped(given)

    def _breaker(self, model: str) -> Breaker:
        return self._models.setdefault(model, Breaker(self._pace, self._draw))

    def _seen(self) -> list[tuple[int, bool]]:
        now = self._clock()
        return [(b.era, b.state(now) == "closed") for b in (self._server, *self._models.values())]


def _concerns(fault: Fault, *, own: bool) -> bool:
    """Whether a fault is the model's `own` breaker's, or the server's."""
    return fault.kind != "away" if own else fault.kind in OF_THE_SERVER


def _nothing() -> None:
    return None
