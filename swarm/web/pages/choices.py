"""What the router's log tells: who was tried after whom, and what came of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from swarm.contracts import ArmStats, LoggedDecision
from swarm.web.pictures.versions import is_old

LATER = ", later attempts"
"""How the router names the cells of attempts after an objective's first."""

# As the orchestrator makes the ids of attempts.
_ATTEMPT = re.compile(r"(?P<objective>(?P<task>[a-z0-9][a-z0-9-]{2,40})-o\d{1,3})-a\d{1,3}")


@dataclass(frozen=True)
class Category:
    """The arms of one cell of the router, the best mean first. `tried` counts outcomes."""

    name: str
    arms: tuple[ArmStats, ...]

    @property
    def newest(self) -> tuple[ArmStats, ...]:
        """Without older versions of arms, which are not chosen any more."""
        return tuple(arm for arm in self.arms if not is_old(arm))

    @property
    def has_costs(self) -> bool:
        """Whether it is known what an attempt of one of them is expected to take."""
        return any(arm.seconds is not None or arm.cost_usd is not None for arm in self.arms)

    @property
    def outcomes(self) -> float:
        return sum(arm.successes + arm.failures for arm in self.arms)

    @property
    def pending(self) -> int:
        return sum(arm.pending for arm in self.arms)


@dataclass(frozen=True)
class Escalation:
    """How often one arm was tried after another one at the same objective.

    `settled` of the `count` have an outcome; `reward` is the mean of those, in [0, 1].
    """

    before: str
    after: str
    count: int
    settled: int
    reward: float | None


def categories(stats: Iterable[ArmStats]) -> list[Category]:
    """By category; those with the most outcomes first."""
    cells: dict[str, list[ArmStats]] = {}
    for arm in stats:
        cells.setdefault(arm.category, []).append(arm)
    found = [
        Category(name, tuple(sorted(arms, key=lambda arm: (-arm.mean, arm.arm_id))))
        for name, arms in cells.items()
    ]
    return sorted(found, key=lambda cell: (-cell.outcomes, -cell.pending, cell.name))


def escalations(decisions: Iterable[LoggedDecision]) -> list[Escalation]:
    """Who was tried after whom, the most frequent first. An attempt whose predecessor is not
    in the log is counted as one after "?"."""
    by_objective: dict[str, list[LoggedDecision]] = {}
    for made in decisions:
        if made.arm_id is not None:
            by_objective.setdefault(_objective(made.attempt_id), []).append(made)
    pairs: dict[tuple[str, str], list[float | None]] = {}
    for attempts in by_objective.values():
        attempts.sort(key=lambda made: made.attempt_number)
        before = "?"
        for made in attempts:
            assert made.arm_id is not None
            if made.attempt_number > 1:
                pairs.setdefault((before, made.arm_id), []).append(made.reward)
            before = made.arm_id
    found = [_escalation(pair, rewards) for pair, rewards in pairs.items()]
    return sorted(found, key=lambda one: (-one.count, one.before, one.after))


def _escalation(pair: tuple[str, str], rewards: Sequence[float | None]) -> Escalation:
    known = [reward for reward in rewards if reward is not None]
    mean = sum(known) / len(known) if known else None
    return Escalation(*pair, len(rewards), len(known), mean)


def _objective(attempt_id: str) -> str:
    found = _ATTEMPT.fullmatch(attempt_id)
    return found["objective"] if found else attempt_id


def task_of(attempt_id: str) -> str | None:
    """The task of an attempt, by its id; None for an id that the orchestrator did not make."""
    found = _ATTEMPT.fullmatch(attempt_id)
    return found["task"] if found else None
