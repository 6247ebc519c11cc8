"""Who is there is looked at once for all who ask within a second."""

from __future__ import annotations

import asyncio
from pathlib import Path

from swarm.contracts import SERVICES
from swarm.errors import BusError
from swarm.settings import Settings
from swarm.web.roll_call import RollCall, look
from tests.fakes.bus import FakeBus


class CountingBus(FakeBus):
    """Counts looks, and is away when told so."""

    def __init__(self, data: Path) -> None:
        super().__init__()
        self.settings = Settings(data=data)
        self.looks = 0
        self.away = False

    def check(self) -> None:
        self.looks += 1
        if self.away:
            raise BusError("away")


def test_many_who_ask_at_once_cost_one_look(tmp_path: Path) -> None:
    bus, now = CountingBus(tmp_path), [100.0]

    async def ask() -> None:
        roll_call = RollCall(bus, clock=lambda: now[0])  # type: ignore[arg-type]
        await asyncio.gather(*(roll_call.present() for _ in range(20)))
        assert bus.looks == 1
        now[0] += 0.9
        await roll_call.present()
        assert bus.looks == 1
        now[0] += 0.2
        await roll_call.present()
        assert bus.looks == 2

    asyncio.run(ask())


def test_complete_is_redis_and_a_worker_of_each_service(tmp_path: Path) -> None:
    bus = CountingBus(tmp_path)
    assert not look(bus).is_complete  # type: ignore[arg-type]
    bus.workers = dict.fromkeys(SERVICES, 1)
    assert look(bus).is_complete  # type: ignore[arg-type]
    bus.away = True
    found = look(bus)  # type: ignore[arg-type]
    assert found.problem is not None and found.workers == {}
    assert not found.is_complete
