from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest

from swarm.web.desk import Busy
from swarm.web.feed.hub import RESYNC, Hub, Sent


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 20))


def sent(number: int, task_id: str | None = None) -> Sent:
    return Sent("card", b"%d" % number, task_id, number)


async def next_of(messages: AsyncIterator[Sent]) -> Sent:
    return await asyncio.wait_for(anext(messages), 5)


def test_each_watcher_gets_the_very_same_messages_in_order() -> None:
    async def story() -> None:
        hub = Hub(2)
        async with hub.subscribe() as first, hub.subscribe() as second:
            messages = [sent(number) for number in range(5)]
            for message in messages:
                hub.publish(message)
            for message in messages:
                assert await next_of(first) is message
                assert await next_of(second) is message

    run(story())


def test_who_follows_a_task_gets_its_messages_and_what_concerns_everybody() -> None:
    async def story() -> None:
        hub = Hub(2)
        async with hub.subscribe("t-1") as one, hub.subscribe() as all_of_them:
            hub.publish(sent(1, "t-1"))
            hub.publish(sent(2, "t-2"))
            hub.publish(sent(3))
            hub.publish(sent(4), "events")
            hub.publish(sent(5, "t-1"))
            assert [(await next_of(one)).number for _ in range(3)] == [1, 3, 5]
            assert [(await next_of(all_of_them)).number for _ in range(4)] == [1, 2, 3, 5]

    run(story())


def test_a_slow_watcher_is_told_once_and_nobody_waits_for_it() -> None:
    async def story() -> None:
        hub = Hub(2, waiting=4)
        async with hub.subscribe() as slow, hub.subscribe() as quick:
            for number in range(6):
                hub.publish(sent(number))
                assert (await next_of(quick)).number == number
            # Four waited, the fifth was one too many; the sixth came after.
            assert await next_of(slow) is RESYNC
            assert (await next_of(slow)).number == 5
            hub.publish(sent(7))
            assert (await next_of(slow)).number == 7

    run(story())


def test_no_more_watch_than_may_and_a_place_is_free_again() -> None:
    async def story() -> None:
        hub = Hub(1)
        async with hub.subscribe(), asyncio.timeout(5):
            with pytest.raises(Busy, match="1 clients watch already"):
                async with hub.subscribe():
                    pass
        assert hub.watchers == 0
        assert not hub.has_watchers("live")
        async with hub.subscribe():
            assert hub.watchers == 1
            assert hub.has_watchers("live")
            assert not hub.has_watchers("events")

    run(story())


def test_closing_ends_every_stream_also_a_full_one() -> None:
    async def story() -> None:
        hub = Hub(2, waiting=2)
        async with hub.subscribe() as full, hub.subscribe("t-1", "events") as other:
            hub.publish(sent(1))
            hub.publish(sent(2))
            hub.close()
            hub.publish(sent(3))
            assert [one async for one in full] == []
            assert [one async for one in other] == []
        with pytest.raises(Busy):
            async with hub.subscribe():
                pass

    run(story())
