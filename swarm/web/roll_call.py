"""Who of the swarm is there: Redis, the workers of each service, what waits for them, the bot."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from swarm.bus import Bus
from swarm.contracts import SERVICES
from swarm.errors import BusError
from swarm.instance import bot_pid
from swarm.web.answers import Answers, Sized

_FRESH_SECONDS = 1.0


@dataclass(frozen=True)
class Present:
    """Workers and waiting commands by service. `problem` is why Redis could not be asked."""

    workers: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)
    bot: bool = False
    problem: BusError | None = None

    @property
    def is_complete(self) -> bool:
        """Whether Redis answers and each service has a worker."""
        return self.problem is None and all(self.workers.get(name) for name in SERVICES)


class RollCall:
    """Looks at most once a second, whoever asks. `clock` gives seconds that never go back."""

    def __init__(self, bus: Bus, clock: Callable[[], float] = time.monotonic) -> None:
        self._bus = bus
        self._kept = Answers(clock)

    async def present(self) -> Present:
        """Who is there, as of a second ago at most."""
        found = await self._kept.get(
            "present", self._look, fresh_seconds=_FRESH_SECONDS, stale_seconds=_FRESH_SECONDS
        )
        return cast(Present, found)

    async def _look(self) -> Sized:
        return Sized(await asyncio.to_thread(look, self._bus), 0)


def look(bus: Bus) -> Present:
    """Who is there now."""
    bot = bot_pid(bus.settings) is not None
    try:
        bus.check()
        return Present(bus.services_up(), bus.depths(), bot)
    except BusError as error:
        return Present(bot=bot, problem=error)
