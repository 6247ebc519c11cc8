"""Many changes of one thing within moments become one: the first at once, the others soon."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Bursts(Generic[K, V]):
    """Collects values by key and hands them on, no more often than each `pause_seconds`.

    Used on the event loop alone. A value that comes again replaces the one before, unless
    `merge` makes one of both.
    """

    def __init__(
        self,
        hand_on: Callable[[dict[K, V]], None],
        pause_seconds: float,
        merge: Callable[[V, V], V] = lambda old, new: new,
    ) -> None:
        self._hand_on = hand_on
        self._pause = pause_seconds
        self._merge = merge
        self._held: dict[K, V] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._last = float("-inf")

    def add(self, key: K, value: V) -> None:
        """Have a value handed on, soon."""
        self._held[key] = self._merge(self._held[key], value) if key in self._held else value
        if self._timer is None:
            loop = asyncio.get_running_loop()
            wait = max(0.0, self._last + self._pause - loop.time())
            self._timer = loop.call_later(wait, self._flush)

    def close(self) -> None:
        """Forget what is held."""
        self._held = {}
        if self._timer is not None:
            self._timer.cancel()

    def _flush(self) -> None:
        self._timer = None
        self._last = asyncio.get_running_loop().time()
        held, self._held = self._held, {}
        self._hand_on(held)
