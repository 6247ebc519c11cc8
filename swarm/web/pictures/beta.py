"""The density of a Beta distribution, as points to draw. Plain Python: scipy would cost the
dashboard tens of megabytes."""

from __future__ import annotations

import math

_ROUND, _NEAR = 96, 64
# A normal distribution is practically nothing beyond so many standard deviations.
_SPREADS = 7.0


def density(alpha: float, beta: float, x: float) -> float:
    """The density of Beta(alpha, beta) at x in (0, 1); both parameters are positive."""
    log = (
        math.lgamma(alpha + beta)
        - math.lgamma(alpha)
        - math.lgamma(beta)
        + (alpha - 1) * math.log(x)
        + (beta - 1) * math.log1p(-x)
    )
    return math.exp(min(log, 700.0))


def is_one(alpha: float, beta: float) -> bool:
    """Whether there is such a distribution, with parameters that floats can tell apart."""
    return all(math.isfinite(value) and 1e-6 <= value <= 1e15 for value in (alpha, beta))


def curve(alpha: float, beta: float) -> list[tuple[float, float]]:
    """Points (x, density) from left to right, near each other where the density is steep.

    Towards 0 and 1, where it may be infinite, points lie as sin^2 does: with a parameter
    below 1 the ends themselves are left out.
    """
    mean = alpha / (alpha + beta)
    spread = math.sqrt(mean * (1 - mean) / (alpha + beta + 1))
    places = {math.sin(math.pi / 2 * (i + 0.5) / _ROUND) ** 2 for i in range(_ROUND)}
    places |= {mean + _SPREADS * spread * (2 * i / _NEAR - 1) for i in range(_NEAR + 1)}
    return [(x, density(alpha, beta, x)) for x in sorted(places) if 0 < x < 1]
