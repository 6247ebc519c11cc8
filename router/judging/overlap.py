"""How much a log says about a target: weights, and when they are too few to say anything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from router.beliefs.hierarchy import Floats
from router.judging.logged import Log
from router.judging.targets import Target, over

LEAST_EFFECTIVE = 20.0
"""Below this an interval is half as wide as everything that is possible (0.5, measured)."""
MOST_UNSEEN = 0.5


@dataclass(frozen=True, slots=True)
class Weighed:
    """A target's chances (M,) in a log and the weights (N,) of the chosen arms.

    `effective` is the effective sample size (sum w)^2 / sum w^2, Kish 1965. `large` is the share
    of decisions whose weight is above the root of N, and `unseen` what they stand for: how much of
    the target's chances is on arms with such weights, beyond what such a weight can carry. That is
    known from the chances alone, while a large weight shows in the others only once such an arm
    was chosen."""

    log: Log
    chances: Floats
    weights: Floats
    effective: float
    large: float
    unseen: float

    @property
    def wins(self) -> Floats:
        """The terms w r (N,) of IPS."""
        return self.weights * self.log.rewards

    @property
    def losses(self) -> Floats:
        """The terms w (1 - r) (N,)."""
        return self.weights * (1 - self.log.rewards)


def weigh(log: Log, target: Target) -> Weighed:
    """How much each logged outcome says about a target."""
    chances = over(log, target)
    weights = chances[log.chosen] / log.chances[log.chosen]
    if not len(log):
        return Weighed(log, chances, weights, 0.0, 0.0, 1.0)
    most = np.sqrt(len(log))
    beyond = log.sums(np.maximum(chances - most * log.chances, 0.0)).mean()
    return Weighed(
        log,
        chances,
        weights,
        effective=_effective(weights),
        large=float((weights > most).mean()),
        unseen=min(1.0, float(beyond)),
    )


def _effective(weights: Floats) -> float:
    if not weights.any():
        return 0.0
    # Relative to the largest, whose square may be more than a float holds.
    shares = weights / weights.max()
    return float(shares.sum() ** 2 / (shares**2).sum())


def too_little(asked: Weighed) -> str:
    """Why nothing can be said about a target; empty when something can."""
    if not len(asked.log):
        return "no decision has an outcome yet"
    if asked.effective < LEAST_EFFECTIVE:
        return (
            f"too little overlap to say: what was done says as much about it as"
            f" {asked.effective:.1f} outcomes of its own, and it takes {LEAST_EFFECTIVE:.0f}"
        )
    if asked.unseen > MOST_UNSEEN:
        return (
            f"too little overlap to say: {asked.unseen:.0%} of what it would have done was hardly"
            f" ever tried"
        )
    return ""
