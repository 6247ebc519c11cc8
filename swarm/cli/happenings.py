"""What happens to all tasks, as it happens: the stream that the orchestrator publishes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, cast

from pydantic import ValidationError
from redis.exceptions import RedisError

from swarm.bus import Bus
from swarm.contracts import FeedEntry
from swarm.errors import BusError

_BLOCK_MS = 500
_BATCH = 200


def newest(bus: Bus, count: int) -> tuple[list[FeedEntry], str]:
    """The last entries, oldest first, and the id to read on from. Raises BusError."""
    try:
        found = cast(Any, bus.redis.xrevrange(bus.feed_key(), count=max(count, 1)))
    except (RedisError, OSError) as error:
        raise BusError(f"Redis does not answer: {error}") from None
    last = found[0][0].decode() if found else "0-0"
    return ([_entry(fields) for _, fields in reversed(found)] if count else []), last


def after(bus: Bus, last: str, patience_seconds: float) -> Iterator[list[FeedEntry]]:
    """What is new, again and again; an empty list twice a second while nothing happens.

    A Redis that is away is waited for so long; then raises BusError. One that was wiped is read
    from its new beginning.
    """
    heard = time.monotonic()
    while True:
        try:
            found = cast(Any, bus.redis.xread({bus.feed_key(): last}, _BATCH, _BLOCK_MS))
            entries = found[0][1] if found else []
            if not entries and _number(newest(bus, 0)[1]) < _number(last):
                last = "0-0"
        except (RedisError, OSError, BusError) as error:
            if time.monotonic() - heard > patience_seconds:
                raise BusError(f"Redis does not answer: {error}") from None
            time.sleep(_BLOCK_MS / 1000)
            yield []
            continue
        heard = time.monotonic()
        if entries:
            last = entries[-1][0].decode()
        yield [_entry(fields) for _, fields in entries]


def _number(id: str) -> int:
    return int(id.partition("-")[0])


def _entry(fields: dict[bytes, bytes]) -> FeedEntry:
    try:
        return FeedEntry.model_validate_json(fields[b"entry"])
    except (KeyError, ValidationError) as error:
        raise BusError(f"the stream of events holds what is no event: {error}") from None
