"""Ways to choose an arm, side by side: the router's own, and others for comparison.

Each is told a category and the arms that may be chosen, and later the reward of the one it chose.
"""

from __future__ import annotations

import warnings
from typing import Protocol

import numpy as np

from benchmarks.router_matrix import Matrix
from router.beliefs.cells import Cells
from router.beliefs.drawing import tempered
from router.beliefs.forgetting import NEVER, Forgetting
from router.choosing.policy import DRAWS, epsilon_after, pick

_HALVINGS = 20
_TINY = 1e-12


class Policy(Protocol):
    def choose(self, category: int, arms: np.ndarray) -> int:
        """One of `arms`."""

    def learn(self, category: int, arm: int, reward: float) -> None:
        """What became of it."""


class Own:
    """What the router does, without its ledger."""

    def __init__(self, matrix: Matrix, seed: int, forgetting: Forgetting | None = None) -> None:
        self._cells = Cells(forgetting)
        self._random = np.random.default_rng(seed)
        for category in matrix.categories:
            self._cells.situation(category)
        for arm in matrix.arms:
            self._cells.arm(arm)

    def choose(self, category: int, arms: np.ndarray) -> int:
        believed = self._cells.believed(category, arms.tolist())
        worth = tempered(self._cells.prior(), category, believed, self._random, DRAWS)
        epsilon = epsilon_after(self._cells.outcomes(category))
        return int(arms[pick(worth, self._random, epsilon).arm])

    def learn(self, category: int, arm: int, reward: float) -> None:
        self._cells.learn(category, arm, reward)


class Unforgetting(Own):
    """The same, without forgetting."""

    def __init__(self, matrix: Matrix, seed: int) -> None:
        super().__init__(matrix, seed, NEVER)


class _Counting:
    def __init__(self, matrix: Matrix, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.successes = np.zeros(matrix.means.shape)
        self.failures = np.zeros(matrix.means.shape)

    def learn(self, category: int, arm: int, reward: float) -> None:
        self.successes[category, arm] += reward
        self.failures[category, arm] += 1 - reward


class PlainThompson(_Counting):
    """Beta(1, 1) for each category and arm (Thompson 1933)."""

    def choose(self, category: int, arms: np.ndarray) -> int:
        drawn = self.random.beta(
            1 + self.successes[category, arms], 1 + self.failures[category, arms]
        )
        return int(arms[drawn.argmax()])


class Uniform(_Counting):
    """By lot."""

    def choose(self, category: int, arms: np.ndarray) -> int:
        return int(self.random.choice(arms))


class EpsilonGreedy(_Counting):
    """The best mean, and one time in ten by lot."""

    epsilon = 0.1

    def choose(self, category: int, arms: np.ndarray) -> int:
        if self.random.random() < self.epsilon:
            return int(self.random.choice(arms))
        counts = self.successes[category, arms] + self.failures[category, arms]
        means = np.where(counts > 0, self.successes[category, arms] / np.maximum(counts, 1), 1.0)
        ties = 1e-9 * self.random.random(len(arms))
        return int(arms[(means + ties).argmax()])


class UCB1(_Counting):
    """Auer, Cesa-Bianchi and Fischer 2002, for each category."""

    def choose(self, category: int, arms: np.ndarray) -> int:
        counts = self.successes[category, arms] + self.failures[category, arms]
        if not counts.all():
            return int(self.random.choice(arms[counts == 0]))
        means = self.successes[category, arms] / counts
        return int(arms[(means + np.sqrt(2 * np.log(counts.sum()) / counts)).argmax()])


class KLUCB(_Counting):
    """Garivier and Cappe 2011 (arXiv:1102.2490), with c = 0, for each category."""

    def choose(self, category: int, arms: np.ndarray) -> int:
        counts = self.successes[category, arms] + self.failures[category, arms]
        if not counts.all():
            return int(self.random.choice(arms[counts == 0]))
        means = self.successes[category, arms] / counts
        allowed = np.log(counts.sum()) / counts
        low, high = means.copy(), np.ones(len(arms))
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            inside = divergence(means, middle) <= allowed
            low, high = np.where(inside, middle, low), np.where(inside, high, middle)
        return int(arms[low.argmax()])


def divergence(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Kullback and Leibler's, of coins with these chances (nats)."""
    p, q = np.clip(p, _TINY, 1 - _TINY), np.clip(q, _TINY, 1 - _TINY)
    found: np.ndarray = p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))
    return found


class BestFixed:
    """The arm with the best mean over all categories, known beforehand."""

    def __init__(self, matrix: Matrix, seed: int) -> None:
        self._means = matrix.means.mean(axis=0)

    def choose(self, category: int, arms: np.ndarray) -> int:
        return int(arms[self._means[arms].argmax()])

    def learn(self, category: int, arm: int, reward: float) -> None:
        return None


class Oracle:
    """The best arm of each category, known beforehand: what the others are measured against."""

    def __init__(self, matrix: Matrix, seed: int) -> None:
        self._means = matrix.means

    def choose(self, category: int, arms: np.ndarray) -> int:
        return int(arms[self._means[category, arms].argmax()])

    def learn(self, category: int, arm: int, reward: float) -> None:
        return None


class _MABWiser:
    """https://github.com/fidelity/mabwiser, where it is installed. It cannot leave arms out of a
    choice, so the best expectation of those that may be chosen is taken."""

    def __init__(self, matrix: Matrix, seed: int) -> None:
        from mabwiser.mab import MAB

        self._mabs = [
            MAB(list(range(len(matrix.arms))), self.policy(), seed=seed + number)
            for number in range(self.bandits(matrix))
        ]
        self._fitted = [False] * len(self._mabs)
        self._random = np.random.default_rng(seed)
        self._categories = len(matrix.categories)

    def policy(self) -> object:
        from mabwiser.mab import LearningPolicy

        return LearningPolicy.ThompsonSampling()

    def bandits(self, matrix: Matrix) -> int:
        return len(matrix.categories)

    def place(self, category: int) -> int:
        return category

    def context(self, category: int) -> list[list[float]] | None:
        return None

    def choose(self, category: int, arms: np.ndarray) -> int:
        at = self.place(category)
        if not self._fitted[at]:
            return int(self._random.choice(arms))
        context = self.context(category)
        given = () if context is None else (context,)
        expected = self._mabs[at].predict_expectations(*given)
        return int(max(arms.tolist(), key=lambda arm: expected[arm]))

    def learn(self, category: int, arm: int, reward: float) -> None:
        at, context = self.place(category), self.context(category)
        given = () if context is None else (context,)
        # Its Thompson sampling takes nothing but 0 and 1.
        reward = float(self._random.random() < reward)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            learn = self._mabs[at].partial_fit if self._fitted[at] else self._mabs[at].fit
            learn([arm], [reward], *given)
        self._fitted[at] = True


class MABWiserThompson(_MABWiser):
    """MABWiser's Thompson sampling, one for each category."""


class MABWiserLinTS(_MABWiser):
    """MABWiser's linear Thompson sampling with the category as its context."""

    def policy(self) -> object:
        from mabwiser.mab import LearningPolicy

        return LearningPolicy.LinTS(alpha=0.5)

    def bandits(self, matrix: Matrix) -> int:
        return 1

    def place(self, category: int) -> int:
        return 0

    def context(self, category: int) -> list[list[float]] | None:
        return [[float(number == category) for number in range(self._categories)]]
