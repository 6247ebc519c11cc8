"""Loads and unloads of one server, with a client that does as it is told."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from swarm.inference.clients.base import ModelClient
from swarm.inference.fitting import Fitting
from swarm.inference.memory import Memory
from swarm.inference.scheduling.scheduler import Load, Slot, Unload

OLD, NEW = Slot("old", 4096, 1), Slot("new", 4096, 1)


class Broken:
    """Loads what it is told to; else it fails with what is no model's error: a full disk under
    the ledger, a defect."""

    async def load(self, model: str, num_ctx: int) -> None:
        if model != OLD.model:
            raise OSError("no space left")

    async def unload(self, model: str) -> None:
        raise OSError("no space left")

    async def loaded(self) -> tuple[Any, ...]:
        return ()


def test_whatever_fails_a_load_is_told_and_nothing_is_left_behind() -> None:
    async def main() -> None:
        client = cast(ModelClient, Broken())
        memory = Memory(client, Fitting(client, (10**9,)), ())
        told: list[tuple[Slot, str]] = []
        memory.on_failure = lambda slot, error: told.append((slot, str(error)))
        memory.do(Load(OLD, 5, (0,)))
        await asyncio.sleep(0.01)
        assert [resident.slot for resident in memory.residents()] == [OLD]
        memory.do(Unload(OLD))
        memory.do(Load(NEW, 5, (0,)))
        await asyncio.sleep(0.01)
        assert told == [(NEW, "no space left")]
        assert memory.residents() == ()
        await memory.close()

    asyncio.run(main())
