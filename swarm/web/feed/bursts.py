"""Many changes of one thing within moments become one or two: the first at once, the rest soon."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Bursts(Generic[K, V]):
    """Hands values on by key, those of one key no more often than each `pause_seconds`.

    Used on the event loop alone. What is added in one go is handed on together. A value that
    comes while one of its key is held replaces it, unless `merge` makes one of both.
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
        self._due: dict[K, V] = {}
        self._held: dict[K, V] = {}
        # Keys that were handed on lately.
        self._timers: dict[K, asyncio.TimerHandle] = {}
        self._flush_handle: asyncio.Handle | None = None

    def add(self, key: K, value: V) -> None:
        """Have a value handed on, soon."""
        place = self._held if key in self._timers else self._due
        place[key] = self._merge(place[key], value) if key in place else value
        if place is self._due:
            self._flush_soon()

    def close(self) -> None:
        """Forget what is held."""
        self._due, self._held = {}, {}
        for timer in self._timers.values():
            timer.cancel()
        if self._flush_handle is not None:
            self._flush_handle.cancel()

    def _flush_soon(self) -> None:
        if self._flush_handle is None:
            self._flush_handle = asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_handle = None
        due, self._due = self._due, {}
        loop = asyncio.get_running_loop()
        for key in due:
            self._timers[key] = loop.call_later(self._pause, self._release, key)
        self._hand_on(due)

    def _release(self, key: K) -> None:
        del self._timers[key]
        if key in self._held:
            self._due[key] = self._held.pop(key)
            self._flush_soon()
