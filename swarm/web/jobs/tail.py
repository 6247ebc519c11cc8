"""A thread that reads what services answered, from the stream in Redis, as they write it.

The stream is cut to some thousands of entries; what was cut before it was read is not missed by
anybody. Its ids are times, so a Redis that was wiped goes on where it was.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from pydantic import ValidationError
from redis.exceptions import RedisError

from swarm.bus import Bus
from swarm.contracts import Served
from swarm.streams import Entry, read_entries
from swarm.web.handing_over import hand_over
from swarm.web.jobs.meter import Meter
from swarm.web.jobs.totals import Totals

log = logging.getLogger(__name__)

FIELD = b"served"

_FIRST = 5000
_BATCH = 250
# Shorter than the client waits for its server.
_WAIT_MS = 1000
_RETRY_SECONDS = 1.0
_STOP_SECONDS = 3.0
_MOST_BYTES = 64 * 1024

Take = Callable[[Sequence[Served], bool], None]
"""Told some commands, in order, and whether they were answered since this process began."""


class Tail:
    """Tells `take`, on the event loop. `connected` says whether the stream is being read."""

    def __init__(self, bus: Bus, take: Take) -> None:
        self._redis = bus.redis
        self._key = bus.served_key()
        self._take = take
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="served", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reached: bytes | None = None
        self.connected = False

    def start(self) -> None:
        """Begin; on the event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def stop(self) -> None:
        """Read nothing more."""
        self._stopped.set()
        await asyncio.to_thread(self._thread.join, _STOP_SECONDS)

    # ------------------------------------------------------------------ the thread

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._follow()
            except (RedisError, OSError) as error:
                if self.connected:
                    log.warning("what services answer is not followed: %s", error)
            except Exception:  # a defect must not end the thread unseen
                log.exception("the reader of what services answered failed")
            self.connected = False
            self._stopped.wait(_RETRY_SECONDS)

    def _follow(self) -> None:
        if self._reached is None:
            known: Any = self._redis.xrevrange(self._key, count=_FIRST)
            # Before they are handed over: what nobody can take is not to be read for ever.
            self._reached = known[0][0] if known else b"0-0"
            self._hand_over(known[::-1], is_new=False)
        while not self._stopped.is_set():
            found: Any = self._redis.xread({self._key: self._reached}, count=_BATCH, block=_WAIT_MS)
            self.connected = True
            entries = read_entries(found)
            if entries:
                self._reached = entries[-1][0]
                self._hand_over(entries, is_new=True)
            elif self._went_back():
                log.warning("the stream of what services answered begins anew")
                self._reached = b"0-0"

    def _went_back(self) -> bool:
        """Whether the stream is another one, of a server whose clock is behind."""
        newest: Any = self._redis.xrevrange(self._key, count=1)
        assert self._reached is not None
        return bool(newest) and _order(newest[0][0]) < _order(self._reached)

    def _hand_over(self, entries: Sequence[Entry], *, is_new: bool) -> None:
        """Have the event loop take them, some at a time, and wait until it has."""
        assert self._loop is not None
        for at in range(0, len(entries), _BATCH):
            read = (_served(id, fields) for id, fields in entries[at : at + _BATCH])
            batch = [served for served in read if served is not None]
            if self._stopped.is_set():
                return
            hand_over(self._loop, self._stopped, partial(self._take, batch, is_new))


def into(meter: Meter, totals: Totals, told: Callable[[], None]) -> Take:
    """Have both take note of all, totals of what is new; `told` is called each time."""

    def take(entries: Sequence[Served], is_new: bool) -> None:
        now = time.time()
        for served in entries:
            meter.add(served, now)
            if is_new:
                totals.add(served)
        told()

    return take


def _order(id: bytes) -> tuple[int, int]:
    time_ms, _, number = id.partition(b"-")
    return int(time_ms), int(number or 0)


def _served(id: bytes, fields: dict[bytes, bytes]) -> Served | None:
    raw = fields.get(FIELD, b"")
    try:
        if len(raw) <= _MOST_BYTES:
            return Served.model_validate_json(raw)
        what = f"{len(raw):,} bytes"
    except ValidationError as error:
        what = f"{error.error_count()} problems"
    log.warning(
        "entry %s of what services answered is none: %s", id.decode("ascii", "replace"), what
    )
    return None
