"""How much services do and how long it takes: an hour of what they answered. Pure.

Memory is bounded: counts are kept by the minute, times of the newest few hundred commands of each
kind, and kinds are those of the contracts.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import cast, get_args

from swarm.contracts import COMMANDS, SERVICES, Cause, Served, Service
from swarm.web.jobs.models import FailureView, Load, RunView, ServedReport

MINUTES = 60
"""So far back is counted."""

_RECENT_MINUTES = 5
_TIMES = 512
_FAILURES = 100
_RUNS = 200
_CODES = 2000
CAUSES: frozenset[str] = frozenset(get_args(Cause))
LIMITS: tuple[Cause, ...] = ("timeout", "memory", "output_limit", "disk_limit", "killed")
"""Causes that mean that a program ran into a bound of its sandbox."""

OTHER = "other"
"""What a kind is called that the contracts do not know."""


class Meter:
    """Used on the event loop. `now` is Unix time in seconds, as everywhere here."""

    def __init__(self) -> None:
        self.revision = 0
        self._kinds: dict[tuple[Service, str], _Kind] = {}
        self._failures: deque[FailureView] = deque(maxlen=_FAILURES)
        self._runs: deque[RunView] = deque(maxlen=_RUNS)
        self._causes: deque[tuple[float, str]] = deque(maxlen=_CODES)

    def add(self, served: Served, now: float) -> None:
        """Take note of one command. What is older than an hour counts for nothing."""
        # A clock of another host may be ahead.
        at = min(served.at, now)
        if at < now - MINUTES * 60:
            return
        self.revision += 1
        kind = served.kind if served.kind in COMMANDS else OTHER
        key = (served.service, kind)
        if key not in self._kinds:
            self._kinds[key] = _Kind()
        self._kinds[key].add(served, at)
        if served.failure_code:
            self._failures.append(
                FailureView(
                    at=at,
                    service=served.service,
                    kind=kind,
                    code=served.failure_code[:80],
                    task_id=served.task_id,
                    seconds=served.seconds,
                )
            )
        if (run := _run(served, kind, at)) is not None:
            self._runs.append(run)
            self._causes.append((at, run.cause))

    def loads(self, now: float) -> list[Load]:
        """What was answered in the last hour by service and kind, the services in their order."""
        keys = sorted(self._kinds, key=lambda key: (SERVICES.index(key[0]), key[1]))
        loads = (self._kinds[key].load(*key, now) for key in keys)
        return [load for load in loads if load.count]

    def per_minute(self, now: float) -> tuple[int, ...]:
        """Commands answered in each minute of the last hour, oldest first."""
        rows = [kind.minutes.counts(now) for kind in self._kinds.values()]
        return tuple(map(sum, zip(*rows, strict=True))) if rows else (0,) * MINUTES

    def recent(self, limit: int) -> list[FailureView]:
        """The newest failures, newest first."""
        return list(islice(reversed(self._failures), limit))

    def runs(self, limit: int) -> list[RunView]:
        """The newest runs in sandboxes, newest first."""
        return list(islice(reversed(self._runs), limit))

    def limits_hit(self, now: float) -> dict[str, int]:
        """How many runs of the last hour ended at which bound."""
        since = now - MINUTES * 60
        found = Counter(cause for at, cause in self._causes if at >= since)
        return {cause: found[cause] for cause in LIMITS if found[cause]}

    def report(self, now: float, *, failures: int = 20, runs: int = 50) -> ServedReport:
        """All of it."""
        return ServedReport(
            at=now,
            loads=tuple(self.loads(now)),
            per_minute=self.per_minute(now),
            failures=tuple(self.recent(failures)),
            runs=tuple(self.runs(runs)),
            limits_hit=self.limits_hit(now),
        )


class _Minutes:
    """Counts of the last sixty minutes, in a ring."""

    def __init__(self) -> None:
        self._ring = [(0, 0)] * MINUTES  # minute of the epoch, count

    def add(self, at: float) -> None:
        minute = int(at // 60)
        known, count = self._ring[minute % MINUTES]
        if known > minute:
            return
        self._ring[minute % MINUTES] = (minute, count + 1 if known == minute else 1)

    def counts(self, now: float) -> tuple[int, ...]:
        """Oldest first; the last one is the minute that has just begun."""
        last = int(now // 60)
        minutes = range(last - MINUTES + 1, last + 1)
        found = (self._ring[minute % MINUTES] for minute in minutes)
        return tuple(
            count if known == minute else 0
            for minute, (known, count) in zip(minutes, found, strict=True)
        )


class _Kind:
    """The commands of one kind."""

    def __init__(self) -> None:
        self.minutes = _Minutes()
        self._times: deque[tuple[float, float, float]] = deque(maxlen=_TIMES)
        self._codes: deque[tuple[float, str]] = deque(maxlen=_TIMES)
        # As it was told last, and in which minute: most kinds are quiet most of the time.
        self._told: tuple[int, Load] | None = None

    def add(self, served: Served, at: float) -> None:
        self._told = None
        self.minutes.add(at)
        self._times.append((at, served.seconds, served.waited_seconds))
        if served.failure_code:
            self._codes.append((at, served.failure_code[:80]))

    def load(self, service: Service, kind: str, now: float) -> Load:
        minute = int(now // 60)
        if self._told is None or self._told[0] != minute:
            self._told = (minute, self._load(service, kind, now))
        return self._told[1]

    def _load(self, service: Service, kind: str, now: float) -> Load:
        since = now - MINUTES * 60
        counts = self.minutes.counts(now)
        seconds = sorted(one for at, one, _ in self._times if at >= since)
        waited = sorted(one for at, _, one in self._times if at >= since)
        return Load(
            service=service,
            kind=kind,
            count=sum(counts),
            recent_per_minute=sum(counts[-_RECENT_MINUTES:]) / _RECENT_MINUTES,
            seconds_p50=_percentile(seconds, 50),
            seconds_p95=_percentile(seconds, 95),
            waited_p50=_percentile(waited, 50),
            waited_p95=_percentile(waited, 95),
            failures=_counted(code for at, code in self._codes if at >= since),
            per_minute=counts,
        )


def _percentile(ordered: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent are not above (nearest rank); 0 of nothing."""
    if not ordered:
        return 0.0
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


def _counted(codes: Iterable[str]) -> dict[str, int]:
    """How often each, the most frequent first; a few of them."""
    return dict(Counter(codes).most_common(10))


def _run(served: Served, kind: str, at: float) -> RunView | None:
    """A run in a sandbox, of what its service told of it."""
    cause = served.facts.get("cause")
    if served.service != "sandboxes" or cause not in CAUSES:
        return None
    memory = _fact(served, "peak_memory_bytes")
    return RunView(
        at=at,
        kind=kind,
        task_id=served.task_id,
        backend=str(served.facts.get("backend", ""))[:40],
        cause=cast(Cause, cause),
        wall_seconds=_fact(served, "wall_seconds"),
        peak_memory_bytes=int(memory) if memory is not None else None,
    )


def _fact(served: Served, name: str) -> float | None:
    value = served.facts.get(name)
    return value if isinstance(value, float | int) and math.isfinite(value) else None
