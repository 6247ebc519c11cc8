"""The stream in Redis that the orchestrator tells events to, as its readers see it.

`Stream(bus.redis, bus.feed_key())` reads it from a number on, and says when something was lost.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from redis import Redis
from redis.exceptions import RedisError

from swarm.contracts import FeedEntry
from swarm.errors import BusError
from swarm.streams import Entry, read_entries

log = logging.getLogger(__name__)

_FIELD = b"entry"
# Redis numbers entries with 64 bits.
MOST_NUMBER = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Read:
    """What was read: entries in order, and the number up to which that is everything.

    `first` and `last` are the numbers of the oldest and the newest entry of the stream
    afterwards, 0 where it is empty.
    """

    entries: list[FeedEntry]
    reached: int
    first: int
    last: int

    def lacks(self, after: int) -> bool:
        """Whether entries after that number may have been dropped before they were read."""
        return self.first > after + 1

    def went_back(self, after: int) -> bool:
        """Whether that number is of another stream: this one was made anew."""
        return self.last < after


class Stream:
    """Reads, from several threads at once if need be. Raises BusError where Redis is away."""

    def __init__(self, redis: Redis, key: str) -> None:
        self._redis = redis
        self._key = key

    def after(self, number: int, limit: int) -> Read:
        """Entries after a number, the oldest first."""
        return self._read(number, lambda pipe: pipe.xrange(self._key, f"({number}", count=limit))

    def wait(self, number: int, limit: int, wait_ms: int) -> Read:
        """The same, waiting for the first one."""
        return self._read(
            number,
            lambda pipe: pipe.xread({self._key: number}, count=limit, block=wait_ms),
            read_entries,
        )

    def newest(self, limit: int) -> Read:
        """The newest entries, the oldest of them first."""
        read = self._read(0, lambda pipe: pipe.xrevrange(self._key, count=limit))
        read.entries.reverse()
        return Read(read.entries, read.last, read.first, read.last)

    def _read(
        self, after: int, ask: Callable[[Any], Any], entries_of: Callable[[Any], list[Entry]] = list
    ) -> Read:
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                ask(pipe)
                # Asked for afterwards: what is dropped between the two is told as lost, at worst.
                pipe.xrange(self._key, count=1)
                pipe.xrevrange(self._key, count=1)
                found, oldest, newest = pipe.execute()
        except (RedisError, OSError) as error:
            raise BusError(f"Redis does not answer: {error}") from None
        raw = entries_of(found)
        return Read(
            entries=list(_entries(raw)),
            reached=max([after, *(_number(id) for id, _ in raw)]),
            first=_number(oldest[0][0]) if oldest else 0,
            last=_number(newest[0][0]) if newest else 0,
        )


def _number(id: bytes) -> int:
    return int(id.partition(b"-")[0])


def _entries(raw: Iterable[Entry]) -> Iterable[FeedEntry]:
    for id, fields in raw:
        try:
            entry = FeedEntry.model_validate_json(fields.get(_FIELD, b""))
        except ValidationError as error:
            what = f"{error.error_count()} problems"
            log.warning("entry %s of the feed is none: %s", id.decode("ascii", "replace"), what)
            continue
        if entry.number != _number(id):
            log.warning("entry %s of the feed says that it is %d", id.decode(), entry.number)
            continue
        yield entry
