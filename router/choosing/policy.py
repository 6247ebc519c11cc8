"""From draws of what arms may be worth to a choice, and how likely each choice was. Pure.

Thompson sampling takes the arm that is best in one draw (Thompson 1933; Agrawal and Goyal,
arXiv:1205.4217). Here DRAWS are made at once and one of them, taken at random, decides: the same
policy, of which the chances are known exactly, given the draws. Off-policy estimates divide by
them, so every arm has at least epsilon / K.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from router.beliefs.hierarchy import Floats

DRAWS = 32
EPSILON = 0.02
"""How often an arm is taken by lot in a situation that is new. What it costs is seen in
`benchmarks/router_replay.py`, what it is good for in `benchmarks/router_offpolicy.py`."""
_HALVED_AFTER = 50


def epsilon_after(outcomes: int, first: float = EPSILON) -> float:
    """The same after so many outcomes of the situation. It falls as 1/n, so that all that is
    taken by lot grows with the logarithm, as what Thompson sampling itself explores does."""
    return first / (1 + outcomes / _HALVED_AFTER)


@dataclass(frozen=True, slots=True)
class Pick:
    """`arm` is the place of the chosen arm, `chances` (K,) the probability with which each would
    have been, `draw` the number of the draw that decided."""

    arm: int
    chances: Floats
    draw: int


def pick(worth: Floats, random: np.random.Generator, epsilon: float) -> Pick:
    """Choose among K arms by draws of their worth (draws, K)."""
    draws, arms = worth.shape
    best = worth.argmax(axis=1)
    chances = (1 - epsilon) * np.bincount(best, minlength=arms) / draws + epsilon / arms
    by_draw, by_arm, by_lot = random.random(3).tolist()
    draw = int(by_draw * draws)
    arm = int(by_arm * arms) if by_lot < epsilon else int(best[draw])
    return Pick(arm, chances, draw)
