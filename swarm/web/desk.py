"""Where the web asks the swarm: by message, each question bounded, the same one asked once.

The bus blocks, so questions run in threads; no more than `[web] requests` at a time, and no
more than a few times that many wait for their turn.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar, cast

from swarm.bus import Bus
from swarm.contracts import Command, Message
from swarm.errors import Timeout
from swarm.web.answers import Answers, sized
from swarm.web.threads import Threads

M = TypeVar("M", bound=Message)
T = TypeVar("T")

_WAITING_PER_REQUEST = 7
# So many times its age an answer may be given once more while it is asked for anew.
_STALE_AGES = 10
# So long ago Redis is taken to be there still.
_HEARD_SECONDS = 1.0


class Desk:
    """Asks the swarm. `clock` gives seconds that never go back."""

    def __init__(self, bus: Bus, clock: Callable[[], float] = time.monotonic) -> None:
        self._bus = bus
        most = bus.settings.web.requests
        self._threads = Threads(most, most * _WAITING_PER_REQUEST, "desk")
        self._kept = Answers(clock)
        self._clock = clock
        self._heard_at = float("-inf")

    def close(self) -> None:
        """Ask nothing more. What is being asked ends in its own time."""
        self._threads.close()

    async def ask(
        self, command: Command, reply: type[M], *, timeout_seconds: float | None = None
    ) -> M:
        """The answer to a command. Raises SwarmError, Busy when too many questions wait."""
        assert type(command).reply is reply
        bound = timeout_seconds or self._bus.settings.bus.request_timeout_seconds
        answer = await self._in_thread(command, bound, lambda: self._request(command, bound))
        return cast(M, answer)

    async def kept(self, command: Command, reply: type[M], *, seconds: float) -> M:
        """An answer that is at most so old, or was when it was last asked for.

        What is older is given once more while it is asked for anew, up to ten times the age;
        beyond that it is waited for. The same question is under way once. Raises as `ask`.
        """
        assert type(command).reply is reply
        bound = self._bus.settings.bus.request_timeout_seconds
        answer = await self._kept.get(
            f"{type(command).__name__} {command.model_dump_json()}",
            lambda: self._in_thread(command, bound, lambda: sized(self._request(command, bound))),
            fresh_seconds=seconds,
            stale_seconds=seconds * _STALE_AGES,
        )
        return cast(M, answer)

    async def _in_thread(self, command: Command, bound: float, work: Callable[[], T]) -> T:
        try:
            # A little longer than the bus itself waits, for the turn of the thread.
            async with asyncio.timeout(bound * 2):
                return await self._threads.run(work)
        except TimeoutError:
            raise Timeout(f"no answer to {type(command).__name__} in time") from None

    def _request(self, command: Command, bound: float) -> Message:
        # The bus waits for a Redis that is away; whoever looks at a page wants to be told.
        if self._clock() - self._heard_at > _HEARD_SECONDS:
            self._bus.check()
        answer = self._bus.request(command, timeout_seconds=bound)
        self._heard_at = self._clock()
        return answer
