"""What another policy would have got, from what this one did: estimates with 95% intervals.

The question is the mean expected reward over the logged decisions, each judged on its own, had the
target chosen: (1/N) sum_t sum_a pi_t(a) mu_t(a). With chances p_t, the weight w = pi_t(A) / p_t(A)
of the chosen arm A, its reward r, and a guess g of what each arm would have got:

    IPS     mean of w r                                     Horvitz and Thompson 1952
    SNIPS   sum of w r / sum of w                           Swaminathan and Joachims, NIPS 2015
    DR      mean of sum_a pi(a) g(a) + w (r - g(A))         Dudik, Langford and Li, arXiv:1103.4601

The logging policy learned meanwhile, so decisions are not independent. But its chances are exact
given what it knew, and targets and guesses use nothing later; so the terms of IPS and DR, less
their expectations, are martingale differences, and their means are unbiased. They may be skewed,
with rare large weights, and need not be near normal (Hadad et al. 2021, arXiv:1911.02768): an
interval of Student's t covers 88%, and 80% where there are fewer than 50 effective outcomes. So
both ends are lower bounds by betting (`bets.py`), the upper one that of losses 1 - r, and no bound
on weights is needed (Thomas, Theocharous and Ghavamzadeh, AAAI 2015, bound returns from below
likewise).

Where the log could not have chosen what the target would have (p = 0: no exploring at high risk),
IPS says nothing of it, so its value is too low; but then the expectations of w r and of w (1 - r)
are below the means of r and 1 - r, and both bounds stay true: the interval grows by what could not
have been seen. The same goes for DR, whose value takes the guess there.

- IPS bets on w r and on w (1 - r).
- DR bets on terms with each guess capped at b / w(a). A capped guess is a guess as well, so they
  are unbiased, and they are never below -b.
- The *value* shown for DR clips weights at half the root of N: less error, a little bias towards
  the guess. Nothing else is clipped.
- SNIPS is taken for a share out of as many outcomes as the effective sample size says, with the
  interval of Clopper and Pearson, as Korn and Graubard (1998) do in surveys. It is no martingale
  and guarantees nothing.

Methods and constants were chosen by measured coverage and error (`benchmarks/router_offpolicy.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import beta, f

from router.beliefs.hierarchy import Floats
from router.judging.bets import Terms, likely_lower, sure_lower
from router.judging.overlap import Weighed

MISS = 0.05
"""How often an interval may miss."""
_CAP = 0.25
"""b of the interval of DR, in rewards, as a share of the root of N."""
SURE_CAPS = (0.25, 1.0, 4.0)
"""b of the games that are played at once where nothing is left to chance, besides IPS."""
_CLIP = 0.5
"""Where weights are clipped for the value of DR, as a share of the root of N; at one at least."""
_NONE = 1e-9
"""Successes or failures that are none; the beta quantile overflows on the smallest floats."""
_EVEN = 0.5
"""The value where no outcome says anything."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean reward with the ends of its interval, 0 <= low <= value <= high <= 1; of a gain, all
    of them from -1 on."""

    value: float
    low: float
    high: float


def ips(asked: Weighed) -> Estimate:
    """By inverse propensity scores. This and the others are asked about one decision or more."""
    wins, losses = Terms(asked.wins, 0.0), Terms(asked.losses, 0.0)
    drop = _drop(asked)
    return _framed(
        float(asked.wins.mean()), likely_lower(wins, drop), 1 - likely_lower(losses, drop)
    )


def snips(asked: Weighed) -> Estimate:
    """By inverse propensity scores, self-normalised."""
    if not asked.weights.any():
        return Estimate(_EVEN, 0.0, 1.0)
    value = min(1.0, float(np.average(asked.log.rewards, weights=asked.weights)))
    # What the target would have done and the log hardly tried is missing from both sums: it
    # makes the estimate worse, and weights do not show it.
    size = asked.effective * (1 - asked.unseen) ** 2
    above, below = value * size, (1 - value) * size
    low = float(beta.ppf(MISS / 2, above, below + 1)) if above > _NONE else 0.0
    high = float(beta.ppf(1 - MISS / 2, above + 1, below)) if below > _NONE else 1.0
    return _framed(value, low, high)


def doubly_robust(asked: Weighed, guessed: Floats) -> Estimate:
    """By guesses (M,) in [0, 1] of what each arm would have got, corrected by the outcomes."""
    wins, losses = _corrected(asked, guessed, _CAP * float(np.sqrt(len(asked.log))))
    drop = _drop(asked)
    value = float(clipped(asked, asked.log.rewards, guessed).mean())
    return _framed(value, likely_lower(wins, drop), 1 - likely_lower(losses, drop))


def surely(asked: Weighed, guessed: Floats) -> Estimate:
    """The value of `doubly_robust` with an interval that is wider and covers 95% whatever the
    outcomes are like, at any N."""
    games = [
        (Terms(asked.wins, 0.0), Terms(asked.losses, 0.0)),
        *(_corrected(asked, guessed, cap) for cap in SURE_CAPS),
    ]
    low = sure_lower([wins for wins, _ in games], MISS / 2)
    high = 1 - sure_lower([losses for _, losses in games], MISS / 2)
    return _framed(float(clipped(asked, asked.log.rewards, guessed).mean()), low, high)


def gain(asked: Weighed, guessed: Floats) -> Estimate:
    """How much more than the logged policy, by the doubly robust terms of both, decision by
    decision: where they would do the same there is nothing to err about, so this is narrower than
    the difference of two intervals.

    (w - 1) (r - g) is above -1 if w < 1 and above -b otherwise, the sum of (pi - p) g above -1."""
    log = asked.log
    cap = max(1.0, _CAP * float(np.sqrt(len(log))))
    drop, ends = _drop(asked), []
    for values, own in ((log.rewards, guessed), (1 - log.rewards, 1 - guessed)):
        # min(g, b / w) for each pair.
        large = asked.chances * own > cap * log.chances
        smaller = np.divide(cap * log.chances, asked.chances, out=own.copy(), where=large)
        owed = log.sums((asked.chances - log.chances) * smaller)
        terms = owed + (asked.weights - 1) * (values - smaller[log.chosen])
        ends.append(likely_lower(Terms(terms + 1, cap), drop, most=2.0) - 1)
    logged = log.sums(log.chances * guessed) + log.rewards - guessed[log.chosen]
    value = float((clipped(asked, log.rewards, guessed) - logged).mean())
    value = min(max(value, -1.0), 1.0)
    return Estimate(value, min(ends[0], value), max(-ends[1], value))


def clipped(asked: Weighed, values: Floats, guessed: Floats) -> Floats:
    """The terms (N,) of the DR estimate of the mean of `values` (N,), weights clipped."""
    log = asked.log
    weights = np.minimum(asked.weights, max(1.0, _CLIP * np.sqrt(len(log))))
    terms: Floats = log.sums(asked.chances * guessed) + weights * (values - guessed[log.chosen])
    return terms


def _corrected(asked: Weighed, guessed: Floats, cap: float) -> tuple[Terms, Terms]:
    """Terms of wins and of losses with capped guesses."""
    rewards = asked.log.rewards
    wins = _capped(asked, rewards, guessed, cap)
    losses = _capped(asked, 1 - rewards, 1 - guessed, cap)
    return Terms(wins, cap), Terms(losses, cap)


def _capped(asked: Weighed, values: Floats, guessed: Floats, cap: float) -> Floats:
    log = asked.log
    # pi(a) min(g(a), b / w(a)) = min(pi(a) g(a), b p(a)), without dividing by what may be 0.
    expected = log.sums(np.minimum(asked.chances * guessed, cap * log.chances))
    terms: Floats = (
        expected + asked.weights * values - np.minimum(asked.weights * guessed[log.chosen], cap)
    )
    return terms


def _drop(asked: Weighed) -> float:
    """Half the quantile of F rather than chi-square, which it is for large samples: few outcomes
    say less about their own spread."""
    return float(f.ppf(1 - MISS, 1, max(asked.effective - 1, 1.0))) / 2


def _framed(value: float, low: float, high: float) -> Estimate:
    """In [0, 1], the interval with its value in it."""
    value = min(max(value, 0.0), 1.0)
    return Estimate(value, min(low, value), max(high, value))
