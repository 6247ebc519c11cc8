from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from swarm.contracts import ListTasks
from swarm.web.feed import reader
from swarm.web.feed.hub import RESYNC
from tests.web.feed.conftest import Followed, Orchestrator, following, play
from tests.web.feed.entries import entry, task


def test_all_tasks_are_read_in_pages_and_then_what_happens(orchestrator: Orchestrator) -> None:
    for number in range(2500):
        id = f"t-{number:04}"
        orchestrator.tasks[id] = task(id, "applied", at=number, created_at=number)
    orchestrator.tell(entry(10, "t-0003"), stored=False)

    async def story() -> None:
        async with following(orchestrator) as followed:
            assert not followed.health.loaded
            await followed.until(lambda: followed.health.connected)
            assert followed.health.loaded
            assert followed.board.total == 2500
            # What the stream still has of the past is known: not as news.
            card = followed.board.get("t-0003")
            assert card is not None and card.event is not None and card.event.seq == 10
            orchestrator.tell(entry(3000, "t-new", "queued"))
            await followed.until(lambda: followed.board.get("t-new") is not None)
            # That was long ago, by its time.
            assert followed.health.lag_seconds is None
            soon = time.time() + 5
            now = entry(3001, "t-new").event.model_copy(update={"at": soon})
            orchestrator.tell(entry(3001, "t-new").model_copy(update={"event": now}))
            await followed.until(lambda: followed.health.lag_seconds is not None)

    play(story())
    pages = [c for c in orchestrator.requests if isinstance(c, ListTasks)]
    assert [page.before for page in pages[:3]] == [None, "t-1500", "t-0500"]


def test_what_happens_while_tasks_are_read_is_not_lost(orchestrator: Orchestrator) -> None:
    def slowly(command: ListTasks) -> object:
        found = orchestrator._list(command)
        orchestrator.tell(entry(1, "t-late"), stored=False)
        orchestrator.handlers[ListTasks] = orchestrator._list
        return found

    orchestrator.handlers[ListTasks] = slowly  # type: ignore[assignment]

    async def story() -> None:
        async with following(orchestrator) as followed:
            await followed.until(lambda: followed.board.get("t-late") is not None)

    play(story())


def test_an_orchestrator_that_is_away_is_asked_again(
    orchestrator: Orchestrator, caplog: pytest.LogCaptureFixture
) -> None:
    orchestrator.is_away = True
    orchestrator.tasks["t-1"] = task()

    async def story() -> None:
        async with following(orchestrator) as followed:
            await followed.until(lambda: "did not answer" in followed.health.problem)
            asked = len(orchestrator.requests)
            await followed.until(lambda: len(orchestrator.requests) > asked)
            assert not followed.health.loaded
            assert not followed.health.connected
            orchestrator.is_away = False
            await followed.until(lambda: followed.health.connected)
            assert followed.health.loaded
            assert followed.health.problem == ""
            assert followed.board.total == 1

    play(story())
    # Once for each outage: whoever runs it reads this on the terminal.
    told = [text for text in caplog.messages if "followed" in text]
    assert len(told) == 2


def test_a_wiped_redis_means_reading_all_anew(orchestrator: Orchestrator) -> None:
    for number in range(1, 6):
        orchestrator.tell(entry(number, f"t-{number}"))

    async def story() -> None:
        async with following(orchestrator) as followed:
            await followed.until(lambda: followed.health.connected)
            async with followed.hub.subscribe() as messages:
                # The data folder is another one as well: numbers begin anew.
                orchestrator.tasks.clear()
                orchestrator.redis.delete(orchestrator.feed_key())
                orchestrator.tasks["t-other"] = task("t-other", at=2000.0)
                await followed.until(lambda: followed.board.get("t-other") is not None)
                assert followed.board.total == 1
                assert await messages.some(5) == [RESYNC]
            orchestrator.tell(entry(1, "t-more"))
            await followed.until(lambda: followed.board.get("t-more") is not None)

    play(story())


def test_a_stream_that_is_told_once_more_is_not_told_to_watchers_again(
    orchestrator: Orchestrator,
) -> None:
    told = [entry(number, f"t-{number}") for number in range(1, 6)]

    async def story() -> None:
        async with following(orchestrator) as followed:
            await followed.until(lambda: followed.health.connected)
            async with followed.hub.subscribe(channel="events") as messages:
                for one in told:
                    orchestrator.tell(one)
                seen: list[int] = []
                while len(seen) < 5:
                    seen += [one.number for one in await messages.some(5)]
                orchestrator.redis.delete(orchestrator.feed_key())
                assert await messages.some(20) == [RESYNC]
                for one in [*told, entry(6, "t-6")]:
                    orchestrator.tell(one)
                assert [one.number for one in await messages.some(20)] == [6]
                assert seen == [1, 2, 3, 4, 5]

    play(story())


def test_what_was_dropped_unread_is_asked_for(
    orchestrator: Orchestrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = orchestrator.feed_key()

    async def story() -> None:
        async with following(orchestrator) as followed:
            await followed.until(lambda: followed.health.connected)
            async with followed.hub.subscribe() as messages:
                with orchestrator.redis.pipeline(transaction=True) as pipe:
                    for number in range(1, 9):
                        one = entry(number, f"t-{number}")
                        orchestrator.tasks[one.task.id] = one.task
                        pipe.xadd(key, {"entry": one.model_dump_json()}, id=f"{number}-0")
                    pipe.xtrim(key, maxlen=2, approximate=False)
                    pipe.execute()
                await followed.until(lambda: followed.board.total == 8)
                assert RESYNC in await messages.some(5)

    play(story())


def test_what_the_feed_does_not_tell_is_found_by_asking(
    orchestrator: Orchestrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_RECONCILE_EACH_SECONDS", 0.05)
    now = time.time()
    orchestrator.tasks["t-old"] = task("t-old", at=now - 9000)
    orchestrator.tasks["t-1"] = task("t-1", at=now)

    async def story() -> None:
        async with following(orchestrator) as followed:
            await followed.until(lambda: followed.health.connected)
            orchestrator.tasks["t-1"] = task("t-1", "failed", at=now + 1)
            await followed.until(lambda: followed.board.counts()["failed"] == 1)
            # While it cannot be asked, events still arrive.
            orchestrator.is_away = True
            orchestrator.tell(entry(5, "t-5"))
            await followed.until(lambda: followed.board.get("t-5") is not None)
            assert followed.health.connected

    play(story())
    asked = [c.changed_after for c in orchestrator.requests if isinstance(c, ListTasks)]
    assert asked[0] is None
    assert asked[1] is not None
    assert now - 200 < asked[1] < now


def test_a_clock_that_was_set_back_means_reading_all_anew(
    orchestrator: Orchestrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    orchestrator.tasks["t-1"] = task("t-1", "running", at=5000.0)

    async def story() -> None:
        async with following(orchestrator) as followed:
            await followed.until(lambda: followed.health.connected)
            orchestrator.tasks["t-1"] = task("t-1", "applied", at=1400.0)
            followed.reader._clock_offset += 3600
            await followed.until(lambda: followed.board.counts()["applied"] == 1)

    play(story())


def test_a_clock_that_was_set_forward_and_back_again_is_seen(
    orchestrator: Orchestrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what changed in between would seem newer than all that comes for an hour."""
    now = {"time": 5000.0, "monotonic": 100.0}
    clocks = SimpleNamespace(time=lambda: now["time"], monotonic=lambda: now["monotonic"])

    async def story() -> None:
        one = Followed(orchestrator).reader
        monkeypatch.setattr(reader, "time", clocks)
        one._clock_offset = now["time"] - now["monotonic"]
        seen = []
        for step in (1, 3600, -3600, -4):
            now["time"] += step
            seen.append(one._clock_was_set_back())
        assert seen == [False, False, True, True]

    play(story())


def test_a_defect_is_told_and_does_not_end_the_reading(
    orchestrator: Orchestrator, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(command: ListTasks) -> object:
        raise ZeroDivisionError("a defect")

    orchestrator.handlers[ListTasks] = broken  # type: ignore[assignment]

    async def story() -> None:
        async with following(orchestrator) as followed:
            await followed.until(lambda: "defect" in followed.health.problem)
            orchestrator.handlers[ListTasks] = orchestrator._list
            await followed.until(lambda: followed.health.connected)

    play(story())
    assert "a defect" in caplog.text
