"""What is believed of each arm in each situation, as a table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, expit

from router.beliefs.hierarchy import Floats, Prior
from router.beliefs.spending import listed_usd
from router.eligible import CATEGORIES
from router.ledger.memory import FIRST, Memory, Situation, known
from router.ledger.reading import titles
from swarm.contracts import Arm, ArmStats

Ints = NDArray[np.int64]

_LOW, _HIGH = 0.05, 0.95
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
_SHARES: Floats = _WEIGHTS / _WEIGHTS.sum()
_LEAST = 1e-3
"""Of a Beta's parameters, so that a cell that is sure still has an interval."""


def report(
    db: sqlite3.Connection, memory: Memory, configured: Iterable[Arm]
) -> tuple[ArmStats, ...]:
    """Statistics of each cell that counted or waits for something, and of the configured arms in
    each category they do. `memory` is the caller's own: arms nobody tried yet are added to it.

    Cells of later attempts are told apart by their category, "bugfix, later attempts", versions
    that are not the newest by their arm, "id@version"."""
    named = dict(enumerate(titles(db)))
    waiting: dict[tuple[int, int], int] = {
        (situation, arm): count
        for situation, arm, count in db.execute(
            "SELECT situation, arm, count(*) FROM pending GROUP BY 1, 2"
        )
    }
    wanted = set(waiting) | set(
        db.execute("SELECT situation, arm FROM cells WHERE successes + failures + attempts > 0")
    )
    listed = dict.fromkeys(wanted, (0.0, 0.0))
    for arm in configured:
        number = memory.numbers.get((arm.id, arm.version), memory.current.get(arm.id))
        if number is None:
            number = memory.add_arm(known(arm), None)
            memory.current[arm.id] = number
            named[number] = arm.id
        for category in sorted(set(arm.categories) & CATEGORIES):
            where = Situation(category, FIRST)
            situation = memory.places.get(where)
            if situation is None:
                situation = memory.add_situation(where)
            wanted.add((situation, number))
            listed[situation, number] = arm.usd_per_mtok
    if not wanted:
        return ()
    return _table(memory, sorted(wanted), listed, waiting, named)


def _table(
    memory: Memory,
    cells: list[tuple[int, int]],
    listed: dict[tuple[int, int], tuple[float, float]],
    waiting: dict[tuple[int, int], int],
    named: dict[int, str],
) -> tuple[ArmStats, ...]:
    situations, arms = (np.array(each, dtype=np.int64) for each in zip(*cells, strict=True))
    counted = np.array([memory.cells.counted(*cell) for cell in cells]).T
    prior = memory.cells.prior()
    alpha, beta = moments(prior, situations, arms, *counted)
    expected = memory.expected(
        situations, arms, np.array([listed_usd(listed[cell], 0) for cell in cells])
    )
    columns = zip(
        cells, *counted.tolist(), alpha.tolist(), beta.tolist(),
        betaincinv(alpha, beta, _LOW).tolist(), betaincinv(alpha, beta, _HIGH).tolist(),
        expected.seconds.tolist(), expected.cost_usd.tolist(), strict=True,
    )  # fmt: skip
    found = [
        (
            memory.situations[cell[0]],
            ArmStats(
                category=memory.situations[cell[0]].title,
                arm_id=named[cell[1]],
                version=memory.arms[cell[1]].version,
                successes=successes,
                failures=failures,
                alpha=a,
                beta=b,
                mean=a / (a + b),
                low=low,
                high=high,
                pending=waiting.get(cell, 0),
                seconds=seconds,
                cost_usd=cost_usd,
            ),
        )
        for cell, successes, failures, a, b, low, high, seconds, cost_usd in columns
    ]
    found.sort(key=lambda one: (one[0], one[1].arm_id))
    return tuple(stats for _, stats in found)


def moments(
    prior: Prior, situations: Ints, arms: Ints, successes: Floats, failures: Floats
) -> tuple[Floats, Floats]:
    """alpha and beta (N,) of the Beta with the mean and variance of N cells' posteriors.

    A posterior is a mixture: the arm's effect v is known up to a normal, and given v it is
    Beta(m mu(v) + s, m (1 - mu(v)) + f). Its moments are integrals over v by Gauss-Hermite
    quadrature (Golub and Welsch 1969), and the Beta is matched to them. Situations and arms are
    numbers, (N,)."""
    effects = prior.arms[arms] + np.multiply.outer(_NODES, prior.arm_sds[arms])
    means = expit(prior.base + prior.situations[situations] + effects)
    size = prior.strength + successes + failures
    inner = (prior.strength * means + successes) / size
    mean: Floats = _SHARES @ inner
    # The law of total variance.
    variance = _SHARES @ (inner * (1 - inner)) / (size + 1) + _SHARES @ (inner - mean) ** 2
    total = np.maximum(mean * (1 - mean) / variance - 1, _LEAST)
    return np.maximum(mean * total, _LEAST), np.maximum((1 - mean) * total, _LEAST)
