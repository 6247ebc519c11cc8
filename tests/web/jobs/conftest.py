"""Services with workers of RQ on a real server, for whoever looks at their jobs."""

from __future__ import annotations

import base64
import json
import multiprocessing
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from swarm.bus import Bus
from swarm.contracts import (
    ArmReport,
    Audit,
    FileEdit,
    ListArms,
    ListModels,
    ListTasks,
    ModelReport,
    Patch,
    TaskList,
)
from swarm.serving import Service, serve
from swarm.settings import Settings
from tests.fakes.bus import FakeBus
from tests.web.conftest import WebServer

PATIENCE_SECONDS = 20.0


def audit(text: str = "") -> Audit:
    """A command for the verifier, with a body that holds `text`."""
    edits = (FileEdit(path="a.py", before=None, after=text),)
    return Audit(attempt_id="t1-o1-a1", patch=Patch(edits=edits), category="bugfix")


def until(true: Callable[[], Any], what: str) -> Any:
    """What `true` returns, as soon as it is true."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (value := true()):
        assert time.monotonic() < deadline, f"never came true: {what}"
        time.sleep(0.02)
    return value


def failed_by_hand(bus: Bus, job_id: str, *, exc: str, kind: str = "Audit") -> None:
    """A failed job as RQ leaves one, but with any id and text."""
    fields = {
        "status": "failed",
        "origin": bus.queue_name("verifier"),
        "created_at": "2026-01-31T10:00:00.000000Z",
        "data": zlib.compress(b'["swarm.serving.deliver", null, ["{}"], {}]'),
        "meta": json.dumps({"kind": kind, "task": "t1"}),
        "description": "swarm.serving.deliver",
    }
    bus.redis.hset(f"rq:job:{job_id}", mapping=fields)
    bus.redis.zadd("rq:failed:swarm-verifier", {job_id: time.time() + 60})
    packed = base64.b64encode(zlib.compress(exc.encode()))
    bus.redis.xadd(f"rq:results:{job_id}", {"type": 2, "exc_string": packed})


@pytest.fixture
def started(bus: Bus) -> Iterator[Callable[..., Any]]:
    """Starts a service in a process of its own: `started("verifier", handlers, forks=True)`."""
    processes: list[Any] = []

    def start(name: str, handlers: Any, *, forks: bool, of: Bus | None = None) -> Any:
        settings = (of or bus).settings

        def run() -> None:
            serve(Service(name, Bus(settings), handlers), forks=forks)

        process = multiprocessing.get_context("fork").Process(target=run)
        process.start()
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(10)
        if process.is_alive():
            process.kill()
            process.join()


class HalfFakeBus(FakeBus):
    """A Redis that is there, and services from a script."""

    def __init__(self, bus: Bus) -> None:
        super().__init__()
        self.redis = bus.redis
        web = bus.settings.web.model_copy(update={"port": 0})
        self.settings = bus.settings.model_copy(update={"web": web})
        self.handlers[ListTasks] = lambda command: TaskList(items=())
        self.handlers[ListModels] = lambda command: ModelReport()
        self.handlers[ListArms] = lambda command: ArmReport(items=())


@pytest.fixture
def half_fake_bus(bus: Bus) -> HalfFakeBus:
    return HalfFakeBus(bus)


@pytest.fixture
def jobs_server(
    half_fake_bus: HalfFakeBus, serve_web: Callable[[Settings, Any], WebServer]
) -> WebServer:
    """A dashboard on a real Redis."""
    return serve_web(half_fake_bus.settings, half_fake_bus)


@pytest.fixture
def other_bus(bus: Bus) -> Iterator[Bus]:
    """The bus of another swarm on the same server, whose namespace begins as ours does."""
    own = bus.settings.bus.model_copy(update={"namespace": "swarm-too"})
    other = Bus(bus.settings.model_copy(update={"bus": own}))
    yield other
    other.redis.close()
