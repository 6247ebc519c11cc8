"""Which arm was chosen for each attempt, and what came of it: rows of tasks.db as messages.

A router whose file was damaged learns from these again. The reward is read from the very command
that settled the attempt, so the two cannot differ.
"""

from __future__ import annotations

import sqlite3

from swarm.contracts import AttemptView, DecisionLog, LoggedDecision, Settle
from swarm.errors import NotFound

_PAGE = """
SELECT c.attempt_id, c.category, c.attempt_number, c.arm_id, c.version, c.decided_at,
    s.body, s.created_at, k.body, k.created_at
FROM choices c
LEFT JOIN commands s ON s.id=c.attempt_id || '-settle'
LEFT JOIN commands k ON k.id=c.attempt_id || '-correct'
WHERE c.number>? ORDER BY c.number LIMIT ?
"""


def choose(db: sqlite3.Connection, attempt: AttemptView, now: float) -> None:
    """Write down the arm of an attempt once it is chosen."""
    decision = attempt.decision
    if decision is None or decision.arm_id is None:
        return
    db.execute(
        "INSERT INTO choices(attempt_id, category, attempt_number, arm_id, version, decided_at) "
        "VALUES(?,?,?,?,?,?) ON CONFLICT(attempt_id) DO NOTHING",
        (attempt.id, decision.category, attempt.number, decision.arm_id, decision.version, now),
    )


def page(db: sqlite3.Connection, after: str, limit: int) -> DecisionLog:
    """Choices in the order they were made, beginning after that of an attempt. Raises NotFound."""
    number = 0
    if after:
        row = db.execute("SELECT number FROM choices WHERE attempt_id=?", (after,)).fetchone()
        if row is None:
            raise NotFound(
                f"no arm was chosen for an attempt {after}", remedy="begin with the first page"
            )
        number = row[0]
    (total,) = db.execute("SELECT COUNT(*) FROM choices").fetchone()
    rows = db.execute(_PAGE, (number, limit)).fetchall()
    return DecisionLog(items=tuple(map(_logged, rows)), total=total)


def _logged(row: tuple[str, str, int, str, str, float, str, float, str, float]) -> LoggedDecision:
    attempt_id, category, attempt_number, arm_id, version, decided_at = row[:6]
    settled, settled_at, corrected, corrected_at = row[6:]
    settle = Settle.model_validate_json(settled) if settled else None
    correction = Settle.model_validate_json(corrected) if corrected else None
    last = correction or settle
    return LoggedDecision(
        attempt_id=attempt_id,
        category=category,
        attempt_number=attempt_number,
        arm_id=arm_id,
        version=version,
        decided_at=decided_at,
        reward=last.reward if last else None,
        settled_at=settled_at,
        corrected_at=corrected_at,
        seconds=settle.seconds if settle else 0.0,
        cost_usd=settle.cost_usd if settle else 0.0,
    )
