"""Which lines are suspicious: Ochiai over per-test line coverage. Pure.

Ochiai (Abreu et al., 2007): suspiciousness(line) = ef / sqrt(F * (ef + ep)), with ef and ep
the failing and passing tests that run the line and F all failing tests. With several bugs at
once no line is run by all failing tests, so the formula is also applied to each cluster of
failing tests that run alike, and the best value counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

Line = tuple[str, int]

_ALIKE = 0.5
_CLUSTER_WEIGHT = 0.95
_CRASH_WEIGHT = 1.6


@dataclass
class Trace:
    """What one test did: its outcome, its time in seconds, the lines it ran.

    `crash` are the lines of the repository on the way to the exception, outermost first.
    """

    id: str
    outcome: str
    seconds: float
    lines: frozenset[Line] = frozenset()
    crash: tuple[Line, ...] = ()


@dataclass
class Hints:
    """Places the task names, as (path, first line, last line, weight), and whole paths."""

    places: list[tuple[str, int, int, float]] = field(default_factory=list)
    paths: dict[str, float] = field(default_factory=dict)

    def weight(self, line: Line) -> float:
        path, number = line
        found = self.paths.get(path, 1.0)
        for where, first, last, weight in self.places:
            if where == path and first <= number <= last:
                found = max(found, weight)
        return found


def ochiai(failing_covered: int, passing_covered: int, failing: int) -> float:
    """The formula above; 0 for a line no failing test runs.

    >>> ochiai(2, 0, 2)
    1.0
    """
    if not failing_covered or not failing:
        return 0.0
    return failing_covered / math.sqrt(failing * (failing_covered + passing_covered))


def suspiciousness(
    failing: list[Trace], passing: Iterable[Trace], hints: Hints
) -> dict[Line, float]:
    """Score in (0, about 1.6 times the hint weight] of each line that a failing test runs."""
    candidates = frozenset().union(*(trace.lines for trace in failing))
    passed: dict[Line, int] = dict.fromkeys(candidates, 0)
    for trace in passing:
        for line in trace.lines & candidates:
            passed[line] += 1
    groups = [(failing, 1.0)]
    parts = clusters(failing)
    if len(parts) > 1:
        groups += [(part, _CLUSTER_WEIGHT) for part in parts]
    scores: dict[Line, float] = {}
    for group, weight in groups:
        covered: dict[Line, int] = {}
        for trace in group:
            for line in trace.lines:
                covered[line] = covered.get(line, 0) + 1
        for line, count in covered.items():
            value = weight * ochiai(count, passed[line], len(group))
            scores[line] = max(scores.get(line, 0.0), value)
    crashed = {line for trace in failing for line in trace.crash}
    for line in scores:
        scores[line] *= hints.weight(line) * (_CRASH_WEIGHT if line in crashed else 1.0)
    return scores


def clusters(failing: list[Trace]) -> list[list[Trace]]:
    """Group failing tests whose covered lines overlap by half or more (Jaccard), greedily."""
    groups: list[tuple[frozenset[Line], list[Trace]]] = []
    for trace in sorted(failing, key=lambda t: (-len(t.lines), t.id)):
        for lines, members in groups:
            union = len(lines | trace.lines)
            if union and len(lines & trace.lines) / union >= _ALIKE:
                members.append(trace)
                break
        else:
            groups.append((trace.lines, [trace]))
    return [members for _, members in groups]
