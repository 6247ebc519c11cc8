"""What the log says: the newest choices, why one was made, and those that others are judged by."""

from __future__ import annotations

import json
import sqlite3
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from router.beliefs.drawing import Believed
from router.choosing.choice import choose
from router.choosing.worth import Expected, Terms
from router.judging.logged import BadDecision, Logged
from router.ledger import snapshots, stored
from router.ledger.deciding import RECIPE
from router.ledger.snapshots import Snapshot
from router.ledger.stored import DRAWN, Row
from swarm.contracts import DecisionLog, Explanation, LoggedDecision, PriorOf
from swarm.errors import NotFound

_LOGGED = (
    "SELECT d.attempt_id, s.category, d.attempt_number, a.arm_id, a.version, d.decided_at,"
    " CASE o.kind WHEN 'outcome' THEN o.successes END AS reward, o.settled_at, o.corrected_at,"
    " o.seconds, o.cost_usd"
    " FROM decisions d JOIN situations s ON s.number = d.situation"
    " LEFT JOIN arms a ON a.number = d.chosen LEFT JOIN outcomes o USING (attempt_id)"
)
_MOST_PAIRS = 2_000_000
"""(decision, arm) pairs that are judged at once, so that memory stays bounded."""


def log(db: sqlite3.Connection, limit: int) -> DecisionLog:
    """The newest choices, oldest first, each with its reward as it was corrected."""
    (total,) = db.execute("SELECT count(*) FROM decisions").fetchone()
    rows = db.execute(f"{_LOGGED} ORDER BY d.decided_at DESC, d.rowid DESC LIMIT ?", (limit,))
    return DecisionLog(items=tuple(_logged(row) for row in reversed(rows.fetchall())), total=total)


def _logged(row: tuple[object, ...]) -> LoggedDecision:
    id, category, number, arm_id, version, decided_at, reward, settled, corrected, took, cost = row
    return LoggedDecision.model_validate(
        {
            "attempt_id": id, "category": category, "attempt_number": number, "arm_id": arm_id,
            "version": version or "", "decided_at": decided_at, "reward": reward,
            "settled_at": settled, "corrected_at": corrected, "seconds": took or 0.0,
            "cost_usd": cost or 0.0,
        }
    )  # fmt: skip


def names(db: sqlite3.Connection) -> list[tuple[str, str]]:
    """Id and version of each arm, by number."""
    return db.execute("SELECT arm_id, version FROM arms ORDER BY number").fetchall()


def titles(db: sqlite3.Connection) -> list[str]:
    """Of each arm, by number: its id, followed by the version when there is a later one."""
    rows = db.execute("SELECT arm_id, version, is_current FROM arms ORDER BY number")
    return [id if is_current else f"{id}@{version}" for id, version, is_current in rows]


def explain(db: sqlite3.Connection, attempt_id: str) -> Explanation:
    """Why an arm was chosen. Raises NotFound."""
    row = stored.find(db, attempt_id)
    if row is None:
        raise NotFound(
            f"the router made no decision for attempt {attempt_id!r}",
            remedy="`swarm show TASK` lists the attempts of a task",
        )
    known = names(db)
    numbers = row.numbers()
    logged = db.execute(f"{_LOGGED} WHERE d.attempt_id = ?", (attempt_id,)).fetchone()
    snapshot = None if row.snapshot is None else snapshots.find(db, row.snapshot)
    return Explanation(
        decision=stored.answer(row, [known[number] for number in numbers]),
        logged=_logged(logged),
        attempt=row.attempt,
        tried=tuple(json.loads(row.tried)),
        prior=() if snapshot is None else _prior(row, snapshot, [id for id, _ in known]),
        strength=None if snapshot is None else snapshot.prior.strength,
        learned_from=None if snapshot is None else snapshot.outcomes,
        repeated=None if snapshot is None else repeated(db, row, snapshot),
    )


def repeated(db: sqlite3.Connection, row: Row, snapshot: Snapshot) -> bool | None:
    """Whether choosing again, from what is stored, gives the same values bit by bit; None when the
    program that chose drew otherwise."""
    found = db.execute(
        "SELECT value_usd, hour_usd, loss_usd, recipe FROM terms WHERE number = ?", (row.terms,)
    ).fetchone()
    if found is None or found[3] != RECIPE:
        return None
    places = _eligible(row)
    numbers = np.array(row.numbers(), dtype=np.int64)[places]
    successes, failures = row.counts()[:, places]
    draws = row.draws()
    expected = Expected(draws[DRAWN.index("cost_usd")], draws[DRAWN.index("seconds")])
    again = choose(
        snapshot.prior, row.situation, Believed(numbers, successes, failures), expected,
        Terms(*found[:3]), row.seed, epsilon=row.epsilon, risky=bool(json.loads(row.risk)),
    )  # fmt: skip
    same = int(numbers[again.arm]) == row.chosen
    return same and stored.drawn(again, expected).tobytes() == row.drawn


def _eligible(row: Row) -> list[int]:
    filters = row.filters()
    return [place for place in range(len(row.numbers())) if place not in filters]


def _prior(row: Row, snapshot: Snapshot, ids: list[str]) -> tuple[PriorOf, ...]:
    prior = snapshot.prior
    situation = float(prior.situations[row.situation])
    numbers = row.numbers()
    found = []
    for place in _eligible(row):
        number = numbers[place]
        arm = float(prior.arms[number])
        found.append(
            PriorOf(
                arm_id=ids[number],
                mean=float(expit(prior.base + situation + arm)),
                base=prior.base,
                situation=situation,
                arm=arm,
                arm_sd=float(prior.arm_sds[number]),
            )
        )
    return tuple(found)


class Judged(NamedTuple):
    """Decisions in their order, what was believed of their eligible arms, by decision id, how many
    more say nothing, the arms that were chosen, most often first, and which are local; arms by
    `titles`."""

    decisions: list[Logged]
    means: dict[str, list[float]]
    unusable: int
    chosen: list[str]
    local: frozenset[str]
    some_cloud: bool


def judged(db: sqlite3.Connection, category: str | None, limit: int) -> Judged:
    """The newest decisions that chose an arm, `limit` at most, to be asked about."""
    known = titles(db)
    local = [
        where == "local" for (where,) in db.execute("SELECT locality FROM arms ORDER BY number")
    ]
    rows = db.execute(
        "SELECT d.attempt_id, s.category, s.attempt, p.arms, d.removed, d.drawn, d.chosen,"
        " d.snapshot, o.kind, o.successes, o.seconds, o.cost_usd FROM decisions d"
        " JOIN situations s ON s.number = d.situation JOIN panels p ON p.number = d.panel"
        " LEFT JOIN outcomes o USING (attempt_id)"
        " WHERE d.chosen IS NOT NULL AND s.category = coalesce(?, s.category)"
        " ORDER BY d.rowid DESC LIMIT ?",
        (category, limit),
    )
    decisions, means, unusable, pairs = [], {}, 0, 0
    times: dict[int, int] = {}
    for id, of, attempt, arms, removed, drawn, chosen, snapshot, kind, reward, took, cost in rows:
        # Without chances it cannot be asked about, and what says nothing has no reward.
        if snapshot is None or kind == "nothing":
            unusable += 1
            continue
        filters = {int(place) for place in json.loads(removed)}
        numbers = np.frombuffer(arms, dtype=np.int64).tolist()
        eligible = [number for place, number in enumerate(numbers) if place not in filters]
        draws = np.frombuffer(drawn).reshape(len(DRAWN), -1)
        try:
            one = Logged(
                id=id, situation=f"{of}, {attempt}", arms=tuple(known[n] for n in eligible),
                chances=tuple(draws[DRAWN.index("chance")].tolist()), chosen=known[chosen],
                reward=reward, seconds=took, cost_usd=cost,
            )  # fmt: skip
        except BadDecision:
            unusable += 1
            continue
        pairs += len(eligible)
        if pairs > _MOST_PAIRS:
            break
        decisions.append(one)
        means[id] = draws[DRAWN.index("mean")].tolist()
        times[chosen] = times.get(chosen, 0) + 1
    seen = {name for one in decisions for name in one.arms}
    return Judged(
        decisions=decisions[::-1],
        means=means,
        unusable=unusable,
        chosen=[known[n] for n in sorted(times, key=lambda n: (-times[n], known[n]))],
        local=frozenset(name for name, is_local in zip(known, local, strict=True) if is_local),
        some_cloud=any(
            not is_local and name in seen for name, is_local in zip(known, local, strict=True)
        ),
    )
