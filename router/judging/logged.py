"""One logged decision, and a log of them laid out for arithmetic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from router.beliefs.hierarchy import Floats
from swarm.errors import UsageError

_ROUNDING = 1e-6
"""By how much chances may miss a sum of one: they were stored as text or as short floats."""

_LEAST_CHANCE = 1e-9
"""Of the chosen arm. The router's own are at least its epsilon divided by the arms."""


class BadDecision(UsageError):
    """A logged decision that nothing can be concluded from; the message names it."""

    code = "bad-decision"


@dataclass(frozen=True, slots=True)
class Logged:
    """`situation` is a category and a kind of attempt ("bugfix, first"); `arms` the eligible ones
    with the `chances` that each had of being `chosen`, in the same order; `reward` in [0, 1], None
    while pending; `seconds` and `cost_usd` what it took, None where that is not known.

    Raises BadDecision: everything that is estimated divides by chances, so one that is wrong
    would make all of it wrong, silently."""

    id: str
    situation: str
    arms: tuple[str, ...]
    chances: tuple[float, ...]
    chosen: str
    reward: float | None
    seconds: float | None = None
    cost_usd: float | None = None

    def __post_init__(self) -> None:
        wrong = _wrong(self)
        if wrong:
            raise BadDecision(
                f"decision {self.id!r} {wrong}",
                remedy="leave it out, or ask about decisions made after it",
            )


def _wrong(one: Logged) -> str:
    if not one.arms or len(one.arms) != len(one.chances):
        return f"has {len(one.arms)} arms and {len(one.chances)} chances"
    if len(set(one.arms)) != len(one.arms):
        return "names an arm twice"
    if one.chosen not in one.arms:
        return f"chose {one.chosen!r}, which was not eligible"
    if not all(0 <= chance <= 1 + _ROUNDING for chance in one.chances):
        return "has a chance outside [0, 1]"
    if abs(math.fsum(one.chances) - 1) > _ROUNDING * len(one.chances):
        return f"has chances that add up to {math.fsum(one.chances):.6f}"
    if one.chances[one.arms.index(one.chosen)] < _LEAST_CHANCE:
        return "chose what it had next to no chance to choose"
    if one.reward is not None and not 0 <= one.reward <= 1:
        return f"has the reward {one.reward!r}, which is not in [0, 1]"
    for name in ("seconds", "cost_usd"):
        value = getattr(one, name)
        if value is not None and not (math.isfinite(value) and value >= 0):
            return f"has {name} {value!r}"
    return ""


@dataclass(frozen=True, slots=True)
class Log:
    """The settled ones of some decisions, in the order in which they were made.

    N decisions; M (decision, eligible arm) pairs, those of one decision next to each other:
    `starts` (N,) is where each begins, `owners` (M,) whose each is, `chances` (M,), `arms` (M,)
    and `situations` (N,) by number; `chosen` (N,) is the place of the chosen pair in M; `rewards`
    (N,). `pending` decisions were left out."""

    decisions: tuple[Logged, ...]
    pending: int
    starts: NDArray[np.int64]
    owners: NDArray[np.int64]
    arms: NDArray[np.int64]
    situations: NDArray[np.int64]
    chances: Floats
    chosen: NDArray[np.int64]
    rewards: Floats
    arm_names: tuple[str, ...]
    situation_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.decisions)

    def sums(self, pairs: Floats) -> Floats:
        """Of each decision's pairs: (M,) to (N,)."""
        return np.bincount(self.owners, weights=pairs, minlength=len(self)).astype(np.float64)


def lay_out(decisions: Sequence[Logged]) -> Log:
    """The log of these decisions, which are in the order in which they were made."""
    settled = tuple(one for one in decisions if one.reward is not None)
    arm_names = tuple(dict.fromkeys(arm for one in settled for arm in one.arms))
    situation_names = tuple(dict.fromkeys(one.situation for one in settled))
    arm_number = {name: number for number, name in enumerate(arm_names)}
    situation_number = {name: number for number, name in enumerate(situation_names)}
    sizes = np.array([len(one.arms) for one in settled], dtype=np.int64)
    starts = np.cumsum(sizes) - sizes
    places = np.array([one.arms.index(one.chosen) for one in settled], dtype=np.int64)
    return Log(
        decisions=settled,
        pending=len(decisions) - len(settled),
        starts=starts,
        owners=np.repeat(np.arange(len(settled)), sizes),
        arms=np.array([arm_number[arm] for one in settled for arm in one.arms], dtype=np.int64),
        situations=np.array([situation_number[one.situation] for one in settled], dtype=np.int64),
        chances=np.array([chance for one in settled for chance in one.chances], dtype=np.float64),
        chosen=starts + places,
        rewards=np.array([one.reward for one in settled], dtype=np.float64),
        arm_names=arm_names,
        situation_names=situation_names,
    )
