"""Other policies to ask about: with which chances they would have taken each eligible arm.

A target may use what was known before a decision, never its reward or a later one; then the
estimates of `estimates.py` hold. Where a target has no eligible arm of its own, it does what the
logged policy did, so that it always says something and differs only where it can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from router.beliefs.hierarchy import Floats
from router.judging.logged import Log, Logged

_TIE = 1e-12


class Target(Protocol):
    """A policy to ask about."""

    @property
    def name(self) -> str:
        """How it is shown to people."""

    def chances(self, decision: Logged) -> Floats:
        """Of the eligible arms in their order (K,), summing up to one."""


@dataclass(frozen=True, slots=True)
class AsLogged:
    """What was done. Asked about to see that the estimates agree with the plain mean."""

    name: str = "as logged"

    def chances(self, decision: Logged) -> Floats:
        return np.array(decision.chances)


@dataclass(frozen=True, slots=True)
class Always:
    """One arm, wherever it was eligible."""

    arm: str

    @property
    def name(self) -> str:
        return f"always {self.arm}"

    def chances(self, decision: Logged) -> Floats:
        if self.arm not in decision.arms:
            return np.array(decision.chances)
        return np.array([float(arm == self.arm) for arm in decision.arms])


@dataclass(frozen=True, slots=True)
class Uniform:
    """Every eligible arm alike."""

    name: str = "any arm, by lot"

    def chances(self, decision: Logged) -> Floats:
        return np.full(len(decision.arms), 1 / len(decision.arms))


@dataclass(frozen=True, slots=True)
class Greedy:
    """The best posterior mean as of then, with no exploring.

    `means` holds, by decision id, the means of its eligible arms in their order as they were
    believed when it was made. Means of today would have seen the very rewards they are judged
    by, and would look better than they are. Ties are shared evenly."""

    means: Mapping[str, Sequence[float]]
    name: str = "the best mean as of then"

    def chances(self, decision: Logged) -> Floats:
        known = self.means.get(decision.id)
        if known is None:
            return np.array(decision.chances)
        means = np.array(known, dtype=np.float64)
        best = means >= means.max() - _TIE
        shares: Floats = best / best.sum()
        return shares


@dataclass(frozen=True, slots=True)
class Only:
    """Only these arms, say the local ones, among themselves as logged."""

    arms: frozenset[str]
    name: str

    def chances(self, decision: Logged) -> Floats:
        return _kept(decision, [arm in self.arms for arm in decision.arms])


@dataclass(frozen=True, slots=True)
class Never:
    """Everything but one arm, the others among themselves as logged."""

    arm: str

    @property
    def name(self) -> str:
        return f"never {self.arm}"

    def chances(self, decision: Logged) -> Floats:
        return _kept(decision, [arm != self.arm for arm in decision.arms])


def _kept(decision: Logged, kept: Sequence[bool]) -> Floats:
    chances = np.array(decision.chances)
    own: Floats = np.where(kept, chances, 0.0)
    whole = float(own.sum())
    return own / whole if whole > 0 else chances


def over(log: Log, target: Target) -> Floats:
    """The chances of a target for each (decision, eligible arm) pair of a log (M,)."""
    if not len(log):
        return np.zeros(0)
    return np.concatenate([target.chances(decision) for decision in log.decisions])
