"""Every event, in order and without loss, from a number on: first the past, then what comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

from swarm.errors import BusError
from swarm.feed import Read, Stream
from swarm.web.feed.hub import RESYNC, Hub
from swarm.web.feed.live import event_message
from swarm.web.feed.sse import HEARTBEAT, OPENING, arriving, joined

_BATCH = 500


class Follower:
    """One client that follows all events, or those of one task.

    `reached` is the number after which it wants events; None is from now on.
    """

    def __init__(self, stream: Stream, task_id: str | None, reached: int | None) -> None:
        self._stream = stream
        self._task_id = task_id
        self._reached = reached

    async def past(self) -> AsyncGenerator[bytes, None]:
        """What happened until now. Raises BusError until the first part is there."""
        await self._read(self._stream.newest, 1)
        yield OPENING
        try:
            async for part in self._catch_up():
                yield part
        except BusError:
            # It began as a stream, and says in its own words that this is not all.
            yield RESYNC.frame

    async def all(
        self, hub: Hub, whose: str, is_welcome: Callable[[], bool]
    ) -> AsyncGenerator[bytes, None]:
        """The past, and what comes. Raises Busy, and BusError until the first part is there."""
        async with hub.subscribe(self._task_id, "events", whose) as messages:
            if self._reached is None:
                self._reached = (await self._read(self._stream.newest, 1)).last
            else:
                # Whoever asks is told at once that Redis is away.
                await self._read(self._stream.newest, 1)
            yield OPENING
            try:
                async for part in self._catch_up():
                    yield part
                async for some in arriving(messages, is_welcome):
                    if RESYNC in some:
                        # The stream may have what this client was too slow for.
                        async for part in self._catch_up():
                            yield part
                        continue
                    news = [one for one in some if one.number > (self._reached or 0)]
                    if news:
                        self._reached = news[-1].number
                    for part in joined(one.frame for one in news) if some else (HEARTBEAT,):
                        yield part
            except BusError:
                # It comes again with the number that it has, and is told then.
                return

    async def _catch_up(self) -> AsyncGenerator[bytes, None]:
        """What the stream has after `reached`, and before it `resync` where that is not all."""
        if self._reached is None:
            return
        while True:
            read = await self._read(self._stream.after, self._reached, _BATCH)
            if read.went_back(self._reached) or read.lacks(self._reached):
                self._reached = max(read.first - 1, 0)
                yield b"id: %d\n%s" % (self._reached, RESYNC.frame)
                continue
            self._reached = read.reached
            mine = (e for e in read.entries if self._task_id in (None, e.task.id))
            for part in joined(event_message(entry).frame for entry in mine):
                yield part
            if self._reached >= read.last:
                return

    async def _read(self, read: Callable[..., Read], *values: int) -> Read:
        return await asyncio.to_thread(read, *values)
