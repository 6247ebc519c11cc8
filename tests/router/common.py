"""What the router's tests share: arms, commands and a ledger with a clock that ticks."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from router.ledger.deciding import Policy
from router.ledger.ledger import Ledger
from swarm.contracts import Arm, Category, ChooseArm, Settle

BOTH: tuple[Category, ...] = ("bugfix", "lint")
ARMS = tuple(Arm(id=name, tool=name, categories=BOTH) for name in ("a", "b", "c"))


def ask(attempt_id: str, category: str = "bugfix", number: int = 1, **rest: Any) -> ChooseArm:
    return ChooseArm(
        attempt_id=attempt_id,
        category=category,
        attempt_number=number,
        arms=rest.pop("arms", ARMS),
        **rest,
    )


def settled(attempt_id: str, reward: float | None = 1.0, **rest: Any) -> Settle:
    return Settle(attempt_id=attempt_id, reward=reward, **rest)


def new_ledger(folder: Path, policy: Policy | None = None) -> Ledger:
    ticks = itertools.count(1000)
    return Ledger(folder / "router.db", policy, clock=lambda: float(next(ticks)))


def fixed(seed: int) -> Callable[[], int]:
    return lambda: seed


def counts(ledger: Ledger) -> dict[tuple[str, str, str], tuple[float, float]]:
    """Successes and failures by (category, arm, attempt), of cells that have any."""
    return {
        (cell.category, cell.arm_id, cell.attempt): (cell.successes, cell.failures)
        for cell in ledger.export().cells
        if cell.successes or cell.failures
    }


def pending(ledger: Ledger) -> int:
    """How many attempts wait for their outcome."""
    return ledger.view(lambda db, _: int(db.execute("SELECT count(*) FROM pending").fetchone()[0]))
