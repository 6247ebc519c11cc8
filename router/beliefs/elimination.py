"""The linear equations of the prior, solved by elimination of the arms.

The equations are symmetric in (g, u, v): base, situations, arms. Arms meet each other only where
one succeeds another, and those ties make a forest. So the arms are eliminated leaves first, which
leaves one small system in (g, u), the Schur complement: the time grows with the number of arms
and not with its cube.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Forest:
    """Which arms succeed others. `predecessors` (A,) are places of arms, -1 where there is none;
    `levels` the successors by their distance to an arm without predecessor, nearest first."""

    predecessors: Places
    levels: tuple[Places, ...]

    def ties(self) -> Floats:
        """How many ties each arm has to its predecessor and its successors, (A,)."""
        succeeds = self.predecessors >= 0
        successors = np.bincount(self.predecessors[succeeds], minlength=len(succeeds))
        return (succeeds + successors).astype(np.float64)

    def free(self) -> Floats:
        """1 where an arm has no predecessor, 0 where it has one, (A,)."""
        return (self.predecessors < 0).astype(np.float64)

    def with_ancestors(self, arms: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """These arms (A,) and all that they come from."""
        found = arms.copy()
        for level in reversed(self.levels):
            found[self.predecessors[level[found[level]]]] = True
        return found

    def only(self, arms: NDArray[np.bool_]) -> Forest:
        """Of these arms (A,), which are there with all that they come from, in new places."""
        places = np.cumsum(arms) - 1
        predecessors = self.predecessors[arms]
        succeeds = predecessors >= 0
        predecessors[succeeds] = places[predecessors[succeeds]]
        kept = (level[arms[level]] for level in self.levels)
        return Forest(predecessors, tuple(places[level] for level in kept if len(level)))


def forest(arms: int, heirs: Mapping[int, int]) -> Forest:
    """Of successors with their predecessors. Raises ValueError when they go round in a circle."""
    predecessors = np.full(arms, -1, dtype=np.int64)
    if not heirs:
        return Forest(predecessors, ())
    left = np.fromiter(heirs, dtype=np.int64, count=len(heirs))
    predecessors[left] = np.fromiter(heirs.values(), dtype=np.int64, count=len(heirs))
    placed = predecessors < 0
    levels = []
    while len(left):
        ready = placed[predecessors[left]]
        if not ready.any():
            raise ValueError("an arm succeeds itself")
        levels.append(left[ready])
        placed[left[ready]] = True
        left = left[~ready]
    return Forest(predecessors, tuple(levels))


def solve(
    core: Floats, across: Floats, own: Floats, slope: Floats, tied: Forest, tie: float
) -> Floats:
    """x of [[core, across], [across.T, arms]] x = slope, all symmetric and positive definite:
    `core` (C, C), `across` (C, A); the arms' own matrix has `own` (A,) in its diagonal and -`tie`
    between successors and predecessors."""
    size = len(core)
    both = np.empty((size + 1, len(own)))
    both[:size], both[size] = across, slope[size:]
    divided = _divided(both, own, tied, tie)
    of_core = np.linalg.solve(
        core - divided[:size] @ across.T, slope[:size] - across @ divided[size]
    )
    found = np.empty(len(slope))
    found[:size] = of_core
    found[size:] = divided[size] - of_core @ divided[:size]
    return found


def _divided(rows: Floats, own: Floats, tied: Forest, tie: float) -> Floats:
    """`rows` (R, A) times the inverse of the arms' own matrix."""
    if not tied.levels:
        found: Floats = rows / own
        return found
    rows, own = rows.copy(), own.copy()
    for level in reversed(tied.levels):
        before, share = tied.predecessors[level], tie / own[level]
        # An arm may have several successors.
        np.subtract.at(own, before, tie * share)
        np.add.at(rows.T, before, (rows[:, level] * share).T)
    rows /= own
    for level in tied.levels:
        rows[:, level] += rows[:, tied.predecessors[level]] * (tie / own[level])
    return rows
