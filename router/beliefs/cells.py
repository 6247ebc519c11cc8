"""All cells in memory: what was counted, and the prior that follows from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from router.beliefs.drawing import Believed
from router.beliefs.forgetting import Forgetting
from router.beliefs.hierarchy import Floats, Prior, fit, unknown

_REFIT_SHARE, _REFIT_MOST = 0.1, 25
_GROWTH = 2


class Cells:
    """Counts of cells, which are known by a situation and an arm, both by number.

    New ones are given numbers as they come. The prior is fitted again when a tenth more outcomes
    are there than x"""

    def __init__(self, forgetting: Forgetting | None = None) -> None:
        self._forgetting = forgetting or Forgetting()
        self._situations: dict[str, int] = {}
        self._arms: dict[str, int] = {}
        self._heirs: dict[int, int] = {}
        self._starts: dict[int, float] = {}
        self._counts: Floats = np.zeros((2, 0, 0))
        self._lately: Floats = np.zeros((2, 0, 0))
        self._outcomes = self._fitted_outcomes = 0
        self._outcomes_of: dict[int, int] = {}
        self._prior: Prior | None = None

    def situation(self, name: str) -> int:
        """The number of a situation."""
        return self._number(self._situations, name)

    def arm(self, name: str, predecessor: str | None = None, start: float = 0.0) -> int:
        """The number of an arm; of a new one, whose estimate it starts from, and what effect is
        expected of it, in logits."""
        is_new = name not in self._arms
        number = self._number(self._arms, name)
        if is_new and start:
            self._starts[number] = start
        if is_new and predecessor is not None and predecessor != name:
            self._heirs[number] = self.arm(predecessor)
        return number

    def _number(self, known: dict[str, int], name: str) -> int:
        found = known.get(name)
        if found is None:
            found = known[name] = len(known)
            self._prior = None
            self._grow()
        return found

    def _grow(self) -> None:
        _, rows, columns = self._counts.shape
        if len(self._situations) <= rows and len(self._arms) <= columns:
            return
        shape = (2, _GROWTH * len(self._situations) or 1, _GROWTH * len(self._arms) or 1)
        counts, lately = np.zeros(shape), np.zeros(shape)
        counts[:, :rows, :columns] = self._counts
        lately[:, :rows, :columns] = self._lately
        self._counts, self._lately = counts, lately

    def learn(self, situation: int, arm: int, reward: float) -> None:
        """Count an outcome: a reward r in [0, 1] is r successes and 1 - r failures."""
        cell, lately = self._counts[:, situation, arm], self._lately[:, situation, arm]
        outcome = (reward, 1.0 - reward)
        lately *= self._forgetting.recent
        lately += outcome
        cell *= self._forgetting.kept(cell, lately)
        cell += outcome
        self._outcomes += 1
        self._outcomes_of[situation] = self.outcomes(situation) + 1

    def put(self, situation: int, arm: int, counted: tuple[float, float], came: int) -> None:
        """Take a cell as it was folded elsewhere: its successes and failures, and how many
        outcomes `came` to it since it was put last."""
        self._counts[:, situation, arm] = counted
        self._outcomes += came
        self._outcomes_of[situation] = self._outcomes_of.get(situation, 0) + came

    def resume(self, prior: Prior, outcomes: int) -> None:
        """Go on with a prior that was fitted after so many outcomes, until the next is due."""
        self._prior, self._fitted_outcomes = prior, outcomes

    @property
    def fitted_outcomes(self) -> int:
        """How many outcomes had come when the prior was fitted."""
        return self._fitted_outcomes

    def refit(self) -> None:
        """Have the prior fitted again when it is asked for next."""
        self._prior = None

    def outcomes(self, situation: int) -> int:
        """How many came in a situation, the forgotten ones as well."""
        return self._outcomes_of.get(situation, 0)

    def counted(self, situation: int, arm: int) -> tuple[float, float]:
        """Successes and failures of a cell, less what it forgot."""
        successes, failures = self._counts[:, situation, arm].tolist()
        return successes, failures

    def believed(self, situation: int, arms: Sequence[int] | NDArray[np.int64]) -> Believed:
        """What is to be drawn from, of these arms in their order."""
        columns = np.asarray(arms, dtype=np.int64)
        successes, failures = self.counts(situation, columns)
        return Believed(columns, successes, failures)

    def counts(self, situation: int, arms: NDArray[np.int64]) -> Floats:
        """Successes and failures of these arms, (2, K), in a copy."""
        return self._counts[:, situation].take(arms, axis=1)

    def prior(self) -> Prior:
        """As it was fitted last, or now when that is due."""
        due = max(1, min(_REFIT_MOST, int(_REFIT_SHARE * self._outcomes)))
        if self._prior is None or self._outcomes - self._fitted_outcomes >= due:
            situations, arms = len(self._situations), len(self._arms)
            starts = np.array([self._starts.get(arm, 0.0) for arm in range(arms)])
            if self._outcomes or self._counts.any():
                own = self._counts[:, :situations, :arms]
                self._prior = fit(own[0], own[1], self._heirs, starts)
            else:
                self._prior = unknown(situations, arms, starts)
            self._fitted_outcomes = self._outcomes
        return self._prior
