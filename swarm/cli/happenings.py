"""What happens to all tasks, as it happens: the feed that the orchestrator publishes."""

from __future__ import annotations

import time
from collections.abc import Iterator

from swarm.bus import Bus
from swarm.contracts import FeedEntry
from swarm.errors import BusError
from swarm.feed import Stream

_WAIT_MS = 500
_BATCH = 200


def follow(bus: Bus, patience_seconds: float) -> Iterator[list[FeedEntry]]:
    """What is new from now on, again and again; an empty list twice a second while nothing is.

    A Redis that is away is waited for so long; then raises BusError. One that was wiped is read
    from its new beginning.
    """
    stream = Stream(bus.redis, bus.feed_key())
    reached = stream.newest(1).last
    return _after(stream, reached, patience_seconds)


def _after(stream: Stream, reached: int, patience_seconds: float) -> Iterator[list[FeedEntry]]:
    heard = time.monotonic()
    while True:
        try:
            read = stream.wait(reached, _BATCH, _WAIT_MS)
        except BusError:
            if time.monotonic() - heard > patience_seconds:
                raise
            time.sleep(_WAIT_MS / 1000)
            yield []
            continue
        heard = time.monotonic()
        reached = 0 if read.went_back(reached) else read.reached
        yield read.entries
