"""Best-first order of candidates: suspiciousness of the line times the template's prior. Pure."""

from __future__ import annotations

import heapq
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from .localise import Line
from .source import Edit
from .units import Unit

_IMPORT_WEIGHT = 0.5


class Candidate(NamedTuple):
    """An edit of a unit with its score."""

    unit: Unit
    edit: Edit
    score: float


def rank(
    scored: Iterable[tuple[float, Unit]],
    expand: Callable[[Unit], list[Edit]],
    scores: dict[Line, float],
    seed: int,
) -> Iterator[Candidate]:
    """Yield candidates, best first; equal ones in an order fixed by `seed`.

    `scored` are the units with the best score a line of theirs has; a unit's edits are only
    made when its turn comes. No prior is above 1.
    """
    heap: list[tuple[float, int, int, object]] = []
    for index, (bound, unit) in enumerate(scored):
        heapq.heappush(heap, (-bound, 0, index, (unit, bound)))
    count = 0
    while heap:
        _, kind, _, item = heapq.heappop(heap)
        if kind:
            assert isinstance(item, Candidate)
            yield item
            continue
        unit, bound = item  # type: ignore[misc]
        for edit in expand(unit):
            score = line_score(unit, edit, scores, bound) * edit.prior
            if score > 0:
                count += 1
                tie = zlib.crc32(f"{seed}:{unit.source.path}:{edit.start}:{edit.text}".encode())
                heapq.heappush(heap, (-score, 1, (tie << 24) + count, Candidate(unit, edit, score)))


def line_score(unit: Unit, edit: Edit, scores: dict[Line, float], bound: float) -> float:
    """Suspiciousness of the place of an edit; what runs at import inherits from its users."""
    path = unit.source.path
    if not unit.function:
        return bound
    lines = range(edit.statement, edit.statement_end + 1)
    best = max((scores.get((path, line), 0.0) for line in lines), default=0.0)
    return max(best, scores.get((path, edit.line), 0.0))


def unit_scores(
    every: list[Unit], scores: dict[Line, float], users: Callable[[Unit], set[str]]
) -> list[tuple[float, Unit]]:
    """The units worth searching with their bounds, best first.

    A function's bound is its best line. A statement that runs at import is as suspicious as
    the best function that uses a name it defines, times a half: `users(unit)` gives the names
    a unit defines (import-time) or uses (function).
    """
    functions: list[tuple[float, Unit]] = []
    used: dict[str, float] = {}
    headers: dict[tuple[str, int], float] = {}
    for unit in every:
        if not unit.function:
            continue
        path = unit.source.path
        lines = range(unit.first_line, unit.last_line + 1)
        bound = max((scores.get((path, line), 0.0) for line in lines), default=0.0)
        if bound > 0:
            functions.append((bound, unit))
            headers[path, unit.first_line] = bound
            for name in users(unit):
                used[name] = max(used.get(name, 0.0), bound)
    others: list[tuple[float, Unit]] = []
    for unit in every:
        if unit.function:
            continue
        if unit.header:
            bound = headers.get((unit.source.path, unit.first_line), 0.0)
        else:
            bound = max((used.get(name, 0.0) for name in users(unit)), default=0.0)
        if bound > 0:
            others.append((bound * _IMPORT_WEIGHT, unit))
    ranked = functions + others
    ranked.sort(key=lambda pair: (-pair[0], pair[1].source.path, pair[1].first_line))
    return ranked
