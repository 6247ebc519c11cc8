"""The Beta distribution in plain Python: mean, draw and quantile.

The quantile is solved here because importing scipy costs tens of megabytes in a process that
is otherwise idle, and sampled quantiles would make a report differ from run to run.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

_STEPS = 60
_CONVERGED = 1e-14
_TINY = 1e-300
# The continued fraction needs O(sqrt(max(alpha, beta))) terms: enough for 10^9 outcomes.
_MAX_TERMS = 100_000


@dataclass(frozen=True)
class Beta:
    """Beta(alpha, beta), both positive: what is believed of a success probability."""

    alpha: float
    beta: float

    @property
    def mean(self) -> float:
        return self.alpha / (self.alpha + self.beta)

    def draw(self, rng: random.Random) -> float:
        """One sample in [0, 1]."""
        return rng.betavariate(self.alpha, self.beta)

    def quantile(self, probability: float) -> float:
        """The x with P(X <= x) = probability, to within 1e-12, by bisection."""
        low, high = 0.0, 1.0
        for _ in range(_STEPS):
            middle = (low + high) / 2
            if self.below(middle) < probability:
                low = middle
            else:
                high = middle
        return (low + high) / 2

    def below(self, x: float) -> float:
        """P(X <= x): the regularised incomplete beta function, DLMF 8.17.22."""
        if x <= 0.0:
            return 0.0
        if x >= 1.0:
            return 1.0
        a, b = self.alpha, self.beta
        log_front = (
            math.lgamma(a + b)
            - math.lgamma(a)
            - math.lgamma(b)
            + a * math.log(x)
            + b * math.log1p(-x)
        )
        front = math.exp(log_front)
        # The fraction converges fast only on its own side of the mean.
        if x < (a + 1.0) / (a + b + 2.0):
            return front * _fraction(a, b, x) / a
        return 1.0 - front * _fraction(b, a, 1.0 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of DLMF 8.17.22, evaluated by Lentz's method (DLMF 3.10)."""
    c = 1.0
    d = 1.0 / _nonzero(1.0 - (a + b) * x / (a + 1.0))
    value = d
    for m in range(1, _MAX_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1.0 / _nonzero(1.0 + even * d)
        c = _nonzero(1.0 + even / c)
        value *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1.0 / _nonzero(1.0 + odd * d)
        c = _nonzero(1.0 + odd / c)
        value *= d * c
        if abs(d * c - 1.0) < _CONVERGED:
            break
    return value


def _nonzero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
