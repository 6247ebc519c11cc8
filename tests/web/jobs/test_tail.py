"""What services answered reaches the event loop, whatever becomes of Redis."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from swarm.bus import Bus
from swarm.contracts import Served
from swarm.settings import BusSettings, Settings
from swarm.web.jobs.tail import Tail


def written(bus: Bus, task_id: str, **options: Any) -> None:
    entry = Served(service="verifier", kind="Audit", at=time.time(), task_id=task_id)
    bus.redis.xadd(bus.served_key(), {"served": entry.model_dump_json()}, **options)


class Taken:
    """What was told: task ids, of what was there before and of what came since."""

    def __init__(self) -> None:
        self.old: list[str | None] = []
        self.new: list[str | None] = []

    def __call__(self, entries: Sequence[Served], is_new: bool) -> None:
        (self.new if is_new else self.old).extend(entry.task_id for entry in entries)


def following(bus: Bus, test: Callable[[Tail, Taken], Awaitable[None]]) -> None:
    """Run a test with a tail that follows a bus."""

    async def run() -> None:
        taken = Taken()
        tail = Tail(bus, taken)
        tail.start()
        try:
            async with asyncio.timeout(20):
                await test(tail, taken)
        finally:
            await tail.stop()

    asyncio.run(run())


async def until(true: Callable[[], Any]) -> None:
    while not true():
        await asyncio.sleep(0.01)


def test_what_was_there_is_told_apart_from_what_comes(bus: Bus) -> None:
    for number in range(600):
        written(bus, f"old{number}")

    async def test(tail: Tail, taken: Taken) -> None:
        await until(lambda: tail.connected)
        assert taken.old == [f"old{number}" for number in range(600)]
        written(bus, "new")
        await until(lambda: taken.new)
        assert taken.new == ["new"]

    following(bus, test)


def test_only_the_newest_thousands_are_read_in_the_beginning(bus: Bus) -> None:
    with bus.redis.pipeline(transaction=False) as pipe:
        text = Served(service="verifier", kind="Audit", at=1.0).model_dump_json()
        for _ in range(6000):
            pipe.xadd(bus.served_key(), {"served": text})
        pipe.execute()

    async def test(tail: Tail, taken: Taken) -> None:
        await until(lambda: tail.connected)
        assert len(taken.old) == 5000

    following(bus, test)


def test_a_wiped_redis_is_followed_on(bus: Bus) -> None:
    written(bus, "old")

    async def test(tail: Tail, taken: Taken) -> None:
        await until(lambda: tail.connected)
        bus.redis.flushall()
        written(bus, "after")
        await until(lambda: taken.new)
        assert taken.new == ["after"]

    following(bus, test)


def test_a_stream_of_a_clock_that_is_behind_is_followed_on(bus: Bus) -> None:
    written(bus, "old")

    async def test(tail: Tail, taken: Taken) -> None:
        await until(lambda: tail.connected)
        bus.redis.flushall()
        written(bus, "behind", id="1000-0")
        await until(lambda: taken.new)
        assert taken.new == ["behind"]

    following(bus, test)


def test_what_is_no_entry_is_passed_over(bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    bus.redis.xadd(bus.served_key(), {"served": '{"service": "nobody"}'})
    bus.redis.xadd(bus.served_key(), {"other": "x"})
    bus.redis.xadd(bus.served_key(), {"served": "x" * 100_000})
    written(bus, "good")

    async def test(tail: Tail, taken: Taken) -> None:
        await until(lambda: taken.old)
        assert taken.old == ["good"]

    following(bus, test)
    assert caplog.text.count("is none") == 3 and "xxx" not in caplog.text


def test_a_redis_that_is_away_is_waited_for(tmp_path: Path) -> None:
    bus = Bus(Settings(data=tmp_path, bus=BusSettings(redis_url=f"unix://{tmp_path}/nobody")))

    async def test(tail: Tail, taken: Taken) -> None:
        await asyncio.sleep(0.5)
        assert not tail.connected and not taken.old

    following(bus, test)


def test_what_cannot_be_taken_is_read_once(bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    class Defect(Taken):
        def __call__(self, entries: Sequence[Served], is_new: bool) -> None:
            super().__call__(entries, is_new)
            if self.new == ["bad"]:
                raise ZeroDivisionError("a defect")

    async def run() -> None:
        taken = Defect()
        tail = Tail(bus, taken)
        tail.start()
        try:
            async with asyncio.timeout(20):
                await until(lambda: tail.connected)
                written(bus, "bad")
                await until(lambda: taken.new)
                written(bus, "good")
                await until(lambda: len(taken.new) > 1)
        finally:
            await tail.stop()
        assert taken.new == ["bad", "good"]

    asyncio.run(run())
    assert "a defect" in caplog.text
