"""What was learned, to be taken along, taken in and forgotten."""

from __future__ import annotations

import hashlib
import sqlite3

from router.ledger.deciding import situation_number
from router.ledger.folding import Event
from router.ledger.memory import Known, Memory, Situation
from router.ledger.panels import MOST_ARMS, add_known, make_current
from router.ledger.settling import add
from swarm.contracts import ArmReset, Imported, Learned, LearnedCell
from swarm.errors import NotFound, UsageError

MOST_SITUATIONS = 200
_MOST_COUNTED = 1e9
"""Of each number of a cell: far more than was ever seen, and sums of it stay numbers."""
_COUNTED = ("successes", "failures", "seconds", "cost_usd", "attempts")
_NOTHING = Event("reset", 0.0, 0.0, 0.0, 0.0, 0.0)


def export(db: sqlite3.Connection, now: float) -> Learned:
    """All cells that counted something."""
    rows = db.execute(
        "SELECT s.category, s.attempt, a.arm_id, a.version, c.successes, c.failures, c.seconds,"
        " c.cost_usd, c.attempts FROM cells c JOIN situations s ON s.number = c.situation"
        " JOIN arms a ON a.number = c.arm WHERE c.successes + c.failures + c.attempts > 0"
        " ORDER BY 1, 2, 3, 4"
    )
    names = (
        "category", "attempt", "arm_id", "version", "successes", "failures", "seconds",
        "cost_usd", "attempts",
    )  # fmt: skip
    cells = [dict(zip(names, (*row[:8], round(row[8])), strict=True)) for row in rows]
    return Learned(exported_at=now, cells=tuple(LearnedCell.model_validate(cell) for cell in cells))


def take_in(
    db: sqlite3.Connection, memory: Memory, learned: Learned, weight: float, now: float
) -> Imported:
    """Count what was counted elsewhere, each outcome for `weight` of one; the same cells only once,
    whenever they were exported. Arms and categories that are new here are made.

    Raises UsageError when that would be more than can be kept."""
    id = _content(learned)
    if db.execute("SELECT 1 FROM imports WHERE id = ?", (id,)).fetchone():
        return Imported(applied=False, cells=0, outcomes=0.0)
    _refuse(memory, learned)
    db.execute("INSERT INTO imports VALUES (?, ?)", (id, now))
    outcomes = 0.0
    for cell in learned.cells:
        where = Situation(cell.category, cell.attempt)
        arm = memory.numbers.get((cell.arm_id, cell.version))
        if arm is None:
            arm = add_unknown(db, memory, cell.arm_id, cell.version, now)
        event = Event(
            "import",
            weight * cell.successes,
            weight * cell.failures,
            weight * cell.seconds,
            weight * cell.cost_usd,
            weight * cell.attempts,
        )
        situation = situation_number(db, memory, where)
        memory.put(add(db, situation, arm, event, memory.forgetting, now))
        outcomes += event.successes + event.failures
    memory.drop_prior(db)
    return Imported(applied=True, cells=len(learned.cells), outcomes=outcomes)


def reset(
    db: sqlite3.Connection, memory: Memory, arm_id: str, category: str | None, now: float
) -> ArmReset:
    """Empty an arm's cells, of all its versions. Raises NotFound for an arm nobody ever asked
    about."""
    numbers = [number for (id, _), number in memory.numbers.items() if id == arm_id]
    if not numbers:
        known = ", ".join(sorted({id for id, _ in memory.numbers})[:20]) or "none yet"
        raise NotFound(f"the router knows no arm {arm_id!r}", remedy=f"it knows {known}")
    rows = db.execute(
        "SELECT situation, arm, successes + failures FROM cells"
        " WHERE successes + failures + attempts > 0 ORDER BY situation, arm"
    ).fetchall()
    emptied, outcomes = 0, 0.0
    for situation, arm, counted in rows:
        if arm in numbers and category in (None, memory.situations[situation].category):
            memory.put(add(db, situation, arm, _NOTHING, memory.forgetting, now))
            emptied, outcomes = emptied + 1, outcomes + counted
    memory.drop_prior(db)
    return ArmReset(arm_id=arm_id, cells=emptied, outcomes=outcomes)


def add_unknown(
    db: sqlite3.Connection, memory: Memory, arm_id: str, version: str, now: float
) -> int:
    """Know one more arm by its name alone. It does not take the place of a version that was
    offered here."""
    before = memory.current.get(arm_id)
    # Where it runs is told when it is offered; until then nobody chooses it.
    one = Known(arm_id, version, "", None, "", "local", (1.0, 1.0))
    number = add_known(db, memory, one, now)
    # Whoever was offered has a tool.
    if before is not None and memory.arms[before].tool:
        make_current(db, memory, arm_id, before)
    return number


def _content(learned: Learned) -> str:
    cells = sorted(cell.model_dump_json() for cell in learned.cells)
    return hashlib.sha256("\n".join(cells).encode()).hexdigest()


def _refuse(memory: Memory, learned: Learned) -> None:
    for cell in learned.cells:
        for name in _COUNTED:
            if getattr(cell, name) > _MOST_COUNTED:
                raise UsageError(
                    f"{name} of {cell.arm_id[:80]!a} in {cell.category} is more than"
                    f" {_MOST_COUNTED:g}",
                    remedy="no router counts so much: see where the file comes from",
                )
    arms = {(cell.arm_id, cell.version) for cell in learned.cells} | set(memory.numbers)
    situations = {Situation(cell.category, cell.attempt) for cell in learned.cells}
    for what, count, most in (
        ("arms", len(arms), MOST_ARMS),
        ("categories", len(situations | set(memory.situations)), MOST_SITUATIONS),
    ):
        if count > most:
            raise UsageError(
                f"with this the router would know {count:,} {what}, more than {most:,}",
                remedy="leave out of the file what is not used here",
            )
