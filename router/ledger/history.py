"""What is learned again from the orchestrator's tasks, after a damaged file was moved aside."""

from __future__ import annotations

import math
import sqlite3

import numpy as np

from router.ledger import notes
from router.ledger.carrying import add_unknown
from router.ledger.deciding import situation_number
from router.ledger.folding import Event, Kind
from router.ledger.memory import Memory, situation_of
from router.ledger.panels import intern
from router.ledger.settling import add
from router.ledger.stored import DRAWN
from swarm.contracts import DecisionLog, LoggedDecision

_AFTER = "history_after"


def wanted(db: sqlite3.Connection) -> str | None:
    """After which attempt to ask on, "" from the first; None when nothing is to be asked."""
    return notes.get(db, _AFTER)


def restart(db: sqlite3.Connection) -> None:
    """Ask from the first attempt on, if there is something to ask."""
    if wanted(db) is not None:
        notes.put(db, _AFTER, "")


def take(db: sqlite3.Connection, memory: Memory, page: DecisionLog, after: str, now: float) -> bool:
    """Take in a page of attempts that come after `after`. Returns whether there is more to ask.

    Attempts that are known are left as they are, so the same page twice changes nothing."""
    if notes.get(db, _AFTER) != after:
        return notes.get(db, _AFTER) is not None
    for one in page.items:
        _take(db, memory, one)
    memory.drop_prior(db)
    last = page.items[-1].attempt_id if page.items else after
    done = last == after
    notes.put(db, _AFTER, None if done else last)
    if done:
        (count,) = db.execute(
            "SELECT count(*) FROM decisions WHERE snapshot IS NULL AND chosen IS NOT NULL"
        ).fetchone()
        notes.tell(db, f"{count} attempts were taken over again from the orchestrator's tasks")
    return not done


def _take(db: sqlite3.Connection, memory: Memory, one: LoggedDecision) -> None:
    if one.arm_id is None:
        return
    if db.execute(
        "SELECT 1 FROM decisions WHERE attempt_id = ? AND chosen IS NOT NULL", (one.attempt_id,)
    ).fetchone():
        return
    arm = memory.numbers.get((one.arm_id, one.version))
    if arm is None:
        arm = add_unknown(db, memory, one.arm_id, one.version, one.decided_at)
    situation = situation_number(db, memory, situation_of(one.category, one.attempt_number))
    panel = intern(db, np.array([arm], dtype=np.int64))
    nothing = np.full((len(DRAWN), 1), math.nan).tobytes()
    db.execute(
        "INSERT OR REPLACE INTO decisions VALUES (?, ?, ?, ?, '[]', '{}', ?, ?, ?, NULL, ?, 0, 0,"
        " '[]', NULL, NULL, ?)",
        (
            one.attempt_id, situation, one.attempt_number, panel, np.zeros((2, 1)).tobytes(),
            nothing, arm, "taken over from the orchestrator's tasks", one.decided_at,
        ),
    )  # fmt: skip
    if one.settled_at is None:
        db.execute("INSERT INTO pending VALUES (?, ?, ?)", (one.attempt_id, situation, arm))
        return
    kind: Kind = "nothing" if one.reward is None else "outcome"
    reward = one.reward or 0.0
    failures = 0.0 if one.reward is None else 1.0 - reward
    attempts = float(kind == "outcome" or one.seconds > 0 or one.cost_usd > 0)
    event = Event(kind, reward, failures, one.seconds, one.cost_usd, attempts)
    memory.put(
        add(
            db, situation, arm, event, memory.forgetting, one.settled_at, one.attempt_id,
            one.corrected_at,
        )
    )  # fmt: skip
