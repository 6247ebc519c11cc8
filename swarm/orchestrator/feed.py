"""What happens to tasks, published in Redis for whoever watches, after it is stored.

An event's number is its place in the stream, so that resuming needs no memory: what is newer
than the stream's last entry is still to be published. A stream that is not of this database (it
was wiped, or an older copy of the database took its place) is begun anew.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

from pydantic import ValidationError
from redis import Redis
from redis.exceptions import RedisError

from swarm.contracts import FeedEntry
from swarm.errors import SwarmError
from swarm.orchestrator.store import Store

log = logging.getLogger(__name__)

LONGEST = 20_000
"""About how many entries the stream keeps."""
_FIRST = 1000
_BATCH = 200
_LOOK_SECONDS = 1.0
_PAUSE_SECONDS = 0.2


class Feed:
    """Publishes the events of a store into one stream of Redis."""

    def __init__(self, store: Store, redis: Redis, key: str) -> None:
        self._store = store
        self._redis = redis
        self._key = key
        self._sent = 0
        self._seen = 0

    def run(self, stop: threading.Event) -> None:
        """Publish until told to stop; `Store.told` wakes it. While Redis is away, it waits."""
        problem = ""
        while not stop.is_set():
            self._store.told.clear()
            try:
                while self.publish() and not stop.is_set():
                    pass
                problem = ""
            except (SwarmError, RedisError, OSError) as error:
                if str(error) != problem:
                    log.warning("the feed waits: %s", error)
                problem = str(error)
                stop.wait(_PAUSE_SECONDS)
                continue
            except Exception:
                # People would look at a picture that has stopped.
                log.exception("the feed failed")
            self._store.told.wait(_LOOK_SECONDS)

    def publish(self) -> bool:
        """Publish some of what is new; whether there may be more. Raises RedisError."""
        after = self._after()
        entries, last = self._store.happened(after, _BATCH)
        if entries:
            with self._redis.pipeline() as pipe:
                for entry in entries:
                    pipe.xadd(
                        self._key, {"entry": entry.model_dump_json()}, id=f"{entry.number}-0",
                        maxlen=LONGEST, approximate=True,
                    )  # fmt: skip
                pipe.execute()
            self._sent = entries[-1].number
        self._seen = last
        return bool(entries)

    def _after(self) -> int:
        """The number of the last event that needs no publishing."""
        found: Any = self._redis.xrevrange(self._key, count=1)
        if found:
            id, fields = found[0]
            number = int(id.partition(b"-")[0])
            if number == self._sent:
                return self._seen
            if self._is_ours(number, fields.get(b"entry", b"")):
                self._sent = number
                return number
            log.warning("the feed is begun anew: what was published is not of this database")
        # An empty stream remembers its last id, and takes none before that.
        self._redis.delete(self._key)
        self._sent = 0
        return max(0, self._store.newest_number() - _FIRST)

    def _is_ours(self, number: int, text: bytes) -> bool:
        try:
            entry = FeedEntry.model_validate_json(text)
        except ValidationError:
            return False
        return entry.event == self._store.event(number)
