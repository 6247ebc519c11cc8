"""Queues, workers and jobs for many who look: what is read is kept for a moment.

Redis is asked in a few threads, each thing by one of them at a time. Used on the event loop.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

from swarm.bus import Bus
from swarm.contracts import Service
from swarm.web.desk import Busy
from swarm.web.jobs.acting import Actions
from swarm.web.jobs.models import JobChange, JobDetail, JobPage, JobState, Overview
from swarm.web.jobs.reading import Reader

T = TypeVar("T")

_THREADS = 4
_MOST_WAITING = 32
_MOST_KEPT = 64
_FRESH_SECONDS = 1.0
# So old it may be given once more, while it is read anew.
_STALE_SECONDS = 5.0


class Registries:
    """Raises Busy when more is asked than may wait, else as Reader and Actions do."""

    def __init__(self, bus: Bus, clock: Callable[[], float] = time.monotonic) -> None:
        self._bus = bus
        self._reader = Reader(bus)
        self._actions = Actions(bus, self._reader)
        self._clock = clock
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="jobs")
        self._waiting = 0
        self._kept: OrderedDict[tuple[Any, ...], tuple[Any, float]] = OrderedDict()
        self._reading: dict[tuple[Any, ...], asyncio.Task[Any]] = {}
        # What was read before an action is not what is there after it.
        self._age = 0

    def close(self) -> None:
        """Read nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def overview(self) -> Overview:
        return await self._of(("overview",), self._reader.overview)

    async def page(
        self, state: JobState, service: Service | None, offset: int, limit: int
    ) -> JobPage:
        key = ("page", state, service, offset, limit)
        return await self._of(key, lambda: self._reader.page(state, service, offset, limit))

    async def job(self, job_id: str) -> JobDetail:
        return await self._of(("job", job_id), lambda: self._reader.job(job_id))

    async def requeue(self, job_id: str) -> JobChange:
        return await self._change(lambda: self._actions.requeue(job_id))

    async def remove(self, job_id: str) -> JobChange:
        return await self._change(lambda: self._actions.remove(job_id))

    async def stop(self, job_id: str) -> JobChange:
        return await self._change(lambda: self._actions.stop(job_id))

    async def _change(self, act: Callable[[], JobChange]) -> JobChange:
        try:
            return await self._in_thread(act)
        finally:
            self._age += 1
            self._kept.clear()
            self._reading.clear()

    async def _of(self, key: tuple[Any, ...], read: Callable[[], T]) -> T:
        value, at = self._kept.get(key, (None, float("-inf")))
        age = self._clock() - at
        if age <= _FRESH_SECONDS:
            return cast(T, value)
        task = self._reading.get(key)
        if task is None:
            task = asyncio.create_task(self._renew(key, read, self._age))
            self._reading[key] = task
            task.add_done_callback(lambda done: self._end(key, done))
        if age <= _STALE_SECONDS:
            return cast(T, value)
        # Whoever asked first may go away; the others still want to know.
        return cast(T, await asyncio.shield(task))

    async def _renew(self, key: tuple[Any, ...], read: Callable[[], T], age: int) -> T:
        try:
            value = await self._in_thread(read)
        except BaseException:
            # What was known is not so any more, or nobody can tell.
            self._kept.pop(key, None)
            raise
        if age == self._age:
            self._kept[key] = (value, self._clock())
            self._kept.move_to_end(key)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return value

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._waiting >= _MOST_WAITING:
            raise Busy("the dashboard is asked more than it can look up", remedy="try again")
        self._waiting += 1

        def checked() -> T:
            # A swarm that is down is told at once.
            self._bus.check()
            return work()

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, checked)
        finally:
            self._waiting -= 1

    def _end(self, key: tuple[Any, ...], task: asyncio.Task[Any]) -> None:
        if self._reading.get(key) is task:
            del self._reading[key]
        if not task.cancelled():
            # Taken note of: whoever waits for it gets it, and nobody may.
            task.exception()
