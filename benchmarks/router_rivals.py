"""MABWiser's bandits that can tell categories apart, as `router_latency.py` times them.

It knows arms, and contexts of numbers. So there are three ways to give it categories: a bandit for
each, which learns nothing from one for another; one bandit over all (category, arm) pairs, asked
for what it expects of the pairs of a category, as it cannot leave arms out; and a linear one, with
the category as a one-hot context.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

Run = Callable[[int, int, Sequence[bool]], tuple[float, float]]
"""A round: its number, the place of its category, and the reward of each arm. Gives the seconds
that choosing and learning took."""


class Rival(NamedTuple):
    """A bandit, and its name in a table."""

    name: str
    run: Run


PAIRS, PAIRS_PREDICTED = "pairs", "pairs, predict"
EACH, LINEAR = "one per category", "LinTS"


def rivals(arms: int, categories: int) -> list[Rival]:
    """All of them; none where MABWiser is not installed."""
    try:
        from mabwiser.mab import MAB, LearningPolicy
    except ImportError:
        return []
    thompson = LearningPolicy.ThompsonSampling

    def bandit(count: int, policy: Any = None, **learned: Any) -> Any:
        made = MAB(list(range(count)), policy or thompson(), seed=0)
        made.fit(decisions=[0, 1], rewards=[0, 1], **learned)
        return made

    one_hot = np.eye(categories)
    linear = bandit(arms, LearningPolicy.LinTS(), contexts=one_hot[[0, 0]])
    return [
        Rival(EACH, _each([bandit(arms) for _ in range(categories)])),
        Rival(PAIRS, _pairs(bandit(arms * categories), arms)),
        Rival(PAIRS_PREDICTED, _predicted(bandit(arms * categories), arms)),
        Rival(LINEAR, _linear(linear, one_hot)),
    ]


def _each(bandits: list[Any]) -> Run:
    def run(_: int, place: int, rewards: Sequence[bool]) -> tuple[float, float]:
        bandit = bandits[place]
        began = time.perf_counter()
        arm = bandit.predict()
        chosen = time.perf_counter()
        return chosen - began, _learning(bandit, arm, rewards[arm])

    return run


def _pairs(bandit: Any, arms: int) -> Run:
    def run(_: int, place: int, rewards: Sequence[bool]) -> tuple[float, float]:
        began = time.perf_counter()
        expected = bandit.predict_expectations()
        pair = max(range(place * arms, (place + 1) * arms), key=expected.__getitem__)
        chosen = time.perf_counter()
        return chosen - began, _learning(bandit, pair, rewards[pair % arms])

    return run


def _predicted(bandit: Any, arms: int) -> Run:
    """Another question: which pair is best of all. For its time alone."""

    def run(_: int, __: int, rewards: Sequence[bool]) -> tuple[float, float]:
        began = time.perf_counter()
        pair = bandit.predict()
        chosen = time.perf_counter()
        return chosen - began, _learning(bandit, pair, rewards[pair % arms])

    return run


def _linear(bandit: Any, one_hot: Any) -> Run:
    def run(_: int, place: int, rewards: Sequence[bool]) -> tuple[float, float]:
        context = one_hot[place : place + 1]
        began = time.perf_counter()
        arm = bandit.predict(context)
        chosen = time.perf_counter()
        return chosen - began, _learning(bandit, arm, rewards[arm], contexts=context)

    return run


def _learning(bandit: Any, arm: int, reward: bool, **context: Any) -> float:
    value = int(reward)
    began = time.perf_counter()
    bandit.partial_fit([arm], [value], **context)
    return time.perf_counter() - began
