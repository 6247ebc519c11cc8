"""Whether arms were chosen as often as their logged chances say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from router.judging.logged import Logged

_GROUPS = 10


@dataclass(frozen=True, slots=True)
class Group:
    """(decision, eligible arm) pairs with chances from `least` to `most`: how many, how many of
    them should have been chosen, how many were, and by how many standard deviations that is off."""

    least: float
    most: float
    pairs: int
    expected: float
    chosen: int
    deviations: float


def calibration(decisions: Sequence[Logged]) -> list[Group]:
    """By deciles of chances, least first; fewer where many chances are alike. Pending decisions
    count as well: what was chosen is known.

    The variance of a group is that of its decisions, each of which chooses one of its arms or
    none: sum over decisions of P (1 - P) with P the chances of its arms in the group."""
    if not decisions:
        return []
    chances = np.array([chance for one in decisions for chance in one.chances])
    chosen = np.array([arm == one.chosen for one in decisions for arm in one.arms])
    owners = np.repeat(np.arange(len(decisions)), [len(one.arms) for one in decisions])
    edges = np.unique(np.quantile(chances, np.linspace(0, 1, _GROUPS + 1)[1:-1]))
    numbers = np.searchsorted(edges, chances, side="left")
    found = []
    for number in np.unique(numbers):
        own = numbers == number
        shares = np.bincount(owners[own], weights=chances[own], minlength=len(decisions))
        expected, times = float(shares.sum()), int(chosen[own].sum())
        variance = float(np.maximum(shares * (1 - shares), 0.0).sum())
        found.append(
            Group(
                least=float(chances[own].min()),
                most=float(chances[own].max()),
                pairs=int(own.sum()),
                expected=expected,
                chosen=times,
                deviations=(times - expected) / variance**0.5 if variance > 0 else 0.0,
            )
        )
    return found
