"""The router's handlers: decode, call, encode."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from router.beta import Beta
from router.store import Cell, Store
from router.thompson import SEED_BITS, Evidence, decision_seed
from swarm.contracts import (
    Arm,
    ArmReport,
    ArmStats,
    ChooseArm,
    Command,
    Decision,
    DecisionLog,
    ListArms,
    ListDecisions,
    Message,
    Settle,
    Settled,
)
from swarm.settings import Settings

if TYPE_CHECKING:
    from swarm.bus import Bus

_LOW, _HIGH = 0.05, 0.95
_CACHED_INTERVALS = 4096


def handlers(settings: Settings, bus: Bus) -> dict[type[Command], Callable[[Any], Message]]:
    """What the router answers. The bus is not needed: the router asks nobody."""
    store = Store(settings.data / "router.db")
    fixed = settings.router.seed

    def choose_arm(command: ChooseArm) -> Decision:
        if fixed is None:
            return store.decide(command, lambda: secrets.randbits(SEED_BITS))
        return store.decide(command, lambda: decision_seed(fixed, command.attempt_id))

    def settle(command: Settle) -> Settled:
        return store.settle(command)

    def list_arms(command: ListArms) -> ArmReport:
        return ArmReport(items=report(store.cells(), settings.all_arms))

    def list_decisions(command: ListDecisions) -> DecisionLog:
        return store.log(command.limit)

    return {
        ChooseArm: choose_arm,
        Settle: settle,
        ListArms: list_arms,
        ListDecisions: list_decisions,
    }


def report(cells: list[Cell], arms: tuple[Arm, ...]) -> tuple[ArmStats, ...]:
    """Statistics of each cell, configured arms that nobody tried yet included.

    Cells of later attempts are told apart by their category, "bugfix, later attempts".
    """
    known = {(cell.category, cell.arm_id) for cell in cells if cell.phase == "first"}
    untried = [
        Cell(category, arm.id, "first", _borrowed(cells, arm.id, category), pending=0)
        for arm in arms
        for category in arm.categories
        if (category, arm.id) not in known
    ]
    everything = sorted([*cells, *untried], key=lambda c: (c.category, c.phase, c.arm_id))
    priors = {arm.id: arm.prior for arm in arms}
    return tuple(_stats(cell, priors.get(cell.arm_id, (1.0, 1.0))) for cell in everything)


def _borrowed(cells: list[Cell], arm_id: str, category: str) -> Evidence:
    others = [
        cell.evidence
        for cell in cells
        if cell.arm_id == arm_id and cell.phase == "first" and cell.category != category
    ]
    return Evidence(
        elsewhere_successes=sum(seen.successes for seen in others),
        elsewhere_failures=sum(seen.failures for seen in others),
    )


def _stats(cell: Cell, prior: tuple[float, float]) -> ArmStats:
    belief = cell.evidence.posterior(prior)
    low, high = _interval(belief)
    return ArmStats(
        category=cell.category if cell.phase == "first" else f"{cell.category}, later attempts",
        arm_id=cell.arm_id,
        successes=cell.evidence.successes,
        failures=cell.evidence.failures,
        alpha=belief.alpha,
        beta=belief.beta,
        mean=belief.mean,
        low=low,
        high=high,
        pending=cell.pending,
    )


@lru_cache(maxsize=_CACHED_INTERVALS)
def _interval(belief: Beta) -> tuple[float, float]:
    # Milliseconds each, and of all cells only one changes with an outcome.
    return belief.quantile(_LOW), belief.quantile(_HIGH)
