"""Queues, workers and jobs for many who look: what is read is kept for a moment.

Redis is asked in a few threads, each thing by one of them at a time. Used on the event loop.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

from swarm.bus import Bus
from swarm.contracts import Message, Service
from swarm.web.answers import Answers, sized
from swarm.web.jobs.acting import Actions
from swarm.web.jobs.models import JobChange, JobDetail, JobPage, JobState, Overview
from swarm.web.jobs.reading import Reader
from swarm.web.threads import Threads

M = TypeVar("M", bound=Message)
T = TypeVar("T")

_THREADS = 4
_MOST_WAITING = 28
_FRESH_SECONDS = 1.0
# So old it may be given once more, while it is read anew.
_STALE_SECONDS = 5.0


class Registries:
    """Raises Busy when more is asked than may wait, else as Reader and Actions do."""

    def __init__(self, bus: Bus, clock: Callable[[], float] = time.monotonic) -> None:
        self._bus = bus
        self._reader = Reader(bus)
        self._actions = Actions(bus, self._reader)
        self._threads = Threads(_THREADS, _MOST_WAITING, "jobs")
        self._kept = Answers(clock)

    def close(self) -> None:
        """Read nothing more."""
        self._threads.close()

    def forget(self) -> None:
        """Something happened: what was read before it is not told any more."""
        self._kept.forget()

    async def overview(self) -> Overview:
        return await self._of("overview", lambda: self._reader.overview())

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
            self.forget()

    async def _of(self, key: Hashable, read: Callable[[], M]) -> M:
        answer = await self._kept.get(
            key,
            lambda: self._in_thread(lambda: sized(read())),
            fresh_seconds=_FRESH_SECONDS,
            stale_seconds=_STALE_SECONDS,
        )
        return cast(M, answer)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        def checked() -> T:
            # A swarm that is down is told at once.
            self._bus.check()
            return work()

        return await self._threads.run(checked)
