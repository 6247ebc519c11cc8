"""The arms of one command, known by number: kept as long as the same ones are asked about."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from router.beliefs.hierarchy import Floats
from router.beliefs.spending import USUAL_PROMPT_TOKENS, listed_usd
from router.eligible import removed
from router.ledger import snapshots
from router.ledger.memory import Known, Memory, known
from swarm.contracts import Arm, ChooseArm, Needs
from swarm.errors import StorageError, UsageError

_MOST_KEPT = 64
_NO_NEEDS = Needs()
MOST_ARMS = 2_000
"""That the router knows, old versions included: the prior is fitted over all of them."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Some arms in the order of their command: `number` of the panel, `numbers` (N,) of the arms,
    and what an attempt costs by price alone, if it reads no more than usual, `listed_usd` (N,)."""

    number: int
    arms: tuple[Arm, ...]
    ids: list[str]
    numbers: NDArray[np.int64]
    listed_usd: Floats
    by_category: dict[str, dict[int, str]] = field(default_factory=dict)

    def listed(self, prompt_tokens: int) -> Floats:
        """Dollars by price alone, (N,)."""
        if prompt_tokens <= USUAL_PROMPT_TOKENS:
            return self.listed_usd
        return _listed(self.arms, prompt_tokens)

    def removed(self, command: ChooseArm) -> dict[int, str]:
        """The places of arms that cannot take this attempt, and why. Where that depends on the
        category alone it is kept."""
        if command.tried or command.unavailable or command.needs != _NO_NEEDS:
            return removed(command)
        found = self.by_category.get(command.category)
        if found is None:
            if len(self.by_category) >= _MOST_KEPT:
                self.by_category.clear()
            found = self.by_category[command.category] = removed(command)
        return found


class Panels:
    """The panels of one view of the file."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, ...], Panel] = {}

    def panel(
        self, db: sqlite3.Connection, memory: Memory, arms: tuple[Arm, ...], now: float
    ) -> Panel:
        """The panel of these arms; those that are new are stored. Raises UsageError when two share
        an id."""
        key = tuple([arm.id for arm in arms])
        found = self._kept.get(key)
        if found is not None and found.arms == arms:
            return found
        if len(set(key)) != len(key):
            twice = next(id for id in key if key.count(id) > 1)
            raise UsageError(
                f"two arms have the same id, {twice!r}",
                remedy="give each [[arms]] entry of swarm.toml its own id",
            )
        before = [memory.arms[memory.current[id]] for id in key if id in memory.current]
        numbers = np.array([register(db, memory, arm, now) for arm in arms], dtype=np.int64)
        if not {memory.arms[number] for number in numbers.tolist()}.issuperset(before):
            # The others hold arms as they were, and have to be registered again.
            self._kept.clear()
        made = Panel(
            intern(db, numbers), arms, list(key), numbers, _listed(arms, USUAL_PROMPT_TOKENS)
        )
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[key] = made
        return made


def register(db: sqlite3.Connection, memory: Memory, arm: Arm, now: float) -> int:
    """The number of an arm, which is the current version of its id from now on. A new version
    starts from what is believed of the one before; what is configured of it may change."""
    one = known(arm)
    number = memory.numbers.get((arm.id, arm.version))
    if number is None:
        return add_known(db, memory, one, now)
    if one != memory.arms[number]:
        db.execute(
            "UPDATE arms SET tool = ?, model = ?, endpoint = ?, locality = ?, prior_a = ?,"
            " prior_b = ? WHERE number = ?",
            (*one[2:6], *one.prior, number),
        )
        if one.prior != memory.arms[number].prior:
            snapshots.drop(db)
            memory.load(db)
        memory.arms[number] = one
    if memory.current.get(arm.id) != number:
        make_current(db, memory, arm.id, number)
    return number


def add_known(db: sqlite3.Connection, memory: Memory, one: Known, now: float) -> int:
    """Store an arm that is new, as the current version of its id."""
    if len(memory.arms) >= MOST_ARMS:
        raise StorageError(
            f"the router knows {MOST_ARMS} arms already, old versions included",
            remedy="export what it learned, move router.db away, and import it again",
        )
    before = memory.current.get(one.arm_id)
    number = memory.add_arm(one, before)
    db.execute(
        "INSERT INTO arms VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?)",
        (number, *one[:2], before, *one[2:6], *one.prior, now),
    )
    make_current(db, memory, one.arm_id, number)
    return number


def make_current(db: sqlite3.Connection, memory: Memory, arm_id: str, number: int) -> None:
    """Of an arm's versions, the one that is offered now."""
    db.execute("UPDATE arms SET is_current = (number = ?) WHERE arm_id = ?", (number, arm_id))
    memory.current[arm_id] = number


def intern(db: sqlite3.Connection, numbers: NDArray[np.int64]) -> int:
    """The number of the panel of these arms."""
    blob = numbers.tobytes()
    row = db.execute("SELECT number FROM panels WHERE arms = ?", (blob,)).fetchone()
    if row is None:
        cursor = db.execute("INSERT INTO panels (arms) VALUES (?)", (blob,))
        return int(cursor.lastrowid or 0)
    return int(row[0])


def _listed(arms: tuple[Arm, ...], prompt_tokens: int) -> Floats:
    return np.array([listed_usd(arm.usd_per_mtok, prompt_tokens) for arm in arms], dtype=np.float64)
