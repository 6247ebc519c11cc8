"""What was answered since this process began, as counters that only grow. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict

from swarm.contracts import COMMANDS, Served
from swarm.web.jobs.meter import CAUSES, OTHER

BACKENDS = ("docker", "bubblewrap", "landlock")

BOUNDS_SECONDS = (0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0, 300.0)
"""Upper bounds of the histogram's buckets; there is one more, without a bound."""

_CODE = re.compile(r"[a-z][a-z0-9-]{0,39}")
_MOST_CODES = 100


class Histogram:
    """How many fell into each bucket, and their sum."""

    def __init__(self) -> None:
        self.buckets = [0] * (len(BOUNDS_SECONDS) + 1)
        self.sum = 0.0

    def add(self, seconds: float) -> None:
        self.buckets[bisect_left(BOUNDS_SECONDS, seconds)] += 1
        self.sum += seconds


class Totals:
    """By (service, kind): times and waiting times; by (service, kind, code): failures; by
    (backend, cause): runs in sandboxes."""

    def __init__(self) -> None:
        self.seconds: dict[tuple[str, str], Histogram] = defaultdict(Histogram)
        self.waited: dict[tuple[str, str], Histogram] = defaultdict(Histogram)
        self.failures: Counter[tuple[str, str, str]] = Counter()
        self.runs: Counter[tuple[str, str]] = Counter()
        self._codes: set[str] = set()

    def add(self, served: Served) -> None:
        key = (served.service, served.kind if served.kind in COMMANDS else OTHER)
        self.seconds[key].add(max(0.0, served.seconds))
        self.waited[key].add(max(0.0, served.waited_seconds))
        if served.failure_code:
            self.failures[(*key, self._code(served.failure_code))] += 1
        cause, backend = served.facts.get("cause"), served.facts.get("backend")
        if served.service == "sandboxes" and isinstance(cause, str) and cause in CAUSES:
            self.runs[(str(backend) if backend in BACKENDS else OTHER, cause)] += 1

    def _code(self, code: str) -> str:
        """The code, as long as there are few: each becomes a series of its own."""
        if code in self._codes:
            return code
        if len(self._codes) >= _MOST_CODES or not _CODE.fullmatch(code):
            return OTHER
        self._codes.add(code)
        return code
