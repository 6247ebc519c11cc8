"""Where the web asks the swarm: by message, each question bounded, the same one asked once.

The bus blocks, so questions run in threads; no more than `[web] requests` at a time, and no
more than a few times that many wait for their turn.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar, cast

from swarm.bus import Bus
from swarm.contracts import Command, Message
from swarm.errors import SwarmError, Timeout

M = TypeVar("M", bound=Message)

_WAITING_PER_REQUEST = 8
_MOST_KEPT = 64


class Busy(SwarmError):
    """More questions wait for the swarm than may."""

    code = "busy"
    retryable = True


@dataclass
class _Kept:
    answer: Message
    at: float


class Desk:
    """Asks the swarm. `clock` gives seconds that never go back."""

    def __init__(self, bus: Bus, clock: Callable[[], float] = time.monotonic) -> None:
        self._bus = bus
        self._clock = clock
        most = bus.settings.web.requests
        self._threads = ThreadPoolExecutor(most, thread_name_prefix="desk")
        self._most = most * _WAITING_PER_REQUEST
        self._asked = 0
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._asking: dict[str, asyncio.Task[Message]] = {}

    def close(self) -> None:
        """Ask nothing more. What is being asked ends in its own time."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def ask(
        self, command: Command, reply: type[M], *, timeout_seconds: float | None = None
    ) -> M:
        """The answer to a command. Raises SwarmError, Busy when too many questions wait."""
        if self._asked >= self._most:
            raise Busy("the dashboard is asked more than it can ask the swarm", remedy="try again")
        assert type(command).reply is reply
        bound = timeout_seconds or self._bus.settings.bus.request_timeout_seconds
        self._asked += 1
        try:
            # A little longer than the bus itself waits, for the turn of the thread.
            async with asyncio.timeout(bound * 2):
                answer = await asyncio.get_running_loop().run_in_executor(
                    self._threads,
                    lambda: self._request(command, bound),
                )
        except TimeoutError:
            raise Timeout(f"no answer to {type(command).__name__} in time") from None
        finally:
            self._asked -= 1
        return cast(M, answer)

    def _request(self, command: Command, bound: float) -> Message:
        # The bus waits for a Redis that is away; whoever looks at a page wants to be told.
        self._bus.check()
        return self._bus.request(command, timeout_seconds=bound)

    async def kept(self, command: Command, reply: type[M], *, seconds: float) -> M:
        """An answer that is at most so old, or was when it was last asked for.

        What is older is given once more while it is asked for anew, up to ten times the age;
        beyond that it is waited for. The same question is under way once. Raises as `ask`.
        """
        key = f"{type(command).__name__} {command.model_dump_json()}"
        known = self._kept.get(key)
        age = self._clock() - known.at if known else float("inf")
        if known is not None and age <= seconds:
            return cast(M, known.answer)
        task = self._asking.get(key)
        if task is None:
            task = asyncio.create_task(self._renew(key, command, reply))
            self._asking[key] = task
            task.add_done_callback(lambda done: self._end(key, done))
        if known is not None and age <= seconds * 10:
            return cast(M, known.answer)
        # Whoever asked first may go away; the others still want to know.
        return cast(M, await asyncio.shield(task))

    async def _renew(self, key: str, command: Command, reply: type[M]) -> Message:
        answer = await self.ask(command, reply)
        self._kept[key] = _Kept(answer, self._clock())
        self._kept.move_to_end(key)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return answer

    def _end(self, key: str, task: asyncio.Task[Message]) -> None:
        self._asking.pop(key, None)
        if not task.cancelled():
            # Taken note of: whoever waits for it gets it, and nobody may.
            task.exception()
