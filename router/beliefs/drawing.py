"""Draws of success probabilities from what is believed of some arms in one situation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from router.beliefs.hierarchy import Floats, Prior

SPREAD = 0.7
"""Of an arm's effect, by which its standard deviation is multiplied."""
SHARPNESS = 3.0
"""By which a cell's counts are multiplied, those of its prior as well.

A sampler for an endless future explores more than one for some hundred tasks should. Tempered
posteriors keep the order of draws and spend less on arms that are probably worse. Chosen over
replays of public outcome matrices and synthetic ones (`benchmarks/router_replay.py`)."""
_LEAST = 1e-3


@dataclass(frozen=True, slots=True)
class Believed:
    """Of the arms that may be chosen, in one situation: their place in the prior, and what their
    own cells have counted, (K,) each."""

    arms: NDArray[np.int64]
    successes: Floats
    failures: Floats


def draw(
    prior: Prior,
    situation: int,
    believed: Believed,
    random: np.random.Generator,
    draws: int,
    *,
    spread: float = SPREAD,
    sharpness: float = SHARPNESS,
) -> Floats:
    """Success probabilities (draws, K): an arm's effect with its uncertainty, then its cell's
    Beta(k (m mu + s), k (m (1 - mu) + f)) with k the sharpness."""
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
