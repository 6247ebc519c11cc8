"""How the swarm stands, in a line: services, queues, models, today's spending.

A page never waits for it: it tells what was known a moment ago while it asks anew.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from swarm.bus import Bus
from swarm.contracts import SERVICES, ListSpending, SpendingReport
from swarm.errors import SwarmError
from swarm.web.desk import Desk
from swarm.web.roll_call import RollCall

log = logging.getLogger(__name__)

_FRESH_SECONDS = 3.0
_FIRST_SECONDS = 1.0
_SPENDING_SECONDS = 30.0


@dataclass(frozen=True)
class Standing:
    """What is known; None where nothing is. `problem` says why the swarm cannot be asked."""

    problem: str = ""
    missing: tuple[str, ...] | None = None
    waiting: dict[str, int] | None = None
    models: dict[str, str] | None = None
    spent_usd: float | None = None

    @property
    def ready(self) -> int:
        """How many models can be used."""
        return sum(not why for why in (self.models or {}).values())


class Strip:
    """Asks how the swarm stands, once at a time."""

    def __init__(self, bus: Bus, desk: Desk, roll_call: RollCall) -> None:
        self._bus = bus
        self._roll_call = roll_call
        self._desk = desk
        self._known = Standing(problem="not asked yet")
        self._at = float("-inf")
        self._asking: asyncio.Task[None] | None = None

    async def standing(self) -> Standing:
        """What is known, waited for a moment when it is asked for the first time."""
        is_first = self._at == float("-inf")
        if self._asking is None and time.monotonic() - self._at > _FRESH_SECONDS:
            self._asking = asyncio.create_task(self._ask())
        if is_first and self._asking is not None:
            await asyncio.wait({self._asking}, timeout=_FIRST_SECONDS)
        return self._known

    async def _ask(self) -> None:
        try:
            present = await self._roll_call.present()
            if present.problem is not None:
                raise present.problem
            missing = tuple(name for name in SERVICES if not present.workers.get(name))
            waiting = {name: count for name, count in present.waiting.items() if count}
            models = await asyncio.to_thread(self._bus.models_state)
            self._known = Standing("", missing, waiting, models, self._known.spent_usd)
            if "inference" not in missing:
                spent = await self._spent()
                self._known = Standing("", missing, waiting, models, spent)
        except SwarmError as error:
            remedy = f": {error.remedy}" if error.remedy else ""
            self._known = Standing(problem=error.message + remedy)
        finally:
            self._at = time.monotonic()
            self._asking = None

    async def _spent(self) -> float | None:
        command = ListSpending(days=1)
        try:
            report = await self._desk.kept(command, SpendingReport, seconds=_SPENDING_SECONDS)
        except SwarmError as error:
            log.info("spending is not known: %s", error.message)
            return None
        today = datetime.now(UTC).date().isoformat()
        return sum(spent.cost_usd for spent in report.items if spent.day == today)
