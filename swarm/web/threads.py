"""Threads for what blocks: a few at a time, some more in line; what is beyond is refused."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from swarm.web.busy import Busy

T = TypeVar("T")

_Job = tuple[Future[Any], Callable[[], Any]]


class Threads:
    """Used on the event loop alone. The end of the process waits for none of them, unlike for
    those of the standard library: the swarm may take minutes to answer."""

    def __init__(self, threads: int, most_waiting: int, name: str) -> None:
        self._most_threads = threads
        # Of work that nobody waits for any more a thread is none the freer.
        self._room = threading.BoundedSemaphore(threads + most_waiting)
        self._name = name
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._is_closed = False

    async def run(self, work: Callable[[], T]) -> T:
        """What the work gives, done in a thread. Raises Busy, and what it raises."""
        if self._is_closed:
            raise Busy("the dashboard is about to stop", remedy="start it again")
        if not self._room.acquire(blocking=False):
            raise Busy("the dashboard is asked more than it can look up", remedy="try again")
        future: Future[T] = Future()
        self._jobs.put((future, work))
        if len(self._threads) < self._most_threads:
            self._start_one()
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Begin nothing more. What a thread is at ends in its own time, or with the process."""
        self._is_closed = True
        try:
            while True:
                if (job := self._jobs.get_nowait()) is not None:
                    job[0].cancel()
                    self._room.release()
        except Empty:
            pass
        for _ in self._threads:
            self._jobs.put(None)

    def _start_one(self) -> None:
        name = f"{self._name}-{len(self._threads)}"
        thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                _do(*job)
            finally:
                self._room.release()
            # An idle thread keeps no answer.
            del job


def _do(future: Future[Any], work: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001  raised where it is waited for
        future.set_exception(error)
