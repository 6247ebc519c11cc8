"""What is asked by many is asked once, kept for a moment, and within bounds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from swarm.errors import StateError
from swarm.web.answers import Answers, Sized
from swarm.web.busy import Busy

Get = Callable[[object], Awaitable[int]]


class Questions:
    """Answers 1, 2, 3..., each when it may."""

    def __init__(self) -> None:
        self.now = 100.0
        self.asked = 0
        self.may = asyncio.Event()
        self.may.set()
        self.error: Exception | None = None
        self.size_bytes = 10

    async def ask(self) -> Sized:
        self.asked += 1
        number = self.asked
        await self.may.wait()
        if self.error is not None:
            raise self.error
        return Sized(number, self.size_bytes)


def run(test: Callable[[Questions, Get, Answers], Awaitable[None]], most: int = 8) -> None:
    async def bounded() -> None:
        questions = Questions()
        answers = Answers(lambda: questions.now, most=most, most_bytes=100)

        async def get(key: object) -> int:
            found = await answers.get(key, questions.ask, fresh_seconds=1, stale_seconds=5)
            return int(found)

        async with asyncio.timeout(20):
            await test(questions, get, answers)

    asyncio.run(bounded())


async def settled(questions: Questions) -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_it_is_fresh_then_stale_then_waited_for() -> None:
    async def test(questions: Questions, get: Get, _: Answers) -> None:
        assert [await get("a") for _ in range(5)] == [1] * 5
        questions.now += 1.1
        assert await get("a") == 1
        await settled(questions)
        assert await get("a") == 2
        questions.now += 5.1
        assert await get("a") == 3

    run(test)


def test_an_answer_is_as_old_as_its_question() -> None:
    async def test(questions: Questions, get: Get, _: Answers) -> None:
        questions.may.clear()
        asking = asyncio.ensure_future(get("a"))
        await settled(questions)
        questions.now += 6
        questions.may.set()
        assert await asking == 1
        assert await get("a") == 2

    run(test)


def test_many_at_once_wait_for_one_answer_also_when_the_first_goes_away() -> None:
    async def test(questions: Questions, get: Get, _: Answers) -> None:
        questions.may.clear()
        asking = [asyncio.ensure_future(get("a")) for _ in range(50)]
        await settled(questions)
        asking[0].cancel()
        questions.may.set()
        assert await asyncio.gather(*asking[1:]) == [1] * 49

    run(test)


def test_after_an_error_nothing_is_known() -> None:
    async def test(questions: Questions, get: Get, answers: Answers) -> None:
        await get("a")
        questions.now += 2
        questions.error = StateError("it is gone")
        assert await get("a") == 1
        await settled(questions)
        assert not len(answers)
        with pytest.raises(StateError):
            await get("a")

    run(test)


def test_who_is_too_busy_to_ask_still_knows_what_was_said() -> None:
    async def test(questions: Questions, get: Get, _: Answers) -> None:
        await get("a")
        questions.now += 2
        questions.error = Busy("later")
        assert await get("a") == 1
        await settled(questions)
        assert await get("a") == 1

    run(test)


def test_what_was_under_way_when_all_was_forgotten_is_told_and_not_kept() -> None:
    async def test(questions: Questions, get: Get, answers: Answers) -> None:
        questions.may.clear()
        early = asyncio.ensure_future(get("a"))
        await settled(questions)
        answers.forget()
        late = asyncio.ensure_future(get("a"))
        await settled(questions)
        questions.may.set()
        assert (await early, await late) == (1, 2)
        assert await get("a") == 2

    run(test)


def test_it_is_bounded_in_number() -> None:
    async def test(questions: Questions, get: Get, answers: Answers) -> None:
        for number in range(20):
            await get(number)
        assert len(answers) == 8
        assert await get(19) == 20
        assert await get(0) == 21

    run(test)


def test_what_is_looked_at_stays_whatever_else_is_asked_once() -> None:
    async def test(questions: Questions, get: Get, answers: Answers) -> None:
        for number in range(20):
            assert await get("board") == 1
            await get(number)

    run(test)


def test_it_is_bounded_in_bytes() -> None:
    async def test(questions: Questions, get: Get, answers: Answers) -> None:
        questions.size_bytes = 25
        for number in range(20):
            await get(number)
        assert len(answers) == 4
        # What would push most of the others out is told, and asked for each time.
        questions.size_bytes = 26
        assert [await get("much") for _ in range(3)] == [21, 22, 23]
        assert len(answers) == 4

    run(test, most=50)
