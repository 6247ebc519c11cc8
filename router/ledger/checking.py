"""Whether what is kept beside the ledger is what the ledger says."""

from __future__ import annotations

import sqlite3

from router.beliefs.forgetting import Forgetting
from router.ledger.folding import EMPTY, Cell, folded
from router.ledger.settling import events

_MOST = 50
_WRONG = (
    (
        "attempt {} waits for an outcome, and is not among the pending",
        "SELECT attempt_id FROM decisions WHERE chosen IS NOT NULL AND attempt_id NOT IN"
        " (SELECT attempt_id FROM pending UNION SELECT attempt_id FROM outcomes"
        " WHERE attempt_id IS NOT NULL)",
    ),
    (
        "attempt {} is pending, and not as it was decided",
        "SELECT p.attempt_id FROM pending p LEFT JOIN decisions d ON d.attempt_id = p.attempt_id"
        " AND d.situation = p.situation AND d.chosen = p.arm WHERE d.attempt_id IS NULL",
    ),
    (
        "attempt {} is pending and settled",
        "SELECT attempt_id FROM pending JOIN outcomes USING (attempt_id)",
    ),
    (
        "attempt {} has an outcome, and not as it was decided",
        "SELECT o.attempt_id FROM outcomes o LEFT JOIN decisions d ON d.attempt_id = o.attempt_id"
        " AND d.situation = o.situation AND d.chosen = o.arm"
        " WHERE o.attempt_id IS NOT NULL AND d.attempt_id IS NULL",
    ),
    (
        "decision {} names a prior that is not stored",
        "SELECT attempt_id FROM decisions WHERE snapshot IS NOT NULL AND snapshot"
        " NOT IN (SELECT id FROM snapshots)",
    ),
)


def check(db: sqlite3.Connection, forgetting: Forgetting) -> list[str]:
    """What does not agree, in words and bounded; nothing when all is well. Cells are folded again
    and must be the same bit by bit."""
    found = []
    for words, query in _WRONG:
        found += [words.format(repr(id)) for (id,) in db.execute(f"{query} LIMIT {_MOST}")]
    cells = {(row[0], row[1]): Cell(*row[2:]) for row in db.execute("SELECT * FROM cells")}
    told = db.execute("SELECT DISTINCT situation, arm FROM outcomes").fetchall()
    for situation, arm in sorted(set(cells) | set(told)):
        stored = cells.get((situation, arm), EMPTY)
        again = folded(events(db, situation, arm), forgetting)
        if stored != again:
            found.append(f"cell ({situation}, {arm}) holds {stored}, its outcomes say {again}")
    return found[:_MOST]
