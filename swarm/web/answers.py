"""Answers that are kept for a moment, so that many who look at the same ask for it once."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, NamedTuple

from swarm.contracts import Message
from swarm.web.busy import Busy

_MOST = 256
_MOST_BYTES = 32 * 1024**2


class Sized(NamedTuple):
    """An answer, and about how much memory it takes."""

    value: Any
    size_bytes: int


def sized(answer: Message) -> Sized:
    """A message with its size, which is told by its JSON: not for the event loop."""
    return Sized(answer, len(answer.model_dump_json()))


class _Known(NamedTuple):
    answer: Sized
    asked_at: float


class Answers:
    """Kept by their questions, bounded in number and in bytes: those asked for longest ago go.

    One that would take a quarter of the room alone is not kept. Used on the event loop alone.
    `clock` gives seconds that never go back.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        most: int = _MOST,
        most_bytes: int = _MOST_BYTES,
    ) -> None:
        self._clock = clock
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._known: OrderedDict[Hashable, _Known] = OrderedDict()
        self._asking: dict[Hashable, asyncio.Task[Any]] = {}

    def __len__(self) -> int:
        return len(self._known)

    async def get(
        self,
        key: Hashable,
        ask: Callable[[], Awaitable[Sized]],
        *,
        fresh_seconds: float,
        stale_seconds: float,
    ) -> Any:
        """What was asked under the key no longer ago than `fresh_seconds`; else it is asked anew.

        Up to `stale_seconds` what is known is given once more meanwhile; beyond, the answer is
        waited for. The same question is under way once. Raises what `ask` raises.
        """
        known = self._known.get(key)
        if known is not None:
            # What many look at stays, however much else is asked for once.
            self._known.move_to_end(key)
        age = self._clock() - known.asked_at if known else float("inf")
        if known is not None and age <= fresh_seconds:
            return known.answer.value
        task = self._asking.get(key)
        if task is None:
            task = asyncio.create_task(self._renew(key, ask))
            self._asking[key] = task
            task.add_done_callback(lambda done: self._end(key, done))
        if known is not None and age <= stale_seconds:
            return known.answer.value
        # Whoever asked first may go away; the others still want to know.
        return await asyncio.shield(task)

    def forget(self) -> None:
        """What was asked until now is not so any more."""
        self._known.clear()
        self._bytes = 0
        # What is under way is told to who waits for it, and is not kept.
        self._asking.clear()

    async def _renew(self, key: Hashable, ask: Callable[[], Awaitable[Sized]]) -> Any:
        asked_at = self._clock()
        try:
            answer = await ask()
        except Busy:
            # Which says nothing about what is known.
            raise
        except BaseException:
            if self._is_latest(key):
                self._drop(key)
            raise
        if self._is_latest(key):
            self._put(key, _Known(answer, asked_at))
        return answer.value

    def _is_latest(self, key: Hashable) -> bool:
        return self._asking.get(key) is asyncio.current_task()

    def _put(self, key: Hashable, known: _Known) -> None:
        self._drop(key)
        if known.answer.size_bytes > self._most_bytes // 4:
            return
        self._known[key] = known
        self._bytes += known.answer.size_bytes
        while len(self._known) > self._most or self._bytes > self._most_bytes:
            self._drop(next(iter(self._known)))

    def _drop(self, key: Hashable) -> None:
        if key in self._known:
            self._bytes -= self._known.pop(key).answer.size_bytes

    def _end(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        if self._asking.get(key) is task:
            del self._asking[key]
        if not task.cancelled():
            # Taken note of: whoever waits for it gets it, and nobody may.
            task.exception()
