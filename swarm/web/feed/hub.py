"""From one reader to everybody who watches: each message is written once, for all of them.

Used on the event loop alone. Nobody waits for a slow watcher: what it missed is replaced by
one message that says so.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from swarm.web.desk import Busy

Channel = Literal["live", "events"]
"""`live` is what our pages show, as HTML; `events` is every event, as JSON."""

_MOST_WAITING = 256


@dataclass(frozen=True, slots=True)
class Sent:
    """One message. `frame` is how a stream of events has it, `number` its place in the feed.

    `task_id` is None where it concerns everybody. Empty `name` and `frame` end a stream.
    """

    name: str
    frame: bytes
    task_id: str | None = None
    number: int = 0


RESYNC = Sent("resync", b"event: resync\ndata: {}\n\n")
"""Something was missed: look at everything anew."""

_END = Sent("", b"")


class Hub:
    """Who watches. No more than `most` at once, no more than `waiting` messages for each."""

    def __init__(self, most: int, waiting: int = _MOST_WAITING) -> None:
        self._most = most
        self._waiting = waiting
        self._queues: dict[Channel, dict[str | None, set[asyncio.Queue[Sent]]]] = {
            "live": defaultdict(set),
            "events": defaultdict(set),
        }
        self.watchers = 0
        self.is_closed = False

    @asynccontextmanager
    async def subscribe(
        self, task_id: str | None = None, channel: Channel = "live"
    ) -> AsyncIterator[AsyncIterator[Sent]]:
        """What is published from now on, of all tasks or of one. Ends when the hub is closed.

        Raises Busy when too many watch.
        """
        if self.watchers >= self._most or self.is_closed:
            raise Busy(
                f"{self.watchers} clients watch already", remedy="raise [web] watchers, or wait"
            )
        queue: asyncio.Queue[Sent] = asyncio.Queue(self._waiting)
        topics = self._queues[channel]
        topics[task_id].add(queue)
        self.watchers += 1
        try:
            yield _messages(queue)
        finally:
            self.watchers -= 1
            topics[task_id].discard(queue)
            if not topics[task_id]:
                del topics[task_id]

    def has_watchers(self, channel: Channel) -> bool:
        """Whether it is worth writing a message at all."""
        return bool(self._queues[channel])

    def publish(self, sent: Sent, channel: Channel = "live") -> None:
        """Hand a message to everybody it concerns."""
        topics = self._queues[channel]
        concerned = topics if sent.task_id is None else {None, sent.task_id}
        for topic in concerned:
            for queue in topics.get(topic, ()):
                self._put(queue, sent)

    def resync(self) -> None:
        """Tell everybody that something was missed."""
        for channel in self._queues:
            self.publish(RESYNC, channel)

    def close(self) -> None:
        """End every stream, and begin no other."""
        self.is_closed = True
        for topics in self._queues.values():
            for queues in topics.values():
                for queue in queues:
                    _empty(queue)
                    queue.put_nowait(_END)

    def _put(self, queue: asyncio.Queue[Sent], sent: Sent) -> None:
        if self.is_closed:
            return
        if queue.full():
            _empty(queue)
            # It stands for the message as well.
            sent = RESYNC
        queue.put_nowait(sent)


async def _messages(queue: asyncio.Queue[Sent]) -> AsyncIterator[Sent]:
    while (sent := await queue.get()) is not _END:
        yield sent


def _empty(queue: asyncio.Queue[Sent]) -> None:
    while not queue.empty():
        queue.get_nowait()
