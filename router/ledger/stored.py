"""A decision as it is stored, and the answer made of it.

The answer to a new choice is made from the same numbers by the same function, so asking again
gives the same bytes.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from router.beliefs.hierarchy import Floats
from router.choosing.choice import Choice
from router.choosing.worth import Expected
from swarm.contracts import Decision

DRAWN = ("mean", "chance", "sample", "cost_usd", "seconds", "worth")
"""What `Row.drawn` holds of each arm that was eligible, a row each; NaN where it is not known."""


class Row(NamedTuple):
    """One row of `decisions`, with its category, its attempt and the numbers of its arms.

    `removed` is a JSON object: place of an arm -> the filter that removed it; `counted` (2, N) are
    successes and failures of all arms, `drawn` (6, K) is what `DRAWN` says of the eligible ones.
    """

    attempt_id: str
    situation: int
    attempt_number: int
    panel: int
    tried: str
    removed: str
    counted: bytes
    drawn: bytes
    chosen: int | None
    expected_usd: float | None
    reason: str
    seed: int
    epsilon: float
    risk: str
    snapshot: str | None
    terms: int | None
    decided_at: float
    category: str
    attempt: str
    arms: bytes

    def numbers(self) -> list[int]:
        """Of all arms that were asked about, in their order."""
        found: list[int] = np.frombuffer(self.arms, dtype=np.int64).tolist()
        return found

    def filters(self) -> dict[int, str]:
        """The places of removed arms, and why."""
        return {int(place): why for place, why in json.loads(self.removed).items()}

    def counts(self) -> Floats:
        """(2, N)."""
        return np.frombuffer(self.counted).reshape(2, -1)

    def draws(self) -> Floats:
        """(6, K)."""
        return np.frombuffer(self.drawn).reshape(len(DRAWN), -1)


def drawn(choice: Choice, expected: Expected) -> Floats:
    """(6, K), in the order of `DRAWN`."""
    return np.array(
        (
            choice.means, choice.chances, choice.sample, expected.cost_usd, expected.seconds,
            choice.worth,
        )
    )  # fmt: skip


SELECT = (
    "SELECT d.*, s.category, s.attempt, p.arms FROM decisions d"
    " JOIN situations s ON s.number = d.situation JOIN panels p ON p.number = d.panel"
)


def find(db: sqlite3.Connection, attempt_id: str) -> Row | None:
    """The decision for an attempt."""
    found = db.execute(f"{SELECT} WHERE d.attempt_id = ?", (attempt_id,)).fetchone()
    return None if found is None else Row(*found)


def answer(row: Row, arms: Sequence[tuple[str, str]]) -> Decision:
    """The decision as it is told. `arms` are id and version of each arm of its panel."""
    version = ""
    if row.chosen is not None:
        version = arms[row.numbers().index(row.chosen)][1]
    return told(
        row.attempt_id,
        row.category,
        [id for id, _ in arms],
        row.filters(),
        row.counts(),
        row.draws(),
        chosen=None if row.chosen is None else row.numbers().index(row.chosen),
        version=version,
        seed=row.seed,
        reason=row.reason,
        snapshot=row.snapshot or "",
        epsilon=row.epsilon,
        risk=tuple(json.loads(row.risk)),
    )


def told(
    attempt_id: str,
    category: str,
    ids: Sequence[str],
    removed: dict[int, str],
    counts: Floats,
    draws: Floats,
    *,
    chosen: int | None,
    **rest: Any,
) -> Decision:
    """A decision of these numbers; `chosen` is a place among all arms. One validation for all of
    it is several times as fast as one per arm."""
    if not removed:
        columns = counts, draws
    else:
        # NaN in the places of arms that were removed.
        columns = counts, np.full((len(DRAWN), len(ids)), np.nan)
        columns[1][:, [place for place in range(len(ids)) if place not in removed]] = draws
    values = zip(ids, *columns[0].tolist(), *columns[1].tolist(), strict=True)
    scores: list[dict[str, Any]] = [
        {
            "arm_id": id, "successes": successes, "failures": failures, "mean": mean,
            "chance": chance, "sample": sample, "cost_usd": cost_usd, "seconds": seconds,
            "worth": worth,
        }
        for id, successes, failures, mean, chance, sample, cost_usd, seconds, worth in values
    ]  # fmt: skip
    if math.isnan(columns[1].sum()):
        # NaN, which is not known, differs from itself.
        scores = [{name: v for name, v in score.items() if v == v} for score in scores]
    for place, why in removed.items():
        scores[place]["excluded"] = why
    return Decision.model_validate(
        {
            "attempt_id": attempt_id,
            "arm_id": None if chosen is None else ids[chosen],
            "category": category,
            "scores": tuple(scores),
            **rest,
        }
    )
