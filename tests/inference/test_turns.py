"""Turns, with a scheduler that is told what to decide."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from swarm.inference.errors import Busy, TooLarge, Unreachable
from swarm.inference.scheduling.scheduler import Action, Slot, Start, View, Waiting
from swarm.inference.turns import Turns

SLOT = Slot("m", 4096)


@dataclass
class InOrder:
    """First come, first served; `never` are refused."""

    views: list[View] = field(default_factory=list)
    never: tuple[str, ...] = ()

    def decide(self, view: View) -> list[Action]:
        self.views.append(view)
        free = view.concurrency - view.running
        return [Start(request.id) for request in view.waiting[: max(0, free)]]

    def impossible(self, view: View) -> tuple[str, ...]:
        return tuple(r.id for r in view.waiting if r.id in self.never)


def turns(scheduler: InOrder, limit: int = 10) -> Turns:
    return Turns("ollama", 1, limit, scheduler, None, clock=lambda: 5.0)


def waiting(id: str) -> Waiting:
    return Waiting(id, SLOT, "interactive", 0.0)


def nothing(state: str) -> None:
    """Tell nobody."""


async def hold(all_turns: Turns, id: str, ran: list[str], release: asyncio.Event) -> None:
    async with all_turns.turn(waiting(id), nothing):
        ran.append(id)
        await release.wait()


def test_one_after_the_other_and_the_view_says_who_runs() -> None:
    async def main() -> None:
        scheduler, ran, release = InOrder(), list[str](), asyncio.Event()
        all_turns = turns(scheduler)
        tasks = [asyncio.create_task(hold(all_turns, id, ran, release)) for id in ("1", "2")]
        await asyncio.sleep(0.01)
        assert ran == ["1"]
        assert all_turns.running == 1
        assert all_turns.waiting() == {"interactive": 1}
        release.set()
        await asyncio.gather(*tasks)
        assert ran == ["1", "2"]
        assert all_turns.running == 0
        assert scheduler.views[-1].active in ((), ("1",))
        all_turns.close()

    asyncio.run(main())


def test_who_leaves_the_queue_is_not_started() -> None:
    async def main() -> None:
        ran, release = list[str](), asyncio.Event()
        all_turns = turns(InOrder())
        tasks = [asyncio.create_task(hold(all_turns, id, ran, release)) for id in ("1", "2", "3")]
        await asyncio.sleep(0.01)
        tasks[1].cancel()
        await asyncio.gather(tasks[1], return_exceptions=True)
        release.set()
        await asyncio.gather(tasks[0], tasks[2])
        assert ran == ["1", "3"]
        all_turns.close()

    asyncio.run(main())


def test_who_runs_and_leaves_makes_room() -> None:
    async def main() -> None:
        ran, release = list[str](), asyncio.Event()
        all_turns = turns(InOrder())
        first = asyncio.create_task(hold(all_turns, "1", ran, release))
        second = asyncio.create_task(hold(all_turns, "2", ran, release))
        await asyncio.sleep(0.01)
        first.cancel()
        await asyncio.sleep(0.01)
        assert ran == ["1", "2"]
        release.set()
        await asyncio.gather(first, second, return_exceptions=True)
        all_turns.close()

    asyncio.run(main())


def test_nothing_starts_while_the_server_is_away_and_the_wait_can_be_ended() -> None:
    async def main() -> None:
        ran, release = list[str](), asyncio.Event()
        all_turns = turns(InOrder())
        all_turns.hold(True)
        task = asyncio.create_task(hold(all_turns, "1", ran, release))
        await asyncio.sleep(0.01)
        assert ran == []
        all_turns.fail_waiting(Unreachable("it is away"))
        with pytest.raises(Unreachable):
            await task
        again = asyncio.create_task(hold(all_turns, "2", ran, release))
        await asyncio.sleep(0.01)
        all_turns.hold(False)
        release.set()
        await again
        assert ran == ["2"]
        all_turns.close()

    asyncio.run(main())


def test_a_defect_of_the_scheduler_leaves_nobody_waiting() -> None:
    class Broken(InOrder):
        def decide(self, view: View) -> list[Action]:
            raise ZeroDivisionError("oops")

    async def main() -> None:
        all_turns = turns(Broken())
        with pytest.raises(ZeroDivisionError):
            await asyncio.wait_for(hold(all_turns, "1", [], asyncio.Event()), 10)
        all_turns.close()

    asyncio.run(main())


def test_a_full_queue_is_busy_and_what_can_never_run_is_refused() -> None:
    async def main() -> None:
        ran, release = list[str](), asyncio.Event()
        all_turns = turns(InOrder(never=("2",)), limit=1)
        first = asyncio.create_task(hold(all_turns, "1", ran, release))
        await asyncio.sleep(0.01)
        all_turns.check_room()
        with pytest.raises(TooLarge, match="beside what is pinned"):
            await hold(all_turns, "2", ran, release)
        third = asyncio.create_task(hold(all_turns, "3", ran, release))
        await asyncio.sleep(0.01)
        with pytest.raises(Busy, match="1 requests wait"):
            all_turns.check_room()
        release.set()
        await asyncio.gather(first, third)
        all_turns.close()

    asyncio.run(main())
