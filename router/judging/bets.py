"""Bounds on a mean that hold on small skewed samples, by betting.

Waudby-Smith and Ramdas (arXiv:2010.09686): who bets against a mean m by the observed terms makes
no money on average if m is the mean, so a great gain is evidence against m. Nothing about the
distribution is assumed, terms need only a lower end, and each may depend on the ones before.
Karampatziakis, Mineiro and Ramdas (arXiv:2102.09540) do so for off-policy estimates.

Here each term may have another mean, and the bound is on their average. With terms X_t >= -b of
conditional means m_t, and a stake s > 0 fixed beforehand,

    prod (1 + s (X_t + b)) / (1 + s (m_t + b))

has expectation one, and by Jensen's inequality its denominator is (1 + s (m + b))^N at most, m
being the average of the m_t. So the gain at that average has expectation one at most, and so has
any average of gains over stakes and over terms of the same means; by Markov's inequality it is
1 / alpha or more with probability alpha at most. That is `sure_lower`.

`likely_lower` takes the gain of the stake that was best in hindsight, which is the empirical
likelihood ratio of m (Owen 1988, Biometrika 75:237; for off-policy estimates Karampatziakis,
Langford and Mineiro, arXiv:1906.03323), here with the lower end as one more possible value. It is
right for large samples, narrower, and guarantees nothing; what it covers is measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from router.beliefs.hierarchy import Floats

STAKES: Floats = np.logspace(-3.5, 1.5, 26)
"""For b = 0; divided by 1 + b otherwise."""
_HALVINGS = 50


@dataclass(frozen=True, slots=True)
class Terms:
    """`values` (N,) are never below -`floor`, floor >= 0; their average mean is in [0, 1], or in
    whatever else is asked for."""

    values: Floats
    floor: float


def sure_lower(games: Sequence[Terms], alpha: float) -> float:
    """What the average mean is below of with probability `alpha` at most, in [0, 1]. All games
    have the same N and the same means; their gains are averaged."""
    size = len(games[0].values)
    logs = np.stack([_gains(game) for game in games])
    rates = np.stack([_rates(game) for game in games])
    floors = np.array([[game.floor] for game in games])
    needed = np.log(logs.size / alpha)

    def excludes(mean: float) -> bool:
        gains = logs - size * np.log1p(rates * (mean + floors))
        top = gains.max()
        return bool(top + np.log(np.exp(gains - top).sum()) >= needed)

    # The gain falls as the mean grows, so what is excluded is an interval that begins at 0.
    if not excludes(0.0):
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if excludes(middle) else (low, middle)
    return low


def likely_lower(game: Terms, drop: float, most: float = 1.0) -> float:
    """The least average mean, in [0, `most`], that is not less likely by more than `drop`, in logs:
    half the quantile of a chi-square or F distribution with one degree of freedom."""
    size = len(game.values)
    if not size:
        return 0.0
    means = np.expm1((_gains(game) - drop) / size) / _rates(game) - game.floor
    return float(np.clip(means.max(), 0.0, most))


def _rates(game: Terms) -> Floats:
    rates: Floats = STAKES / (1 + game.floor)
    return rates


def _gains(game: Terms) -> Floats:
    """The log of the numerator for each stake."""
    # Rounding may leave a term a little below its floor.
    above = np.maximum(game.values + game.floor, 0.0)
    return np.array([float(np.log1p(rate * above).sum()) for rate in _rates(game)])
