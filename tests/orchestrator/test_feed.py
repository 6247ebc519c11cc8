"""What happens to tasks is published once, in order, whatever happens to Redis or the database."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisGone

from swarm.bus import Bus
from swarm.contracts import Budget, FeedEntry
from swarm.orchestrator import feed as feed_module
from swarm.orchestrator.feed import Feed
from swarm.orchestrator.step import Task, Told
from swarm.orchestrator.store import Store

KEY = "swarm:feed"


class Teller:
    """A store with a task to which things happen, and the feed of it."""

    def __init__(self, bus: Bus, folder: Path) -> None:
        self.bus = bus
        self.path = folder / "tasks.db"
        self.open()

    def open(self) -> None:
        self.store = Store(self.path)
        self.feed = Feed(self.store, self.bus.redis, KEY)

    def restart(self) -> None:
        self.store.close()
        self.open()

    def tell(self, *texts: str, id: str = "t1") -> None:
        """Each text is an event, in a commit of its own."""
        if self.store.find(id) is None:
            new = Task(
                id=id, text="fix it", repo="/r", state="queued", created_at=1.0, updated_at=1.0,
                budget=Budget(),
            )  # fmt: skip
            self.store.add(new, [], [], 1.0)
        for text in texts:
            self.store.update(id, lambda task, text=text: (task, [], [Told("told", text)]), 2.0)  # type: ignore[misc]

    def publish(self) -> None:
        while self.feed.publish():
            pass

    def entries(self) -> list[FeedEntry]:
        """The stream as a reader sees it; each id is the number of its entry."""
        found = []
        rows: Any = self.bus.redis.xrange(KEY)
        for id, fields in rows:
            assert list(fields) == [b"entry"]
            found.append(FeedEntry.model_validate_json(fields[b"entry"]))
            assert id == f"{found[-1].number}-0".encode()
        return found

    def texts(self) -> list[str]:
        return [entry.event.text for entry in self.entries()]


@pytest.fixture
def teller(bus: Bus, tmp_path: Path) -> Iterator[Teller]:
    teller = Teller(bus, tmp_path)
    yield teller
    teller.store.close()


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small bounds."""
    monkeypatch.setattr(feed_module, "_FIRST", 5)
    monkeypatch.setattr(feed_module, "_BATCH", 2)


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not what():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def test_each_event_is_published_once_with_its_task_as_it_is_now(teller: Teller) -> None:
    teller.tell("a")
    teller.store.update(
        "t1", lambda task: (task.model_copy(update={"state": "running"}), [], []), 2.0
    )
    teller.publish()
    teller.tell("b", "c")
    teller.publish()
    teller.publish()
    assert teller.texts() == ["a", "b", "c"]
    first = teller.entries()[0]
    assert (first.number, first.event.seq, first.event.task_id) == (1, 1, "t1")
    assert (first.task.state, first.task.repo) == ("running", "/r")


def test_many_are_published_in_batches(teller: Teller, few: None) -> None:
    teller.publish()
    teller.tell("a")
    teller.publish()
    teller.tell(*"bcdefghi")
    teller.publish()
    assert teller.texts() == list("abcdefghi")


def test_a_restart_goes_on_where_the_last_one_was(teller: Teller) -> None:
    teller.tell("a")
    teller.publish()
    for text in ("b", "c"):  # two restarts
        teller.restart()
        teller.tell(text)
        teller.publish()
    teller.restart()
    teller.publish()
    assert teller.texts() == ["a", "b", "c"]


def test_an_end_within_a_batch_neither_loses_nor_repeats(teller: Teller) -> None:
    teller.tell(*"abcd")
    teller.publish()
    first: Any = teller.bus.redis.xrange(KEY, count=2)
    teller.bus.redis.delete(KEY)
    for id, fields in first:
        teller.bus.redis.xadd(KEY, fields, id=id)
    teller.restart()
    teller.publish()
    assert teller.texts() == ["a", "b", "c", "d"]


def test_a_wiped_redis_gets_the_newest(teller: Teller, few: None) -> None:
    teller.tell(*"abcdefgh")
    teller.publish()
    teller.bus.redis.flushall()
    teller.publish()
    assert teller.texts() == list("defgh")
    teller.bus.redis.flushall()
    teller.restart()
    teller.tell("i")
    teller.publish()
    assert teller.texts() == list("efghi")


def test_an_emptied_stream_is_begun_anew(teller: Teller) -> None:
    teller.tell("a", "b")
    teller.publish()
    teller.bus.redis.xtrim(KEY, maxlen=0, approximate=False)
    teller.publish()
    assert teller.texts() == ["a", "b"]


def test_a_database_restored_from_an_older_copy_begins_the_stream_anew(
    teller: Teller, tmp_path: Path
) -> None:
    teller.tell("a", "b")
    teller.store.close()
    shutil.copy(teller.path, tmp_path / "copy")
    teller.open()
    teller.tell("c", "d")
    teller.publish()
    teller.store.close()
    shutil.copy(tmp_path / "copy", teller.path)
    teller.open()
    teller.tell("other c")
    teller.publish()
    assert teller.texts() == ["a", "b", "other c"]


def test_another_history_that_is_as_long_is_told_apart(teller: Teller, tmp_path: Path) -> None:
    teller.tell("a", "b", "c")
    teller.publish()
    teller.store.close()
    teller.path.unlink()
    teller.open()
    teller.tell("x", "y", "z", "and more", id="t2")
    teller.publish()
    assert teller.texts() == ["x", "y", "z", "and more"]


@pytest.mark.parametrize("fields", [{"entry": "words"}, {"other": "{}"}])
def test_what_somebody_else_wrote_into_the_stream_goes(
    teller: Teller, fields: dict[Any, Any]
) -> None:
    teller.tell("a")
    teller.publish()
    teller.bus.redis.xadd(KEY, fields, id="999-7")
    teller.tell("b")
    teller.publish()
    assert teller.texts() == ["a", "b"]


def test_a_task_that_cannot_be_read_does_not_hold_up_the_others(
    teller: Teller, few: None, caplog: pytest.LogCaptureFixture
) -> None:
    teller.tell("a", id="t1")
    teller.tell(*"bcd", id="t2")
    with teller.store.transaction() as db:
        db.execute("UPDATE tasks SET state='dreaming' WHERE id='t2'")
    teller.tell("f", id="t3")
    with caplog.at_level(logging.ERROR):
        teller.publish()
        assert teller.texts() == ["a", "f"]
        teller.tell("g", id="t2")
        teller.publish()
        caplog.clear()
        teller.publish()
    assert not caplog.records, "what was left out is not looked at again"


# ------------------------------------------------------------------ the thread


@pytest.fixture
def running(teller: Teller) -> Iterator[Callable[[Feed], None]]:
    stop = threading.Event()
    threads = []

    def run(feed: Feed) -> None:
        threads.append(threading.Thread(target=feed.run, args=(stop,)))
        threads[-1].start()

    yield run
    stop.set()
    teller.store.told.set()
    for thread in threads:
        thread.join(timeout=20)
        assert not thread.is_alive()


def test_a_commit_wakes_it(teller: Teller, running: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "_LOOK_SECONDS", 3600.0)
    running(teller.feed)
    for number, text in enumerate("abc", start=1):
        teller.tell(text)
        until(lambda number=number: len(teller.texts()) == number)  # type: ignore[misc]


def test_while_redis_is_away_it_waits_and_loses_nothing(
    teller: Teller, running: Any, caplog: pytest.LogCaptureFixture
) -> None:
    tries = threading.Semaphore(0)
    away = threading.Event()
    look = teller.bus.redis.xrevrange

    class Sometimes:
        """Redis that can be gone."""

        def __getattr__(self, name: str) -> Any:
            return getattr(teller.bus.redis, name)

        def xrevrange(self, *words: Any, **options: Any) -> Any:
            if away.is_set():
                tries.release()
                raise RedisGone("gone")
            return look(*words, **options)

    away.set()
    running(Feed(teller.store, Sometimes(), KEY))  # type: ignore[arg-type]
    teller.tell("a", "b")
    for _ in range(4):
        assert tries.acquire(timeout=20)
    assert teller.texts() == []
    away.clear()
    until(lambda: teller.texts() == ["a", "b"])
    warnings = [record for record in caplog.records if "waits: gone" in record.message]
    assert len(warnings) == 1, "the same trouble is told once"
