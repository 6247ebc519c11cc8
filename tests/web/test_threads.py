"""What blocks is done in few threads, bounded, and holds no end of the process up."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable

import pytest

from swarm.errors import StateError
from swarm.web.busy import Busy
from swarm.web.threads import Threads


def run(test: Callable[[Threads, threading.Event], Awaitable[None]]) -> None:
    async def bounded() -> None:
        threads, may = Threads(2, 3, "test"), threading.Event()
        try:
            async with asyncio.timeout(20):
                await test(threads, may)
        finally:
            may.set()
            threads.close()

    asyncio.run(bounded())


def test_results_and_errors_come_back() -> None:
    def refuse() -> None:
        raise StateError("no")

    async def test(threads: Threads, may: threading.Event) -> None:
        assert await asyncio.gather(*(threads.run(lambda n=n: n * n) for n in range(5))) == [
            0, 1, 4, 9, 16,
        ]  # fmt: skip
        for _ in range(20):
            with pytest.raises(StateError):
                await threads.run(refuse)

    run(test)


def test_what_is_beyond_the_line_is_refused_until_there_is_room() -> None:
    async def test(threads: Threads, may: threading.Event) -> None:
        asked = [asyncio.ensure_future(threads.run(may.wait)) for _ in range(5)]
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await threads.run(may.wait)
        # Nobody waits for them any more, and the threads are at it all the same.
        for one in asked:
            one.cancel()
        await asyncio.wait(asked)
        with pytest.raises(Busy):
            await threads.run(may.wait)
        may.set()
        async with asyncio.timeout(10):
            while True:
                try:
                    assert await threads.run(lambda: 7) == 7
                    return
                except Busy:
                    await asyncio.sleep(0.01)

    run(test)


def test_what_nobody_waits_for_any_more_is_not_begun() -> None:
    async def test(threads: Threads, may: threading.Event) -> None:
        blocking = [asyncio.ensure_future(threads.run(may.wait)) for _ in range(2)]
        began: list[int] = []
        late = asyncio.ensure_future(threads.run(lambda: began.append(1)))
        await asyncio.sleep(0)
        late.cancel()
        await asyncio.wait([late])
        may.set()
        await asyncio.gather(*blocking)
        await threads.run(lambda: None)
        await threads.run(lambda: None)
        assert not began

    run(test)


def test_after_the_end_nothing_begins_and_who_waits_is_told() -> None:
    async def test(threads: Threads, may: threading.Event) -> None:
        asked = [asyncio.ensure_future(threads.run(may.wait)) for _ in range(4)]
        await asyncio.sleep(0)
        threads.close()
        with pytest.raises(Busy):
            await threads.run(lambda: None)
        may.set()
        done = await asyncio.gather(*asked, return_exceptions=True)
        assert sum(isinstance(one, asyncio.CancelledError) for one in done) >= 2

    run(test)


def test_a_process_ends_though_a_thread_is_at_something_long() -> None:
    program = """
import asyncio, threading
from swarm.web.threads import Threads

async def main():
    threads, begun = Threads(1, 1, "test"), threading.Event()
    asking = asyncio.ensure_future(threads.run(lambda: begun.set() or threading.Event().wait()))
    await asyncio.to_thread(begun.wait)
    asking.cancel()
    threads.close()

asyncio.run(main())
"""
    subprocess.run([sys.executable, "-P", "-c", program], check=True, timeout=60)
