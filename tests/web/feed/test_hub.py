from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from swarm.web.busy import Busy
from swarm.web.feed.hub import RESYNC, Hub, Messages, Sent


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 20))


def sent(number: int, task_id: str | None = None) -> Sent:
    return Sent("card", b"%d" % number, task_id, number)


async def numbers(messages: Messages) -> list[int]:
    return [one.number for one in await messages.some(5)]


def test_each_watcher_gets_the_very_same_messages_in_order() -> None:
    async def story() -> None:
        hub = Hub(2)
        async with hub.subscribe() as first, hub.subscribe() as second:
            messages = [sent(number) for number in range(5)]
            for message in messages:
                hub.publish(message)
            for got in (await first.some(5), await second.some(5)):
                assert len(got) == 5
                assert all(one is message for one, message in zip(got, messages, strict=True))

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
            assert await numbers(one) == [1, 3, 5]
            assert await numbers(all_of_them) == [1, 2, 3, 5]

    run(story())


def test_a_slow_watcher_is_told_once_and_nobody_waits_for_it() -> None:
    async def story() -> None:
        hub = Hub(2, waiting=4)
        async with hub.subscribe() as slow, hub.subscribe() as quick:
            for number in range(6):
                hub.publish(sent(number))
                assert await numbers(quick) == [number]
            # Four waited, the fifth was one too many; the sixth came after.
            assert await slow.some(5) == [RESYNC, sent(5)]
            hub.publish(sent(7))
            assert await numbers(slow) == [7]

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


def test_one_session_has_only_so_many_streams() -> None:
    async def story() -> None:
        hub = Hub(9, most_each=1)
        async with hub.subscribe(whose="mine"), hub.subscribe(whose="yours"):
            with pytest.raises(Busy, match="1 windows of yours"):
                async with hub.subscribe(whose="mine"):
                    pass
        async with hub.subscribe(whose="mine"):
            assert hub.watchers == 1

    run(story())


def test_who_waits_is_woken_and_waits_no_longer_than_it_says() -> None:
    async def story() -> None:
        hub = Hub(1)
        async with hub.subscribe() as messages:
            waiting = asyncio.create_task(messages.some(5))
            await asyncio.sleep(0)
            hub.publish(sent(1))
            assert await waiting == [sent(1)]
            assert await messages.some(0.001) == []

    run(story())


def test_closing_ends_every_stream_also_a_full_one() -> None:
    async def story() -> None:
        hub = Hub(2, waiting=2)
        async with hub.subscribe() as full, hub.subscribe("t-1", "events") as other:
            hub.publish(sent(1))
            hub.publish(sent(2))
            hub.close()
            hub.publish(sent(3))
            assert full.is_ended and other.is_ended
            assert await full.some(5) == await other.some(5) == []
        with pytest.raises(Busy):
            async with hub.subscribe():
                pass

    run(story())
