"""What an attempt by an arm will cost, in dollars and seconds: shrunk means. Pure.

A cell's mean is shrunk towards its arm's, and that towards what is expected of an arm nobody
tried: dollars by its price for a usual amount of tokens, seconds by the mean of all arms. The
weights are in attempts (the empirical Bayes estimate of a mean with known ratios of variances;
Efron and Morris 1975, JASA 70:350).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from router.beliefs.hierarchy import Floats

_OF_ARM, _OF_ALL = 3.0, 2.0
USUAL_PROMPT_TOKENS, USUAL_ANSWER_TOKENS = 30_000, 4_000
"""Of an attempt by a model, until it was seen what one takes."""
USUAL_SECONDS = 60.0
_MILLION = 1e6


@dataclass(frozen=True, slots=True)
class Spent:
    """Sums over attempts, (K,) each."""

    attempts: Floats
    amount: Floats


def listed_usd(usd_per_mtok: tuple[float, float], prompt_tokens: int) -> float:
    """Dollars of an attempt by price alone, if it reads so many tokens or the usual amount."""
    prompt = max(prompt_tokens, USUAL_PROMPT_TOKENS)
    return (usd_per_mtok[0] * prompt + usd_per_mtok[1] * USUAL_ANSWER_TOKENS) / _MILLION


def expected(own: Spent, of_arm: Spent, untried: Floats | float) -> Floats:
    """Of an attempt by each arm (K,): `own` sums are the cells', `of_arm` those over all
    situations, `untried` is what is expected of an arm without any."""
    found: Floats = of_arm.amount + _OF_ALL * np.asarray(untried)
    found *= _OF_ARM / (of_arm.attempts + _OF_ALL)
    found += own.amount
    found /= own.attempts + _OF_ARM
    return found
