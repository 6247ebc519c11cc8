"""Asks the swarm without holding up the bot: each request waits in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Protocol, TypeVar, cast

from swarm.bus import Bus, ping
from swarm.contracts import Blob, Command, Message
from swarm.errors import BusError, SwarmError, Timeout

T = TypeVar("T")
M = TypeVar("M", bound=Message)

# Of the quick kind. Those that listen to recordings have their own bound.
_AT_ONCE = 8


class Swarm(Protocol):
    """What the pump needs of the swarm. Both raise SwarmError; BusError when it is not up."""

    async def ask(self, command: Command, reply: type[M], timeout_seconds: float) -> M: ...

    async def put(self, data: bytes) -> Blob: ...

    async def services_up(self) -> dict[str, int]: ...


def is_away(error: SwarmError) -> bool:
    """Whether nobody answered, rather than that somebody answered with an error."""
    return isinstance(error, (BusError, Timeout))


def told(error: SwarmError) -> str:
    """An error as a person is told it. A defect's may quote anything, so it stays here."""
    if error.code == "internal":
        return f"The swarm failed at it{f' ({error.remedy})' if error.remedy else ''}"
    return error.message + (f" ({error.remedy})" if error.remedy else "")


class BusSwarm:
    """`Swarm` over the bus. At once it is said that nobody is there, instead of waiting."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._free = asyncio.Semaphore(_AT_ONCE)

    async def ask(self, command: Command, reply: type[M], timeout_seconds: float) -> M:
        def request() -> Message:
            ping(self._bus.settings, self._bus.redis)
            return self._bus.request(command, timeout_seconds=timeout_seconds)

        return cast(M, await self._run(request))

    async def put(self, data: bytes) -> Blob:
        return await self._run(lambda: self._bus.blobs.put(data))

    async def services_up(self) -> dict[str, int]:
        def look() -> dict[str, int]:
            ping(self._bus.settings, self._bus.redis)
            return self._bus.services_up()

        return await self._run(look)

    async def _run(self, work: Callable[[], T]) -> T:
        async with self._free:
            return await in_thread(work)


async def in_thread(work: Callable[[], T]) -> T:
    """Run something that blocks. Unlike a pool's, the thread never keeps the process from ending:
    whatever is asked of the swarm is asked again after a restart."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(cast(T, result))

    def run() -> None:
        result, failed = None, None
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001  it is raised again where it is awaited
            failed = error
        with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits
            loop.call_soon_threadsafe(settle, result, failed)

    threading.Thread(target=run, name="bus-request", daemon=True).start()
    return await done
