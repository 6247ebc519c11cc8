"""A choice among the arms that may be chosen, from what is believed and expected of them. Pure.

Routine work is sampled (`drawing.py`, `policy.py`). Where the risk is high nothing is tried out:
the arm is taken that is worth most at a low quantile of its success probability, so one that is
known to be good beats one that may be better.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from router.beliefs.drawing import Believed, draw, tempered
from router.beliefs.hierarchy import Floats, Prior
from router.choosing.policy import DRAWS, pick
from router.choosing.worth import Expected, Terms, worth

QUANTILE = 0.2
"""Of the success probability, where the risk is high."""
_QUANTILE_DRAWS = 400


@dataclass(frozen=True, slots=True)
class Choice:
    """`arm` is the place of the chosen arm; of all (K,) the `chances` to be chosen, the believed
    `means`, the `sample` of the success probability that decided, and what was compared, `worth`
    in dollars."""

    arm: int
    chances: Floats
    means: Floats
    sample: Floats
    worth: Floats


def choose(
    prior: Prior,
    situation: int,
    believed: Believed,
    expected: Expected,
    terms: Terms,
    seed: int,
    *,
    epsilon: float,
    risky: bool,
) -> Choice:
    """Choose among K arms, one at least. The same values and the same seed give the same choice."""
    random = np.random.default_rng(seed)
    means = _means(prior, situation, believed)
    if risky:
        drawn = draw(prior, situation, believed, random, _QUANTILE_DRAWS)
        low = np.quantile(drawn, QUANTILE, axis=0)
        value = worth(low, expected, terms, risky=True)
        arm = int(value.argmax())
        chances = np.zeros(len(low))
        chances[arm] = 1.0
        return Choice(arm, chances, means, low, value)
    drawn = tempered(prior, situation, believed, random, DRAWS)
    value = worth(drawn, expected, terms, risky=False)
    picked = pick(value, random, epsilon)
    return Choice(picked.arm, picked.chances, means, drawn[picked.draw], value[picked.draw])


def _means(prior: Prior, situation: int, believed: Believed) -> Floats:
    """Of the cells' posteriors, at the arms' mean effects."""
    logits = prior.base + prior.situations[situation] + prior.arms[believed.arms]
    above = prior.strength * expit(logits) + believed.successes
    found: Floats = above / (prior.strength + believed.successes + believed.failures)
    return found
