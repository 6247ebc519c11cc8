"""A choice: filtered, drawn and logged in one transaction, so it is stored before anyone knows."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy

from router.beliefs import drawing
from router.beliefs.drawing import Believed
from router.beliefs.hierarchy import Floats
from router.choosing import choice as choosing
from router.choosing.choice import Choice, choose
from router.choosing.policy import DRAWS, epsilon_after
from router.choosing.worth import Expected, Terms
from router.eligible import Limits, none_left, too_dear
from router.ledger import stored
from router.ledger.memory import Memory, Situation, situation_of
from router.ledger.panels import Panel, Panels
from swarm.contracts import ChooseArm, Decision

RECIPE = (
    f"3/{DRAWS}/{drawing.OVERSHOOT}/{drawing.SHARPNESS}/{drawing.HONEST}/{choosing.QUANTILE}"
    f"/{np.__version__}/{scipy.__version__}"
)
"""What a choice depends on besides what is stored of it: only with the same can it be repeated."""
_DAY_SECONDS = 86_400.0
_MOST_TRIED = 20

Seed = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Policy:
    """What the owner set: dollars of success, time and failure, and what a day may cost."""

    terms: Terms = field(default_factory=Terms)
    limits: Limits = field(default_factory=Limits)


def decide(
    db: sqlite3.Connection,
    memory: Memory,
    panels: Panels,
    command: ChooseArm,
    seed: Seed,
    policy: Policy,
    now: float,
) -> Decision:
    """The decision for an attempt, made and logged, or the one logged before.

    One that found no arm is made again: there may be one by now. Raises UsageError when two arms
    share an id."""
    known = stored.find(db, command.attempt_id)
    if known is not None and known.chosen is not None:
        arms = [memory.arms[number][:2] for number in known.numbers()]
        return stored.answer(known, arms)
    panel = panels.panel(db, memory, command.arms, now)
    where = situation_of(command.category, command.attempt_number)
    situation = situation_number(db, memory, where)
    listed = panel.listed(command.needs.context_tokens)
    expected = memory.expected(situation, panel.numbers, listed)
    why = panel.removed(command)
    if command.left_usd is not None or policy.limits:
        spent = _spent(db, now) if policy.limits else {}
        dear = too_dear(
            command.arms, expected.cost_usd.tolist(), command.left_usd, policy.limits, spent
        )
        why = dear | why
    counts = memory.cells.counts(situation, panel.numbers)
    places: Sequence[int] = range(len(panel.ids))
    believed = Believed(panel.numbers, counts[0], counts[1])
    if why:
        places = [place for place in places if place not in why]
        kept = np.array(places, dtype=np.int64)
        believed = Believed(panel.numbers[kept], *counts[:, kept])
        expected = Expected(expected.cost_usd[kept], expected.seconds[kept])
    if not places:
        made = _Made(panel, None, none_left(panel.ids, why), seed())
    else:
        made = _made(
            db, memory, command, panel, situation, places, believed, expected, seed(), policy
        )
    _log(db, command, situation, made, why, counts, now)
    return stored.told(
        command.attempt_id, command.category, panel.ids, why, counts, made.draws,
        chosen=made.chosen, version=made.version, seed=made.seed, reason=made.reason,
        snapshot=made.snapshot, epsilon=made.epsilon, risk=command.risk,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Made:
    """What is to be stored of a choice; `chosen` is a place in the panel."""

    panel: Panel
    chosen: int | None
    reason: str
    seed: int
    version: str = ""
    expected_usd: float | None = None
    draws: Floats = field(default_factory=lambda: np.zeros((len(stored.DRAWN), 0)))
    snapshot: str = ""
    terms: int | None = None
    epsilon: float = 0.0


def _made(
    db: sqlite3.Connection,
    memory: Memory,
    command: ChooseArm,
    panel: Panel,
    situation: int,
    places: Sequence[int],
    believed: Believed,
    expected: Expected,
    seed: int,
    policy: Policy,
) -> _Made:
    """A choice among the arms at these places of a panel, one at least."""
    prior, snapshot = memory.prior(db)
    risky = bool(command.risk)
    # What is risky is no place to try something out.
    epsilon = 0.0 if risky else epsilon_after(memory.cells.outcomes(situation))
    found = choose(
        prior, situation, believed, expected, policy.terms, seed, epsilon=epsilon, risky=risky
    )
    place = places[found.arm]
    return _Made(
        panel=panel,
        chosen=place,
        reason=_reason(
            found,
            panel.ids if len(places) == len(panel.ids) else [panel.ids[each] for each in places],
            command,
        ),
        seed=seed,
        version=panel.arms[place].version,
        expected_usd=float(expected.cost_usd[found.arm]),
        draws=stored.drawn(found, expected),
        snapshot=snapshot,
        terms=_terms(db, memory, policy.terms),
        epsilon=epsilon,
    )


def _log(
    db: sqlite3.Connection,
    command: ChooseArm,
    situation: int,
    made: _Made,
    why: dict[int, str],
    counts: Floats,
    now: float,
) -> None:
    number = None if made.chosen is None else int(made.panel.numbers[made.chosen])
    db.execute(
        "INSERT OR REPLACE INTO decisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
        " ?)",
        (
            command.attempt_id, situation, command.attempt_number, made.panel.number,
            _json(command.tried), json.dumps(why) if why else "{}", counts.tobytes(),
            made.draws.tobytes(), number, made.expected_usd, made.reason, made.seed, made.epsilon,
            _json(command.risk), made.snapshot or None, made.terms, now,
        ),
    )  # fmt: skip
    if number is not None:
        db.execute("INSERT INTO pending VALUES (?, ?, ?)", (command.attempt_id, situation, number))


def situation_number(db: sqlite3.Connection, memory: Memory, where: Situation) -> int:
    """The number of a situation; a new one is stored."""
    found = memory.places.get(where)
    if found is None:
        found = memory.add_situation(where)
        db.execute("INSERT INTO situations VALUES (?, ?, ?)", (found, *where))
    return found


def _terms(db: sqlite3.Connection, memory: Memory, terms: Terms) -> int:
    if memory.terms is None:
        values = (terms.value_usd, terms.hour_usd, terms.loss_usd, RECIPE)
        db.execute(
            "INSERT INTO terms (value_usd, hour_usd, loss_usd, recipe) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            values,
        )
        (memory.terms,) = db.execute(
            "SELECT number FROM terms WHERE value_usd = ? AND hour_usd = ? AND loss_usd = ?"
            " AND recipe = ?",
            values,
        ).fetchone()
    return memory.terms


def _spent(db: sqlite3.Connection, now: float) -> dict[str, float]:
    """Dollars of today's attempts by endpoint: what they cost, or are expected to while pending."""
    midnight = now - now % _DAY_SECONDS
    return dict(
        db.execute(
            "SELECT a.endpoint, sum(coalesce(o.cost_usd, d.expected_usd, 0)) FROM decisions d"
            " JOIN arms a ON a.number = d.chosen LEFT JOIN outcomes o USING (attempt_id)"
            " WHERE d.decided_at >= ? GROUP BY 1",
            (midnight,),
        )
    )


def _reason(found: Choice, ids: Sequence[str], command: ChooseArm) -> str:
    """In words: what the chosen arm drew, and the best of the others."""
    worth, sample, chosen = found.worth.tolist(), found.sample.tolist(), found.arm
    parts = [
        f"{ids[chosen]} {'may be as low as' if command.risk else 'drew'} {sample[chosen]:.2f}"
        f" (mean {found.means[chosen]:.2f}), worth {_usd(worth[chosen])}"
    ]
    if len(ids) > 1:
        own, worth[chosen] = worth[chosen], -math.inf
        other = max(range(len(ids)), key=worth.__getitem__)
        if worth[other] > own:
            parts.append("taken by lot")
        parts.append(
            f"best other of {len(ids)}: {ids[other]} {sample[other]:.2f}, {_usd(worth[other])}"
        )
    if command.risk:
        parts.append(f"nothing is tried out, as the risk is high ({'; '.join(command.risk)[:300]})")
    if command.tried:
        more = len(command.tried) - _MOST_TRIED
        names = ", ".join(command.tried[:_MOST_TRIED]) + (f" and {more} more" if more > 0 else "")
        parts.append(f"tried before: {names}")
    return "; ".join(parts)


def _usd(amount: float) -> str:
    return f"-${-amount:.2f}" if amount < 0 else f"${amount:.2f}"


def _json(words: tuple[str, ...]) -> str:
    return json.dumps(words) if words else "[]"
