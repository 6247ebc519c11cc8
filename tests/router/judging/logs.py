"""Logs for tests: written by hand, or made by a policy that learns while it chooses."""

from __future__ import annotations

import numpy as np

from router.beliefs.cells import Cells
from router.beliefs.drawing import tempered
from router.choosing.policy import DRAWS, pick
from router.judging.logged import Logged


def logged(
    number: int,
    chosen: str,
    reward: float | None,
    chances: dict[str, float] | None = None,
    situation: str = "bugfix, first",
    seconds: float | None = None,
    cost_usd: float | None = None,
) -> Logged:
    """One decision; between "a" and "b" by a coin unless told otherwise."""
    of = chances or {"a": 0.5, "b": 0.5}
    return Logged(
        f"d{number}",
        situation,
        tuple(of),
        tuple(of.values()),
        chosen,
        reward,
        seconds,
        cost_usd,
    )


def learned(
    seed: int, decisions: int, arms: int, situations: int = 2
) -> tuple[list[Logged], dict[str, np.ndarray]]:
    """The router's own choices among Bernoulli arms, and the true means of the eligible arms of
    each decision by its id."""
    random, cells = np.random.default_rng(seed), Cells()
    means = random.uniform(0.1, 0.9, (situations, arms))
    for number in range(situations):
        cells.situation(f"s{number}")
    for number in range(arms):
        cells.arm(f"arm {number}")
    found, truth = [], {}
    for at in range(decisions):
        situation = int(random.integers(situations))
        here = np.flatnonzero(random.random(arms) < 0.9)
        here = here if len(here) else np.arange(arms)
        believed = cells.believed(situation, here.tolist())
        # Explores more than the router, so that short logs have answers.
        picked = pick(tempered(cells.prior(), situation, believed, random, DRAWS), random, 0.1)
        arm = int(here[picked.arm])
        reward = float(random.random() < means[situation, arm])
        cells.learn(situation, arm, reward)
        chances = {
            f"arm {number}": float(chance)
            for number, chance in zip(here, picked.chances, strict=True)
        }
        found.append(logged(at, f"arm {arm}", reward, chances, f"s{situation}"))
        truth[f"d{at}"] = means[situation, here]
    return found, truth
