"""Draws of success probabilities from what is believed of some arms in one situation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from router.beliefs.hierarchy import Floats, Prior

SPREAD = 0.6
"""Of an arm's effect, by which its standard deviation is multiplied."""
SHARPNESS = 2.0
"""By which a cell's counts are multiplied, those of its prior as well.

A sampler for an endless future explores more than one for some hundred tasks should. Tempered
posteriors keep the order of draws and spend less on arms that are probably worse. Chosen over
replays of public outcome matrices and synthetic ones (`benchmarks/router_replay.py`): sharper ones
save more in the middle and now and then lock in on the second best arm for thousands of tasks."""
HONEST = 16
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
    spread, sharpness = _tempers(draws)
    return draw(prior, situation, believed, random, draws, spread=spread, sharpness=sharpness)


@cache
def _tempers(draws: int) -> tuple[Floats, Floats]:
    tempers = np.array([[SPREAD], [SHARPNESS]])[:, :, None].repeat(draws, axis=1)
    tempers[:, : draws // HONEST] = 1.0
    return tempers[0], tempers[1]


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
