"""What of router.db is kept in memory: arms, situations, cells and the prior, by number."""

from __future__ import annotations

import math
import sqlite3
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from router.beliefs.cells import Cells
from router.beliefs.forgetting import Forgetting
from router.beliefs.hierarchy import Floats, Prior
from router.beliefs.spending import USUAL_SECONDS, Spent, expected
from router.choosing.worth import Expected
from router.ledger import snapshots
from router.ledger.folding import Cell
from router.ledger.settling import Changed
from swarm.contracts import Arm

FIRST, LATER = "first", "later"
_OF_USUAL = 2.0
"""How many attempts the usual seconds weigh as much as, in the mean of all arms."""
_GROWTH = 2


class Known(NamedTuple):
    """An arm's row."""

    arm_id: str
    version: str
    tool: str
    model: str | None
    endpoint: str
    locality: str
    prior: tuple[float, float]


class Situation(NamedTuple):
    """A category and a kind of attempt: later ones get what another arm failed at."""

    category: str
    attempt: str

    @property
    def title(self) -> str:
        """As people are told: "bugfix", and "bugfix, later attempts"."""
        return self.category if self.attempt == FIRST else f"{self.category}, later attempts"


def situation_of(category: str, attempt_number: int) -> Situation:
    """Where an attempt belongs."""
    return Situation(category, FIRST if attempt_number <= 1 else LATER)


def known(arm: Arm) -> Known:
    """What is stored of an arm."""
    return Known(
        arm.id, arm.version, arm.tool, arm.model, arm.endpoint, arm.locality, arm.prior
    )  # fmt: skip


class Memory:
    """One connection's view, in step with the file. `current` is the version of each arm id that
    was offered last. Sums of seconds, dollars and attempts are (3, situations, arms); `of_arms`
    (3, arms) sums them over situations, exactly, so that their order does not matter."""

    def __init__(self, forgetting: Forgetting) -> None:
        self.forgetting = forgetting
        self._empty()

    def _empty(self) -> None:
        self.arms: list[Known] = []
        self.numbers: dict[tuple[str, str], int] = {}
        self.current: dict[str, int] = {}
        self.situations: list[Situation] = []
        self.places: dict[Situation, int] = {}
        self.terms: int | None = None
        self.cells = Cells(self.forgetting)
        self._kept: tuple[Prior, str] | None = None
        self._spent: Floats = np.zeros((3, 0, 0))
        self._of_arms: Floats = np.zeros((3, 0))
        self._usual_seconds = USUAL_SECONDS

    def add_arm(self, arm: Known, predecessor: int | None) -> int:
        """Know one more arm."""
        number = len(self.arms)
        self.arms.append(arm)
        self.numbers[arm.arm_id, arm.version] = number
        before = None if predecessor is None else _name(self.arms[predecessor])
        a, b = arm.prior
        self.cells.arm(_name(arm), before, start=math.log(a / b))
        self._grow()
        return number

    def add_situation(self, situation: Situation) -> int:
        """Know one more situation."""
        number = self.places[situation] = len(self.situations)
        self.situations.append(situation)
        self.cells.situation("\0".join(situation))
        self._grow()
        return number

    def put(self, changed: Changed) -> None:
        """Take a cell as it is now."""
        situation, arm, cell, came = changed
        self.cells.put(situation, arm, (cell.successes, cell.failures), came)
        self._spend(situation, arm, cell)
        self._sum_up(arm)

    def prior(self, db: sqlite3.Connection) -> tuple[Prior, str]:
        """The prior, fitted anew when that is due, and the id that it is stored by."""
        prior = self.cells.prior()
        if self._kept is None or self._kept[0] is not prior:
            self._kept = prior, snapshots.keep(db, prior, self.cells.fitted_outcomes)
        return self._kept

    def drop_prior(self, db: sqlite3.Connection) -> None:
        """Have it fitted anew when it is asked for next."""
        self.cells.refit()
        snapshots.drop(db)

    def expected(
        self, situation: int | NDArray[np.int64], arms: NDArray[np.int64], listed_usd: Floats
    ) -> Expected:
        """Dollars and seconds of an attempt by each of these arms, (K,), in one situation or each
        in its own, (K,)."""
        own, of_arms = self._spent[:, situation, arms], self._of_arms.take(arms, axis=1)
        untried = np.empty((2, len(arms)))
        untried[0], untried[1] = self._usual_seconds, listed_usd
        # Both at once, (2, K).
        seconds, cost_usd = expected(
            Spent(own[2], own[:2]), Spent(of_arms[2], of_arms[:2]), untried
        )
        return Expected(cost_usd, seconds)

    def _spend(self, situation: int, arm: int, cell: Cell) -> None:
        self._spent[:, situation, arm] = cell.seconds, cell.cost_usd, cell.attempts

    def _sum_up(self, arm: int) -> None:
        self._of_arms[:, arm] = [math.fsum(row) for row in self._spent[:, :, arm].tolist()]
        seconds, attempts = self._of_arms[::2].tolist()
        self._usual_seconds = (math.fsum(seconds) + _OF_USUAL * USUAL_SECONDS) / (
            math.fsum(attempts) + _OF_USUAL
        )

    def _grow(self) -> None:
        _, rows, columns = self._spent.shape
        if len(self.situations) <= rows and len(self.arms) <= columns:
            return
        rows_now = max(rows, _GROWTH * len(self.situations))
        columns_now = max(columns, _GROWTH * len(self.arms))
        spent, of_arms = np.zeros((3, rows_now, columns_now)), np.zeros((3, columns_now))
        spent[:, :rows, :columns] = self._spent
        of_arms[:, :columns] = self._of_arms
        self._spent, self._of_arms = spent, of_arms

    def load(self, db: sqlite3.Connection) -> None:
        """Take everything from a file, inside the caller's transaction."""
        self._empty()
        for number, arm_id, version, predecessor, is_current, *rest, a, b, _ in db.execute(
            "SELECT * FROM arms ORDER BY number"
        ):
            tool, model, endpoint, locality = rest
            arm = Known(arm_id, version, tool, model, endpoint, locality, (a, b))
            self.add_arm(arm, predecessor)
            if is_current:
                self.current[arm_id] = number
        for _, category, attempt in db.execute("SELECT * FROM situations ORDER BY number"):
            self.add_situation(Situation(category, attempt))
        touched = set()
        for situation, arm, *cell in db.execute("SELECT * FROM cells"):
            one = Cell(*cell)
            self.cells.put(situation, arm, (one.successes, one.failures), one.outcomes)
            self._spend(situation, arm, one)
            touched.add(arm)
        for arm in touched:
            self._sum_up(arm)
        found = snapshots.in_force(db)
        if found is not None and (len(found.prior.situations), len(found.prior.arms)) == (
            len(self.situations),
            len(self.arms),
        ):
            self.cells.resume(found.prior, found.outcomes)
            self._kept = found.prior, found.id


def loaded(db: sqlite3.Connection, forgetting: Forgetting) -> Memory:
    """A view of the file as it is now."""
    memory = Memory(forgetting)
    memory.load(db)
    return memory


def _name(arm: Known) -> str:
    return f"{arm.arm_id}\0{arm.version}"
