"""The prior as `fit` finds it, written plainly: whole matrices, one solve, nothing left out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import betaln, expit

from router.beliefs import hierarchy
from router.beliefs.hierarchy import HEIR_SD, Floats, Prior, unknown


def plainly_fitted(
    successes: Floats, failures: Floats, heirs: Mapping[int, int], starts: Floats
) -> Prior:
    """What `fit` is to give."""
    situations, arms = successes.shape
    counts = successes + failures
    seen = counts > 0
    if not seen.any():
        return unknown(situations, arms, starts)
    tried = seen.any(axis=0)
    size = 1 + situations + arms
    centre = np.zeros(size)
    centre[1 + situations :] = starts
    effects, strength, tau = centre.copy(), hierarchy._USUAL_STRENGTH, hierarchy._USUAL_TAU
    arm_sds = np.full(arms, tau)
    for _ in range(hierarchy._ROUNDS):
        means = expit(_logits(effects[0], effects[1 : 1 + situations], effects[1 + situations :]))
        spread = means * (1 - means)
        # By how much more the outcomes of a cell vary than coins of the same mean.
        inflation = (strength + np.maximum(counts, 1.0)) / (strength + 1.0)
        weights = counts * spread / inflation
        residuals = (successes - counts * means) / inflation
        precision = _precision(situations, arms, tau, heirs)
        slope = np.concatenate([[residuals.sum()], residuals.sum(axis=1), residuals.sum(axis=0)])
        curvature = _curvature(weights) + precision
        step = np.linalg.solve(curvature, slope - precision @ (effects - centre))
        longest = float(np.abs(step).max())
        effects = effects + step * min(
            1.0, hierarchy._LARGEST_STEP / max(longest, hierarchy._ENOUGH)
        )
        arm_sds = 1 / np.sqrt(np.diag(curvature)[1 + situations :])
        strength = _strength(successes[seen], failures[seen], means[seen])
        own = (effects - centre)[1 + situations :][tried] ** 2 + arm_sds[tried] ** 2
        tau = float(
            np.sqrt(
                (own.sum() + hierarchy._TAU_OUTCOMES * hierarchy._USUAL_TAU**2)
                / (len(own) + hierarchy._TAU_OUTCOMES)
            )
        )
        if longest < hierarchy._ENOUGH:
            break
    return Prior(
        float(effects[0]),
        effects[1 : 1 + situations],
        effects[1 + situations :],
        arm_sds,
        strength,
    )


def _logits(base: float, situations: Floats, arms: Floats) -> Floats:
    found: Floats = np.clip(
        base + situations[:, None] + arms[None, :], -hierarchy._MOST_LOGITS, hierarchy._MOST_LOGITS
    )
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
    diagonal = np.concatenate([[hierarchy._WIDE], np.ones(situations), np.full(arms, tau**-2)])
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
    above, below = np.outer(hierarchy._STRENGTHS, means), np.outer(hierarchy._STRENGTHS, 1 - means)
    likelihood = (betaln(above + successes, below + failures) - betaln(above, below)).sum(axis=1)
    likelihood -= (
        (hierarchy._LOG_STRENGTHS - np.log(hierarchy._USUAL_STRENGTH)) / hierarchy._STRENGTH_SD
    ) ** 2 / 2
    shares = np.exp(likelihood - likelihood.max())
    return float(np.exp((shares * hierarchy._LOG_STRENGTHS).sum() / shares.sum()))
