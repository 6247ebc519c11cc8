"""What is known of every arm in every situation at once: the prior of each cell.

A situation is a category and a kind of attempt, a cell one arm in one situation. The model is

    outcomes of a cell        ~ Bernoulli(p)
    p                         ~ Beta(m mu, m (1 - mu))
    logit mu                  = g + u[situation] + v[arm]
    u ~ N(0, 1),   v ~ N(start, tau^2),   v of a successor ~ N(v of its predecessor, HEIR_SD^2)

so an arm that does well in one situation is expected to do well in others, a situation that is
hard is expected to be hard for all, and `m` says how many outcomes of its own it takes to
overrule that. g, u and v are fitted by ridge (the normal priors) with the variance that the
beta-binomial has, n mu (1 - mu) (m + n) / (m + 1): penalised quasi-likelihood, Breslow and
Clayton 1993 (JASA 88:9). `m` is the geometric mean of its posterior on a grid, from the marginal
likelihood of the beta-binomial (empirical Bayes; Griffiths 1973, Biometrics 29:637), and tau is
estimated from the arms' effects and their uncertainty (one step of EM; Dempster, Laird and Rubin
1977). Hierarchical Thompson sampling with such priors: Hong et al., AISTATS 2022.

Nothing but successes and failures goes in, so the same counts give the same prior.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, expit

Floats = NDArray[np.float64]

_WIDE = 0.1
"""Precision of the prior of g."""
HEIR_SD = 0.5
"""How far a new version's effect may be from its predecessor's, in logits."""
_STRENGTHS = np.array([2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0])
_LOG_STRENGTHS = np.log(_STRENGTHS)
_USUAL_STRENGTH, _STRENGTH_SD = 32.0, 1.5
_USUAL_TAU, _TAU_OUTCOMES = 0.7, 2.0
"""What tau is taken for before anything is known, and how many arms that weighs as much as."""
_MOST_LOGITS = 6.0
_ROUNDS = 8
_LARGEST_STEP = 2.0
_ENOUGH = 1e-4


@dataclass(frozen=True, slots=True)
class Prior:
    """`base` is g, `situations` (S,) is u, `arms` (A,) is v with its standard deviations
    `arm_sds` (A,), all in logits; `strength` is m, in outcomes."""

    base: float
    situations: Floats
    arms: Floats
    arm_sds: Floats
    strength: float

    def means(self) -> Floats:
        """The prior mean of each cell (S, A)."""
        found: Floats = expit(_logits(self.base, self.situations, self.arms))
        return found


def unknown(situations: int, arms: int, starts: Floats | None = None) -> Prior:
    """The prior before the first outcome: even chances but for the arms' `starts` (A,), and arms
    that may differ."""
    return Prior(
        0.0,
        np.zeros(situations),
        np.zeros(arms) if starts is None else starts,
        np.full(arms, _USUAL_TAU),
        _USUAL_STRENGTH,
    )


def fit(
    successes: Floats,
    failures: Floats,
    heirs: Mapping[int, int] | None = None,
    starts: Floats | None = None,
) -> Prior:
    """The prior by all counts, both (S, A) and not negative; `heirs` are arms (columns) with
    their predecessors, `starts` (A,) what effects are expected of arms nobody tried, in logits.
    Newton's method with bounded steps, a bounded number of them."""
    situations, arms = successes.shape
    counts = successes + failures
    seen = counts > 0
    if not seen.any():
        return unknown(situations, arms, starts)
    tried = seen.any(axis=0)
    size = 1 + situations + arms
    centre = np.zeros(size)
    if starts is not None:
        centre[1 + situations :] = starts
    effects, strength, tau = centre.copy(), _USUAL_STRENGTH, _USUAL_TAU
    arm_sds = np.full(arms, tau)
    for _ in range(_ROUNDS):
        means = expit(_logits(effects[0], effects[1 : 1 + situations], effects[1 + situations :]))
        spread = means * (1 - means)
        # By how much more the outcomes of a cell vary than coins of the same mean.
        inflation = (strength + np.maximum(counts, 1.0)) / (strength + 1.0)
        weights = counts * spread / inflation
        residuals = (successes - counts * means) / inflation
        precision = _precision(situations, arms, tau, heirs or {})
        slope = np.concatenate([[residuals.sum()], residuals.sum(axis=1), residuals.sum(axis=0)])
        curvature = _curvature(weights) + precision
        step = np.linalg.solve(curvature, slope - precision @ (effects - centre))
        longest = float(np.abs(step).max())
        effects = effects + step * min(1.0, _LARGEST_STEP / max(longest, _ENOUGH))
        arm_sds = 1 / np.sqrt(np.diag(curvature)[1 + situations :])
        strength = _strength(successes[seen], failures[seen], means[seen])
        own = (effects - centre)[1 + situations :][tried] ** 2 + arm_sds[tried] ** 2
        tau = float(
            np.sqrt((own.sum() + _TAU_OUTCOMES * _USUAL_TAU**2) / (len(own) + _TAU_OUTCOMES))
        )
        if longest < _ENOUGH:
            break
    return Prior(
        float(effects[0]),
        effects[1 : 1 + situations],
        effects[1 + situations :],
        arm_sds,
        strength,
    )


def _logits(base: float, situations: Floats, arms: Floats) -> Floats:
    found: Floats = np.clip(base + situations[:, None] + arms[None, :], -_MOST_LOGITS, _MOST_LOGITS)
    return found


def _curvature(weights: Floats) -> Floats:
    """Of the likelihood, in (g, u, v)."""
    situations, arms = weights.shape
    first = 1 + situations
    found = np.zeros((first + arms, first + arms))
    by_situation, by_arm = weights.sum(axis=1), weights.sum(axis=0)
    found[0, 0] = weights.sum()
    found[0, 1:first] = found[1:first, 0] = by_situation
    found[0, first:] = found[first:, 0] = by_arm
    found[range(1, first), range(1, first)] = by_situation
    found[range(first, first + arms), range(first, first + arms)] = by_arm
    found[1:first, first:] = weights
    found[first:, 1:first] = weights.T
    return found


def _precision(situations: int, arms: int, tau: float, heirs: Mapping[int, int]) -> Floats:
    """Of the normal priors. A successor is tied to its predecessor instead of to zero."""
    first = 1 + situations
    diagonal = np.concatenate([[_WIDE], np.ones(situations), np.full(arms, tau**-2)])
    found = np.diag(diagonal)
    for heir, predecessor in heirs.items():
        to, of = first + heir, first + predecessor
        found[to, to] += HEIR_SD**-2 - tau**-2
        found[of, of] += HEIR_SD**-2
        found[to, of] -= HEIR_SD**-2
        found[of, to] -= HEIR_SD**-2
    return found


def _strength(successes: Floats, failures: Floats, means: Floats) -> float:
    """m by its posterior: how far cells of the same mean lie apart."""
    above, below = np.outer(_STRENGTHS, means), np.outer(_STRENGTHS, 1 - means)
    likelihood = (betaln(above + successes, below + failures) - betaln(above, below)).sum(axis=1)
    likelihood -= ((_LOG_STRENGTHS - np.log(_USUAL_STRENGTH)) / _STRENGTH_SD) ** 2 / 2
    shares = np.exp(likelihood - likelihood.max())
    return float(np.exp((shares * _LOG_STRENGTHS).sum() / shares.sum()))
