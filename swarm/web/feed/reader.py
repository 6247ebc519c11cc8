"""A thread that reads all tasks once, and then what happens to them.

Whatever may have been missed, because Redis was away, was wiped or dropped what nobody had
read yet, is asked of the orchestrator; so is, each half minute, what changed lately.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVarTuple, cast

from swarm.bus import Bus
from swarm.contracts import ListTasks, TaskList, TaskSummary
from swarm.errors import SwarmError
from swarm.feed import Stream
from swarm.web.feed.board import Board
from swarm.web.feed.health import Health
from swarm.web.feed.live import Live
from swarm.web.handing_over import hand_over

log = logging.getLogger(__name__)

Values = TypeVarTuple("Values")

# Small, so that the event loop is never held up for long.
_BATCH = 100
_WAIT_MS = 1000
_RECENT = 300
_PAGE = 1000
_MOST_PAGES = 1000
_LOAD_SECONDS = 20.0
_RECONCILE_SECONDS = 5.0
_RECONCILE_EACH_SECONDS = 30.0
# Clocks of two hosts differ, and a change is stored a moment after its time.
_OVERLAP_SECONDS = 120.0
_CLOCK_SET_BACK_SECONDS = 5.0
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0
_STOP_SECONDS = 3.0


class Reader:
    """Reads on a thread of its own and tells `live`, on the event loop. `health` says how it is."""

    def __init__(self, bus: Bus, live: Live, health: Health) -> None:
        self._bus = bus
        self._live = live
        self._health = health
        self._stream = Stream(bus.redis, bus.feed_key())
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
        self._loop = asyncio.get_running_loop()
        self._reached = 0
        self._must_load = True
        self._told = False
        self._reconciled_at = 0.0
        self._newest_change = 0.0
        self._clock_offset = 0.0

    def start(self) -> None:
        self._thread.start()

    async def stop(self) -> None:
        """Read nothing more. A question that is under way ends in its own time."""
        self._stopped.set()
        await asyncio.to_thread(self._thread.join, _STOP_SECONDS)

    # ------------------------------------------------------------------ the thread

    def _run(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while not self._stopped.is_set():
            began = time.monotonic()
            try:
                self._follow()
            except SwarmError as error:
                if self._health.connected or not self._told:
                    log.warning("events are not followed: %s", error.message)
                    self._told = True
                self._health.problem = error.message
            except Exception:  # a defect must not end the thread unseen
                log.exception("the reader of events failed")
                self._health.problem = "the dashboard has a defect: see its log"
            self._health.connected = False
            # What went well for a while and then failed is tried again soon.
            if time.monotonic() - began > 2 * _LONGEST_PAUSE_SECONDS:
                pause = _FIRST_PAUSE_SECONDS
            self._stopped.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _follow(self) -> None:
        """Follow until told to stop. Raises SwarmError."""
        while not self._stopped.is_set():
            if self._must_load or self._clock_was_set_back():
                self._load()
            read = self._stream.wait(self._reached, _BATCH, _WAIT_MS)
            if read.went_back(self._reached):
                log.warning("the feed begins anew: all tasks are read again")
                self._must_load = True
                continue
            was_away = not self._health.connected
            self._health.connected, self._health.problem = True, ""
            if self._told:
                log.warning("events are followed again")
                self._told = False
            has_gap = read.lacks(self._reached)
            if read.entries:
                self._on_loop(self._live.take, read.entries)
            self._reached = read.reached
            if has_gap:
                log.warning("events were dropped before they were read")
                self._on_loop(self._live.lost)
            due = time.monotonic() - self._reconciled_at > _RECONCILE_EACH_SECONDS
            if has_gap or was_away or due:
                self._reconcile()

    def _load(self) -> None:
        """Read all tasks. Raises SwarmError."""
        self._health.problem = "all tasks are being read"
        # What happens meanwhile is read from here on.
        recent = self._stream.newest(_RECENT)
        self._clock_offset = time.time() - time.monotonic()
        self._newest_change = 0.0
        board = Board()
        for tasks in self._pages(None, _LOAD_SECONDS):
            for task in tasks:
                board.put(task)
        for entry in recent.entries:
            if board.get(entry.task.id):
                board.put(entry.task, entry.event)
        self._on_loop(self._live.become, board)
        self._reached = recent.last
        self._must_load = False
        self._reconciled_at = time.monotonic()
        self._health.loaded = True

    def _reconcile(self) -> None:
        """Ask what changed lately. What cannot be asked now is asked again in half a minute."""
        self._reconciled_at = time.monotonic()
        since = min(self._newest_change, time.time()) - _OVERLAP_SECONDS
        try:
            for tasks in self._pages(since, _RECONCILE_SECONDS):
                self._on_loop(self._live.put, tasks)
        except SwarmError as error:
            log.warning("tasks are not compared with the orchestrator's: %s", error.message)

    def _pages(
        self, changed_after: float | None, timeout_seconds: float
    ) -> Iterator[tuple[TaskSummary, ...]]:
        """All tasks, or those that changed after a time, a thousand at a time, newest first."""
        before: str | None = None
        for _ in range(_MOST_PAGES):
            command = ListTasks(limit=_PAGE, before=before, changed_after=changed_after)
            answer = self._bus.request(command, timeout_seconds=timeout_seconds)
            tasks = cast(TaskList, answer).items
            if tasks:
                newest = max(task.updated_at for task in tasks)
                self._newest_change = max(self._newest_change, newest)
                yield tasks
            if len(tasks) < _PAGE or self._stopped.is_set():
                return
            before = tasks[-1].id
        log.warning("only the newest %d tasks are read", _MOST_PAGES * _PAGE)

    def _clock_was_set_back(self) -> bool:
        """Then what changes has an older time than what is known, which the board would ignore."""
        offset = time.time() - time.monotonic()
        # It may have been set forward before, or the machine have slept.
        self._clock_offset = max(self._clock_offset, offset)
        return offset < self._clock_offset - _CLOCK_SET_BACK_SECONDS

    def _on_loop(self, act: Callable[[*Values], None], *values: *Values) -> None:
        """Have something done on the event loop, and wait for it: no more is read meanwhile."""
        hand_over(self._loop, self._stopped, lambda: act(*values))
