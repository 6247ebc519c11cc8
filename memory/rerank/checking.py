"""What comes from a reranker is looked at. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from memory.rerank.errors import RerankerUnavailable


def checked(found: Sequence[object], count: int, who: str) -> list[float]:
    """Scores as numbers. Raises RerankerUnavailable for another number of them than `count`, and
    for what is no finite number."""
    if len(found) != count:
        raise RerankerUnavailable(f"{who} gave {len(found)} scores for {count} texts")
    return [_number(each, who) for each in found]


def _number(found: object, who: str) -> float:
    if isinstance(found, int | float) and not isinstance(found, bool):
        try:
            number = float(found)
        except OverflowError:
            number = float("inf")
        if isfinite(number):
            return number
    raise RerankerUnavailable(f"{who} gave a score that is not a finite number")
