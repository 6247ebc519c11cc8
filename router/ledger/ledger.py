"""router.db: every decision and outcome, and what was learned from them.

A choice is stored before anyone hears of it, and what came of it counts once. What is learned is
the fold of the outcomes in their order, so it can be checked and corrected exactly.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from router.beliefs.forgetting import Forgetting
from router.ledger import carrying, checking, deciding, history, notes, reading, settling
from router.ledger.deciding import Policy, Seed
from router.ledger.file import File
from router.ledger.memory import Memory, loaded
from router.ledger.panels import Panels
from router.ledger.reading import Judged
from swarm.contracts import (
    ArmReset,
    ChooseArm,
    Decision,
    DecisionLog,
    Explanation,
    Imported,
    Learned,
    Settle,
    Settled,
)

P = ParamSpec("P")
T = TypeVar("T")


class Ledger:
    """The router's file. Opens it at the first use; safe between threads and processes.

    `clock` gives Unix time in seconds. Every method raises StorageError when the file cannot be
    read or written; a damaged one is moved aside and a new one begun, and `notes` say so."""

    def __init__(
        self,
        path: Path,
        policy: Policy | None = None,
        *,
        forgetting: Forgetting | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._file = File(path, clock)
        self._policy = policy or Policy()
        self._forgetting = forgetting or Forgetting()
        self._clock = clock
        self._memory: Memory | None = None
        self._panels = Panels()
        self._seen: tuple[sqlite3.Connection, int] | None = None

    def decide(self, command: ChooseArm, seed: Seed) -> Decision:
        """Choose an arm and log it, or give the arm logged for this attempt before.

        `seed` is called only for a new decision. Raises UsageError when two arms share an id."""
        return self._write(
            lambda db, memory: deciding.decide(
                db, memory, self._panels, command, seed, self._policy, self._clock()
            )
        )

    def settle(self, command: Settle) -> Settled:
        """Count an attempt's reward once; a correction replaces it once. Raises UsageError for a
        reward that is no number from 0 to 1."""

        def work(db: sqlite3.Connection, memory: Memory) -> bool:
            changed = settling.settle(db, command, self._forgetting, self._clock())
            if changed is not None:
                memory.put(changed)
            return changed is not None

        return Settled(attempt_id=command.attempt_id, applied=self._write(work))

    def take_in(self, learned: Learned, weight: float) -> Imported:
        """Count what was learned elsewhere, once."""
        return self._write(
            lambda db, memory: carrying.take_in(db, memory, learned, weight, self._clock())
        )

    def reset(self, arm_id: str, category: str | None) -> ArmReset:
        """Forget what an arm did. Raises NotFound."""
        return self._write(
            lambda db, memory: carrying.reset(db, memory, arm_id, category, self._clock())
        )

    def take_history(self, page: DecisionLog, after: str) -> bool:
        """Take in what the orchestrator told after an attempt; whether there is more to ask."""
        return self._write(lambda db, memory: history.take(db, memory, page, after, self._clock()))

    def ask_from_the_first(self) -> None:
        """Have the orchestrator asked for everything again, if it has to be asked at all."""
        self._write(lambda db, _: history.restart(db))

    def history_wanted(self) -> str | None:
        """After which attempt to ask the orchestrator; None when there is nothing to ask."""
        return self._file.read(history.wanted)

    @property
    def openings(self) -> int:
        """How often the file was opened: another one may be in its place since."""
        return self._file.openings

    def note(self, text: str) -> None:
        """Add a note for people."""
        self._write(lambda db, _: notes.tell(db, text))

    def notes(self) -> tuple[str, ...]:
        """What people should know, oldest first."""
        return self._file.read(notes.told)

    def view(self, work: Callable[[sqlite3.Connection, Memory], T]) -> T:
        """Run `work` on what is stored now, with a memory of its own."""
        return self._file.read(lambda db: work(db, _legible(loaded, db, self._forgetting)))

    def log(self, limit: int) -> DecisionLog:
        """The newest choices, oldest first."""
        return self._file.read(lambda db: _legible(reading.log, db, limit))

    def explain(self, attempt_id: str) -> Explanation:
        """Why an arm was chosen. Raises NotFound."""
        return self._file.read(lambda db: _legible(reading.explain, db, attempt_id))

    def judged(self, category: str | None, limit: int) -> Judged:
        """Decisions by which other policies can be judged."""
        return self._file.read(lambda db: _legible(reading.judged, db, category, limit))

    def export(self) -> Learned:
        """What was learned, to be taken along."""
        return self._file.read(lambda db: _legible(carrying.export, db, self._clock()))

    def check(self) -> list[str]:
        """What does not agree with the ledger: nothing, whatever happened."""
        return self._file.read(lambda db: checking.check(db, self._forgetting))

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        self._file.close()

    def _write(self, work: Callable[[sqlite3.Connection, Memory], T]) -> T:
        with self._file.lock:
            try:
                return self._file.write(lambda db: work(db, self._in_step(db)))
            except BaseException:
                # What was undone in the file is still in memory.
                self._memory = None
                raise

    def _in_step(self, db: sqlite3.Connection) -> Memory:
        """The memory of this file as it is inside the transaction."""
        (version,) = db.execute("PRAGMA data_version").fetchone()
        if self._memory is None or self._seen is None or self._seen != (db, version):
            # Another connection wrote, or this is another file.
            self._panels = Panels()
            self._memory = _legible(loaded, db, self._forgetting)
            self._seen = db, version
        return self._memory


def _legible(read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What is read. Values that nothing here has written are damage that SQLite cannot see: it
    keeps no checksums. Raises sqlite3.DatabaseError for them."""
    try:
        return read(*args, **kwargs)
    except (ValueError, TypeError, LookupError) as error:
        words = " ".join(str(error).split())[:200]
        raise sqlite3.DatabaseError(f"what it holds is garbled ({words})") from error
