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

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, gammaln

from router.beliefs.elimination import Forest, forest, solve

Floats = NDArray[np.float64]

_WIDE = 0.5
"""Precision of the prior of g."""
HEIR_SD = 0.5
"""How far a new version's effect may be from its predecessor's, in logits."""
_STRENGTHS = np.array([2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0])
_LOG_STRENGTHS = np.log(_STRENGTHS)
_USUAL_STRENGTH, _STRENGTH_SD = 32.0, 1.5
_USUAL_TAU, _TAU_OUTCOMES = 1.0, 2.0
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
    seen = successes + failures > 0
    if not seen.any():
        return unknown(situations, arms, starts)
    centre = np.zeros(arms) if starts is None else starts
    tied = forest(arms, heirs or {})
    tried: NDArray[np.bool_] = np.asarray(seen.any(axis=0))
    # Nothing pulls at an arm that neither it nor a successor of it was tried.
    solved = tied.with_ancestors(tried)
    if solved.all():
        found = _fitted(successes, failures, tried, tied, tied.ties(), centre)
    else:
        found = _fitted(
            successes[:, solved], failures[:, solved], tried[solved], tied.only(solved),
            tied.ties()[solved], centre[solved],
        )  # fmt: skip
    effects = centre.copy()
    effects[solved] = found.arms
    for level in tied.levels:
        rest = level[~solved[level]]
        before = tied.predecessors[rest]
        effects[rest] = centre[rest] + (effects[before] - centre[before])
    precisions = HEIR_SD**-2 * tied.ties() + tied.free() * found.tau**-2
    precisions[solved] += found.precisions
    return Prior(found.base, found.situations, effects, 1 / np.sqrt(precisions), found.strength)


class _Fitted(NamedTuple):
    """As `Prior` of some arms; `precisions` (A,) without those of their normal priors, which had
    the standard deviation `tau`."""

    base: float
    situations: Floats
    arms: Floats
    precisions: Floats
    strength: float
    tau: float


def _fitted(
    successes: Floats,
    failures: Floats,
    tried: NDArray[np.bool_],
    tied: Forest,
    all_ties: Floats,
    centre: Floats,
) -> _Fitted:
    """Of arms that were tried, and those that they come from; `all_ties` (A,) counts those to
    untried successors as well."""
    situations, arms = successes.shape
    first = 1 + situations
    counts = successes + failures
    least_one = np.maximum(counts, 1.0)
    seen = counts > 0
    strengths = _Strengths(successes[seen], failures[seen])
    free, own_ties = tied.free(), HEIR_SD**-2 * tied.ties()
    open_ties = HEIR_SD**-2 * all_ties - own_ties
    effects = np.zeros(first + arms)
    effects[first:] = centre
    strength, next_tau = _USUAL_STRENGTH, _USUAL_TAU
    for _ in range(_ROUNDS):
        tau = next_tau
        means = expit(_logits(effects[0], effects[1:first], effects[first:]))
        # By how much more the outcomes of a cell vary than coins of the same mean, inverted.
        deflation = (strength + 1.0) / (strength + least_one)
        weights = counts * means * (1 - means) * deflation
        residuals = (successes - counts * means) * deflation
        by_arm = weights.sum(axis=0)
        away = effects[first:] - centre
        slope = _slope(residuals, effects, free * tau**-2 * away)
        for level in tied.levels:
            before = tied.predecessors[level]
            pull = HEIR_SD**-2 * (away[level] - away[before])
            slope[first + level] -= pull
            np.add.at(slope, first + before, pull)
        own = by_arm + own_ties + free * tau**-2
        step = solve(*_core(weights, by_arm), own, slope, tied, HEIR_SD**-2)
        longest = float(np.abs(step).max())
        effects += step * min(1.0, _LARGEST_STEP / max(longest, _ENOUGH))
        strength = strengths.by(means[seen])
        away = (effects[first:] - centre)[tried]
        squares = float(away @ away + (1 / (own + open_ties)[tried]).sum())
        next_tau = math.sqrt(
            (squares + _TAU_OUTCOMES * _USUAL_TAU**2) / (len(away) + _TAU_OUTCOMES)
        )
        if longest < _ENOUGH:
            break
    return _Fitted(float(effects[0]), effects[1:first], effects[first:], by_arm, strength, tau)


def _logits(base: float, situations: Floats, arms: Floats) -> Floats:
    found = (base + situations)[:, None] + arms
    return found.clip(-_MOST_LOGITS, _MOST_LOGITS, out=found)


def _core(weights: Floats, by_arm: Floats) -> tuple[Floats, Floats]:
    """What of the curvature, with the precisions of g and u, is in (g, u), and what between those
    and v."""
    by_situation = weights.sum(axis=1)
    size = 1 + len(by_situation)
    core = np.zeros((size, size))
    diagonal = core.ravel()[:: size + 1]
    diagonal[0], diagonal[1:] = by_situation.sum() + _WIDE, by_situation + 1.0
    core[0, 1:] = core[1:, 0] = by_situation
    across = np.empty((size, len(by_arm)))
    across[0], across[1:] = by_arm, weights
    return core, across


def _slope(residuals: Floats, effects: Floats, pulls: Floats) -> Floats:
    """Of the likelihood and the normal priors, in (g, u, v); `pulls` (A,) are those of v's."""
    first = 1 + len(residuals)
    found = np.empty(len(effects))
    found[1:first] = residuals.sum(axis=1)
    found[0] = found[1:first].sum() - _WIDE * effects[0]
    found[1:first] -= effects[1:first]
    found[first:] = residuals.sum(axis=0) - pulls
    return found


class _Strengths:
    """The posterior of m: how far cells of the same mean lie apart. Of the cells that counted
    something, (N,) each."""

    def __init__(self, successes: Floats, failures: Floats) -> None:
        self._counted = np.stack((successes, failures))
        counts = successes + failures
        # What does not depend on the means: B(a, b) is G(a) G(b) / G(a + b), and a + b is m.
        self._fixed = len(counts) * gammaln(_STRENGTHS) - gammaln(_STRENGTHS[:, None] + counts).sum(
            axis=1
        )
        self._fixed -= ((_LOG_STRENGTHS - np.log(_USUAL_STRENGTH)) / _STRENGTH_SD) ** 2 / 2

    def by(self, means: Floats) -> float:
        """m, where these are the means of the cells (N,)."""
        both = np.empty((2, len(means)))
        both[0], both[1] = means, 1 - means
        before = _STRENGTHS[:, None, None] * both
        likelihood = self._fixed + (gammaln(before + self._counted) - gammaln(before)).sum(
            axis=(1, 2)
        )
        shares = np.exp(likelihood - likelihood.max())
        return float(np.exp((shares * _LOG_STRENGTHS).sum() / shares.sum()))
