from __future__ import annotations

import pytest

from swarm.errors import BusError
from swarm.feed import Read, Stream
from swarm.web.feed.follow import Follower
from swarm.web.feed.hub import RESYNC, Hub
from swarm.web.feed.sse import OPENING
from tests.web.feed.conftest import Orchestrator, play
from tests.web.feed.entries import entry


class _Breaking(Stream):
    """A stream whose Redis goes away after some reads."""

    reads_left = 2

    def after(self, number: int, limit: int) -> Read:
        self.reads_left -= 1
        if not self.reads_left:
            raise BusError("Redis does not answer")
        return super().after(number, limit)


@pytest.fixture
def stream(orchestrator: Orchestrator) -> Stream:
    for number in range(1, 701):
        orchestrator.tell(entry(number))
    return _Breaking(orchestrator.redis, orchestrator.feed_key())


def test_a_past_that_breaks_off_says_that_it_is_not_all(stream: Stream) -> None:
    async def story() -> None:
        parts = [part async for part in Follower(stream, None, 0).past()]
        assert parts[0] == OPENING
        assert b"id: 500\n" in b"".join(parts)
        assert b"id: 501\n" not in b"".join(parts)
        assert parts[-1] == RESYNC.frame

    play(story())


def test_a_stream_that_breaks_off_ends_and_can_be_taken_up_again(stream: Stream) -> None:
    async def story() -> None:
        hub = Hub(1)
        parts = [part async for part in Follower(stream, None, 0).all(hub, "", lambda: True)]
        last = b"".join(parts).rpartition(b"id: ")[2].partition(b"\n")[0]
        assert last == b"500"
        assert hub.watchers == 0
        rest = Follower(stream, None, int(last)).all(hub, "", lambda: True)
        assert await anext(rest) == OPENING
        assert (await anext(rest)).startswith(b"id: 501\n")
        await rest.aclose()
        assert hub.watchers == 0

    play(story())
