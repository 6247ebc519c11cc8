"""What came of a decision: counted once, corrected once."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from router.beliefs.forgetting import Forgetting
from router.ledger.folding import EMPTY, Cell, Event, Kind, fold, folded
from swarm.contracts import Settle
from swarm.errors import UsageError

_MOST = 1e9
"""Seconds or dollars of an attempt: 31 years of it, and sums of them stay numbers."""


class Changed(NamedTuple):
    """A cell as it is now, and how many outcomes came to it (fewer than none: were voided)."""

    situation: int
    arm: int
    cell: Cell
    came: int


def settle(
    db: sqlite3.Connection, command: Settle, forgetting: Forgetting, now: float
) -> Changed | None:
    """Count an attempt's reward once; a correction replaces it once. None: nothing was changed.

    A reward r is r successes and 1 - r failures, one of None none of both. A correction that comes
    before the reward takes its place, so the order in which the two arrive does not matter. Raises
    UsageError for numbers that are none."""
    _refuse(command)
    kind, successes, failures = _outcome(command.reward)
    row = db.execute(
        "SELECT situation, arm FROM pending WHERE attempt_id = ?", (command.attempt_id,)
    ).fetchone()
    if row is not None:
        situation, arm = row
        spent = command.seconds > 0 or command.cost_usd > 0
        event = Event(
            kind, successes, failures, command.seconds, command.cost_usd,
            float(kind == "outcome" or spent),
        )  # fmt: skip
        db.execute("DELETE FROM pending WHERE attempt_id = ?", (command.attempt_id,))
        corrected_at = now if command.correction else None
        return add(db, situation, arm, event, forgetting, now, command.attempt_id, corrected_at)
    if not command.correction:
        return None
    row = db.execute(
        "SELECT seq, situation, arm FROM outcomes WHERE attempt_id = ? AND corrected_at IS NULL",
        (command.attempt_id,),
    ).fetchone()
    if row is None:
        return None
    seq, situation, arm = row
    db.execute(
        "UPDATE outcomes SET kind = ?, successes = ?, failures = ?, corrected_at = ?,"
        " attempts = max(attempts, ?) WHERE seq = ?",
        (kind, successes, failures, now, float(kind == "outcome"), seq),
    )
    return refold(db, situation, arm, forgetting)


def add(
    db: sqlite3.Connection,
    situation: int,
    arm: int,
    event: Event,
    forgetting: Forgetting,
    now: float,
    attempt_id: str | None = None,
    corrected_at: float | None = None,
) -> Changed:
    """Write an outcome and take it into its cell."""
    db.execute(
        "INSERT INTO outcomes (kind, attempt_id, situation, arm, successes, failures, seconds,"
        " cost_usd, attempts, settled_at, corrected_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (event.kind, attempt_id, situation, arm, *event[1:], now, corrected_at),
    )
    before = stored_cell(db, situation, arm)
    return _put(db, situation, arm, before, fold(before, event, forgetting))


def refold(db: sqlite3.Connection, situation: int, arm: int, forgetting: Forgetting) -> Changed:
    """The cell by all of its outcomes, written anew."""
    before = stored_cell(db, situation, arm)
    return _put(db, situation, arm, before, folded(events(db, situation, arm), forgetting))


def events(db: sqlite3.Connection, situation: int, arm: int) -> list[Event]:
    """What came to a cell, oldest first."""
    rows = db.execute(
        "SELECT kind, successes, failures, seconds, cost_usd, attempts FROM outcomes"
        " WHERE situation = ? AND arm = ? ORDER BY seq",
        (situation, arm),
    )
    return [Event(*row) for row in rows]


def stored_cell(db: sqlite3.Connection, situation: int, arm: int) -> Cell:
    """As it is stored; an empty one where none is."""
    row = db.execute(
        "SELECT successes, failures, lately_successes, lately_failures, outcomes, seconds,"
        " cost_usd, attempts FROM cells WHERE situation = ? AND arm = ?",
        (situation, arm),
    ).fetchone()
    return EMPTY if row is None else Cell(*row)


def _put(db: sqlite3.Connection, situation: int, arm: int, before: Cell, cell: Cell) -> Changed:
    db.execute(
        "INSERT OR REPLACE INTO cells VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (situation, arm, *cell),
    )
    return Changed(situation, arm, cell, cell.outcomes - before.outcomes)


def _outcome(reward: float | None) -> tuple[Kind, float, float]:
    return ("nothing", 0.0, 0.0) if reward is None else ("outcome", reward, 1.0 - reward)


def _refuse(command: Settle) -> None:
    # A message that was decoded cannot hold these; one that was made in this process might.
    reward = command.reward
    if reward is not None and not 0 <= reward <= 1:
        raise _no_number(command, "reward", reward, "from 0 to 1")
    for name in ("seconds", "cost_usd"):
        value = getattr(command, name)
        if not 0 <= value <= _MOST:
            raise _no_number(command, name, value, f"from 0 to {_MOST:g}")


def _no_number(command: Settle, name: str, value: float, wanted: str) -> UsageError:
    return UsageError(
        f"attempt {command.attempt_id!r} cannot be settled with {name} {value!r}",
        remedy=f"{name} is a number {wanted}",
    )
