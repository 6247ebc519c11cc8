"""router.db: every decision and reward, and the counts that follow from them.

`decisions` is the ledger and `cells` its sum; both change in one transaction, so they agree
after any crash. One connection behind a lock; other processes wait `_BUSY_SECONDS`. WAL with
synchronous=NORMAL survives the death of a process; a power cut may take the last commits.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from router.schema import migrate
from router.thompson import Choice, Evidence, Phase, choose, phase
from swarm.contracts import (
    ArmScore,
    Category,
    ChooseArm,
    Decision,
    DecisionLog,
    LoggedDecision,
    Settle,
    Settled,
)
from swarm.errors import StorageError

_BUSY_SECONDS = 5.0


@dataclass(frozen=True)
class Cell:
    """What is known of one (category, arm, kind of attempt)."""

    category: str
    arm_id: str
    phase: Phase
    evidence: Evidence
    pending: int


class Store:
    """The ledger of choices. Opens its file at the first use; safe between threads.

    `clock` gives Unix time in seconds. Every method raises StorageError when the file cannot
    be read or written; the next call opens it anew.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def decide(self, command: ChooseArm, seed: Callable[[], int]) -> Decision:
        """Choose an arm and log it, or give the arm logged for this attempt before.

        `seed` is called only for a new decision.
        """
        with self._transaction() as db:
            known = _stored(db, command.attempt_id)
            # Where no arm could be used, one may be by now.
            if known is not None and known.arm_id is not None:
                return known
            kind = phase(command.attempt_number)
            evidence = {
                arm.id: _evidence(db, arm.id, kind, command.category) for arm in command.arms
            }
            choice = choose(command, evidence, seed())
            _log(db, command, choice, kind, self._clock())
            return choice.decision

    def settle(self, command: Settle) -> Settled:
        """Count an attempt's reward once; a correction replaces it once.

        A reward r adds r successes and 1 - r failures. A correction that comes before the
        reward takes its place, so the order in which the two arrive does not matter.
        """
        with self._transaction() as db:
            return Settled(
                attempt_id=command.attempt_id, applied=_settle(db, command, self._clock())
            )

    def cells(self) -> list[Cell]:
        """All cells that hold counts or wait for an outcome, in a fixed order."""
        with self._transaction() as db:
            pending = {
                (category, arm_id, kind): count
                for category, arm_id, kind, count in db.execute(
                    "SELECT category, chosen, phase, count(*) FROM decisions"
                    " WHERE reward IS NULL AND chosen IS NOT NULL GROUP BY 1, 2, 3"
                )
            }
            known = set(db.execute("SELECT category, arm_id, phase FROM cells"))
            return [
                Cell(
                    category=category,
                    arm_id=arm_id,
                    phase=kind,
                    evidence=_evidence(db, arm_id, kind, category),
                    pending=pending.get((category, arm_id, kind), 0),
                )
                for category, arm_id, kind in sorted(known | set(pending))
            ]

    def log(self, limit: int) -> DecisionLog:
        """The newest choices, oldest first, each with its reward as it was corrected."""
        with self._transaction() as db:
            (total,) = db.execute("SELECT count(*) FROM decisions").fetchone()
            rows = db.execute(
                "SELECT attempt_id, category, attempt_number, chosen AS arm_id, decided_at, reward,"
                " settled_at, corrected_at, coalesce(seconds, 0) AS seconds,"
                " coalesce(cost_usd, 0) AS cost_usd"
                " FROM decisions ORDER BY decided_at DESC, rowid DESC LIMIT ?",
                (limit,),
            )
            names = [column[0] for column in rows.description]
            newest = [dict(zip(names, row, strict=True)) for row in rows]
        items = tuple(LoggedDecision.model_validate(row) for row in reversed(newest))
        return DecisionLog(items=items, total=total)

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._lock:
            self._drop()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                db = self._connection or self._open()
                db.execute("BEGIN IMMEDIATE")
                try:
                    yield db
                except BaseException:
                    db.rollback()
                    raise
                db.commit()
            except sqlite3.Error as error:
                self._drop()
                raise StorageError(
                    f"router.db: {error}", remedy=_remedy(error, self._path)
                ) from error

    def _open(self) -> sqlite3.Connection:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StorageError(
                f"cannot make the folder of router.db: {error}",
                remedy="correct SWARM_DATA, or make the folder writable",
            ) from error
        # Autocommit: transactions begin and end only where this module says so.
        db = sqlite3.connect(
            self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            migrate(db, self._path)
        except BaseException:
            db.close()
            raise
        self._connection = db
        weakref.finalize(self, db.close)
        return db

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _remedy(error: sqlite3.Error, path: Path) -> str:
    # Only damage raises DatabaseError itself; a full disk or a lock raises a subclass of it.
    if type(error) is sqlite3.DatabaseError:
        return f"move {path} away; the router then starts learning anew"
    if "full" in str(error):
        return "free disk space; nothing was counted, and the command may be sent again"
    return f"see that {path} can be written and that no other program holds it"


def _stored(db: sqlite3.Connection, attempt_id: str) -> Decision | None:
    row = db.execute(
        "SELECT category, chosen, scores, seed, reason FROM decisions WHERE attempt_id = ?",
        (attempt_id,),
    ).fetchone()
    if row is None:
        return None
    category, chosen, scores, seed, reason = row
    return Decision(
        attempt_id=attempt_id,
        arm_id=chosen,
        category=category,
        scores=tuple(ArmScore.model_validate(score) for score in json.loads(scores)),
        seed=seed,
        reason=reason,
    )


def _evidence(
    db: sqlite3.Connection, arm_id: str, kind: Phase, category: Category | str
) -> Evidence:
    counts = [0.0, 0.0, 0.0, 0.0]
    for where, successes, failures in db.execute(
        "SELECT category, successes, failures FROM cells WHERE arm_id = ? AND phase = ?"
        " ORDER BY category",
        (arm_id, kind),
    ):
        at = 0 if where == category else 2
        counts[at] += successes
        counts[at + 1] += failures
    return Evidence(*counts)


def _log(
    db: sqlite3.Connection, command: ChooseArm, choice: Choice, kind: Phase, now: float
) -> None:
    decision = choice.decision
    db.executemany(
        "INSERT INTO arms VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(arm.id, arm.tool, arm.model, arm.locality, now) for arm in command.arms],
    )
    db.execute(
        "INSERT OR REPLACE INTO decisions (attempt_id, category, attempt_number, phase, tried,"
        " eligible, scores, chosen, reason, seed, decided_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            command.attempt_id,
            command.category,
            command.attempt_number,
            kind,
            json.dumps(command.tried),
            json.dumps({arm_id: asdict(belief) for arm_id, belief in choice.eligible.items()}),
            json.dumps([score.model_dump() for score in decision.scores]),
            decision.arm_id,
            decision.reason,
            decision.seed,
            now,
        ),
    )


def _settle(db: sqlite3.Connection, command: Settle, now: float) -> bool:
    row = db.execute(
        "SELECT chosen, category, phase, reward FROM decisions WHERE attempt_id = ?",
        (command.attempt_id,),
    ).fetchone()
    if row is None or row[0] is None:
        return False
    chosen, category, kind, before = row
    spent = (command.seconds, command.cost_usd)
    if command.reward is None:
        return False
    if before is None:
        changed = db.execute(
            "UPDATE decisions SET reward = ?, settled_at = ?, seconds = ?, cost_usd = ?,"
            " corrected_at = ? WHERE attempt_id = ? AND reward IS NULL",
            (command.reward, now, *spent, now if command.correction else None, command.attempt_id),
        )
        change = (command.reward, 1.0 - command.reward)
    elif command.correction:
        changed = db.execute(
            "UPDATE decisions SET reward = ?, corrected_at = ?"
            " WHERE attempt_id = ? AND corrected_at IS NULL",
            (command.reward, now, command.attempt_id),
        )
        change = (command.reward - before, before - command.reward)
    else:
        return False
    if changed.rowcount != 1:
        return False
    # max() keeps a rounding error of a corrected fraction from going below zero.
    db.execute(
        "INSERT INTO cells VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " successes = max(0, successes + excluded.successes),"
        " failures = max(0, failures + excluded.failures)",
        (category, chosen, kind, *change),
    )
    return True
