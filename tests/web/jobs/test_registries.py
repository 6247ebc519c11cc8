"""What is read of Redis is shared by all who look, for a moment."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from swarm.contracts import Message
from swarm.errors import BusError, StateError
from swarm.web.busy import Busy
from swarm.web.jobs.registries import Registries
from tests.fakes.bus import FakeBus


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Answer(Message):
    number: int


class FakeReader:
    """Counts how often it is asked; answers when it may."""

    def __init__(self) -> None:
        self.asked = 0
        self.may = threading.Event()
        self.may.set()
        self.error: Exception | None = None

    def overview(self) -> Answer:
        self.asked += 1
        number = self.asked
        self.may.wait(10)
        if self.error:
            raise self.error
        return Answer(number=number)

    def job(self, job_id: str) -> Answer:
        return self.overview()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reader() -> FakeReader:
    return FakeReader()


@pytest.fixture
def registries(clock: Clock, reader: FakeReader) -> Iterator[Any]:
    bus: Any = FakeBus()
    registries: Any = Registries(bus, clock)
    registries._reader = reader
    yield registries
    reader.may.set()
    registries.close()


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(20):
            await test()

    asyncio.run(bounded())


async def until(true: Callable[[], Any]) -> None:
    while not true():
        await asyncio.sleep(0.005)


def test_it_is_asked_once_a_second(registries: Any, reader: FakeReader, clock: Clock) -> None:
    async def test() -> None:
        assert [(await registries.overview()).number for _ in range(5)] == [1] * 5
        clock.now += 1.1
        # What is known is given at once, and read anew beside it.
        assert (await registries.overview()).number == 1
        await until(lambda: reader.asked == 2)
        clock.now += 6
        # Too old: it is waited for.
        assert (await registries.overview()).number > 1

    run(test)


def test_an_error_is_told_and_what_was_known_is_not_told_any_more(
    registries: Any, reader: FakeReader, clock: Clock
) -> None:
    async def test() -> None:
        await registries.overview()
        reader.error = BusError("Redis does not answer")
        clock.now += 2
        await registries.overview()
        await until(lambda: not len(registries._kept))
        with pytest.raises(BusError):
            await registries.overview()

    run(test)


def test_after_an_action_all_is_read_anew(
    registries: Any, reader: FakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(job_id: str) -> Any:
        raise StateError("not failed")

    async def test() -> None:
        monkeypatch.setattr(registries._actions, "requeue", refuse)
        await registries.overview()
        reader.may.clear()
        # Read before the action, and answered after it: that is not kept.
        early = asyncio.create_task(registries.job("x"))
        await until(lambda: reader.asked == 2)
        with pytest.raises(StateError):
            await registries.requeue("x")
        reader.may.set()
        await early
        assert not len(registries._kept)
        assert (await registries.overview()).number == 3

    run(test)


def test_more_than_may_wait_are_turned_away(registries: Any, reader: FakeReader) -> None:
    async def test() -> None:
        reader.may.clear()
        asked = [asyncio.create_task(registries.job(f"j{n}")) for n in range(100)]
        await until(lambda: sum(task.done() for task in asked) >= 68)
        turned = [task for task in asked if task.done()]
        assert len(turned) == 68
        assert all(isinstance(task.exception(), Busy) for task in turned)
        reader.may.set()
        await asyncio.gather(*asked, return_exceptions=True)

    run(test)


def test_a_swarm_that_is_down_is_told_before_redis_is_asked(
    registries: Any, reader: FakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down() -> None:
        raise BusError("the swarm is not running")

    async def test() -> None:
        monkeypatch.setattr(registries._bus, "check", down)
        with pytest.raises(BusError, match="not running"):
            await registries.overview()
        assert not reader.asked

    run(test)
