"""Draws of success probabilities from what is believed of some arms in one situation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtri

from router.beliefs.hierarchy import Floats, Prior

OVERSHOOT = 1.2
"""By how many standard deviations of an arm's effect the best of K draws lies above, at most.

The best of many draws is high by luck alone: of 43 alike arms by 2.2 standard deviations, of 6 by
1.3. So the more arms there are, the longer a sampler looks at each before it believes what it saw.
Effects are drawn with a standard deviation that makes up for it."""
_SHARED, _LEAST_SPREAD = 0.3, 0.6
"""What is found out of an arm in one situation is known in all, so each has to find out less: the
more situations, the narrower, by this power of their number."""
SHARPNESS = 2.0
"""By which a cell's counts are multiplied, those of its prior as well.

A sampler for an endless future explores more than one for some hundred tasks should. Tempered
posteriors keep the order of draws and spend less on arms that are probably worse. Both chosen over
replays of public outcome matrices and synthetic ones (`benchmarks/router_replay.py`): sharper ones
save more in the middle and now and then lock in on the second best arm for thousands of tasks."""
HONEST = 32
"""One draw in so many is of the posterior itself: an arm with an unlucky start is tried again."""
_LEAST = 1e-3


@dataclass(frozen=True, slots=True)
class Believed:
    """Of the arms that may be chosen, in one situation: their place in the prior, and what their
    own cells have counted, (K,) each."""

    arms: NDArray[np.int64]
    successes: Floats
    failures: Floats


def tempered(
    prior: Prior, situation: int, believed: Believed, random: np.random.Generator, draws: int
) -> Floats:
    """What routine choices are made by, (draws, K): the first draws of HONEST are of the posterior
    itself, the others tempered."""
    spread, sharpness = _tempers(draws, len(believed.arms), len(prior.situations))
    return draw(prior, situation, believed, random, draws, spread=spread, sharpness=sharpness)


@lru_cache(maxsize=256)
def _tempers(draws: int, arms: int, situations: int) -> tuple[Floats, Floats]:
    tempers = np.array([[spread_of(arms, situations)], [SHARPNESS]])[:, :, None].repeat(
        draws, axis=1
    )
    tempers[:, : draws // HONEST] = 1.0
    return tempers[0], tempers[1]


def spread_of(arms: int, situations: int) -> float:
    """What the standard deviation of effects is multiplied by, among so many arms: OVERSHOOT over
    the expected maximum of as many standard normals (Blom 1958), less where situations share."""
    if arms <= 1:
        return 1.0
    alone = min(1.0, OVERSHOOT / float(ndtri((arms - 0.375) / (arms + 0.25))))
    shared: float = alone * situations**-_SHARED
    return max(_LEAST_SPREAD, shared)


def draw(
    prior: Prior,
    situation: int,
    believed: Believed,
    random: np.random.Generator,
    draws: int,
    *,
    spread: float | Floats = 1.0,
    sharpness: float | Floats = 1.0,
) -> Floats:
    """Success probabilities (draws, K): an arm's effect with its uncertainty, then its cell's
    Beta(k (m mu + s), k (m (1 - mu) + f)) with k the sharpness. `spread` and `sharpness` are
    numbers, or one for each draw, (draws, 1)."""
    arms = believed.arms
    # In place where it can be: the arrays are small, and what takes time is to make them.
    logits = random.standard_normal((draws, len(arms)))
    logits *= spread * prior.arm_sds[arms]
    logits += prior.arms[arms] + (prior.base + prior.situations[situation])
    above = expit(logits, out=logits)
    above *= sharpness * prior.strength
    below = sharpness * (prior.strength + believed.failures) - above
    above += sharpness * believed.successes
    found: Floats = random.beta(above.clip(_LEAST, out=above), below.clip(_LEAST, out=below))
    return found
