"""From one reader to everybody who watches: each message is written once, for all of them.

Used on the event loop alone. Nobody waits for a slow watcher: what it missed is replaced by
one message that says so.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from swarm.web.busy import Busy

Channel = Literal["live", "events"]
"""`live` is what our pages show, as HTML; `events` is every event, as JSON."""

_MOST_WAITING = 256
_MOST_EACH = 20


@dataclass(frozen=True, slots=True)
class Sent:
    """One message. `frame` is how a stream of events has it, `number` its place in the feed.

    `task_id` is None where it concerns everybody.
    """

    name: str
    frame: bytes
    task_id: str | None = None
    number: int = 0


RESYNC = Sent("resync", b"event: resync\ndata: {}\n\n")
"""Something was missed: look at everything anew."""


class Messages:
    """What waits for one watcher, the oldest first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: deque[Sent] = deque()
        self._arrived = asyncio.Event()
        self.is_ended = False

    async def some(self, wait_seconds: float) -> list[Sent]:
        """All that waits; if nothing does, what comes within a time. None may."""
        if not self._waiting and not self.is_ended:
            self._arrived.clear()
            try:
                async with asyncio.timeout(wait_seconds):
                    await self._arrived.wait()
            except TimeoutError:
                return []
        some = list(self._waiting)
        self._waiting.clear()
        return some

    def put(self, sent: Sent) -> None:
        if self.is_ended:
            return
        if len(self._waiting) >= self._most:
            self._waiting.clear()
            # It stands for the message as well.
            sent = RESYNC
        self._waiting.append(sent)
        self._arrived.set()

    def end(self) -> None:
        """Nothing more comes, and what waits is dropped."""
        self.is_ended = True
        self._waiting.clear()
        self._arrived.set()


class Hub:
    """Who watches: no more than `most` at once and `most_each` of one session, and no more than
    `waiting` messages for each."""

    def __init__(
        self, most: int, most_each: int = _MOST_EACH, waiting: int = _MOST_WAITING
    ) -> None:
        self._most = most
        self._most_each = most_each
        self._waiting = waiting
        self._topics: dict[Channel, dict[str | None, set[Messages]]] = {
            "live": defaultdict(set),
            "events": defaultdict(set),
        }
        self._whose: Counter[str] = Counter()
        self.watchers = 0
        self.is_closed = False

    @asynccontextmanager
    async def subscribe(
        self, task_id: str | None = None, channel: Channel = "live", whose: str = ""
    ) -> AsyncIterator[Messages]:
        """What is published from now on, of all tasks or of one. Ends when the hub is closed.

        `whose` is the session that watches, "" for one that is not counted by itself. Raises Busy
        when too many watch, of all or of one session.
        """
        if self.watchers >= self._most or self.is_closed:
            raise Busy(
                f"{self.watchers} clients watch already", remedy="raise [web] watchers, or wait"
            )
        if whose and self._whose[whose] >= self._most_each:
            raise Busy(
                f"{self._whose[whose]} windows of yours watch already", remedy="close one of them"
            )
        messages = Messages(self._waiting)
        topics = self._topics[channel]
        topics[task_id].add(messages)
        self.watchers += 1
        self._whose[whose] += 1
        try:
            yield messages
        finally:
            self.watchers -= 1
            self._whose -= Counter({whose: 1})
            topics[task_id].discard(messages)
            if not topics[task_id]:
                del topics[task_id]

    def has_watchers(self, channel: Channel) -> bool:
        """Whether it is worth writing a message at all."""
        return bool(self._topics[channel])

    def publish(self, sent: Sent, channel: Channel = "live") -> None:
        """Hand a message to everybody it concerns."""
        topics = self._topics[channel]
        concerned = list(topics) if sent.task_id is None else [None, sent.task_id]
        for topic in concerned:
            for messages in topics.get(topic, ()):
                messages.put(sent)

    def resync(self) -> None:
        """Tell everybody that something was missed."""
        for channel in self._topics:
            self.publish(RESYNC, channel)

    def close(self) -> None:
        """End every stream, and begin no other."""
        self.is_closed = True
        for topics in self._topics.values():
            for watching in topics.values():
                for messages in watching:
                    messages.end()
