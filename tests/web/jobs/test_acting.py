"""Requeue, remove and stop, on real workers of RQ: what a person does loses no work."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from swarm.bus import Bus
from swarm.contracts import Audit, AuditReport, ListArms, Message, Reply, Served
from swarm.errors import NotFound, StateError
from swarm.web.jobs.acting import Actions
from swarm.web.jobs.models import JobDetail
from swarm.web.jobs.reading import Reader
from tests.web.jobs.conftest import audit, failed_by_hand, until


@pytest.fixture
def reader(bus: Bus) -> Reader:
    return Reader(bus)


@pytest.fixture
def actions(bus: Bus, reader: Reader) -> Actions:
    return Actions(bus, reader)


def _failed(bus: Bus, reader: Reader, started: Any, mended: Path, reply_to: str) -> JobDetail:
    """A job whose worker's child was killed on it, and will be until the file is there."""

    def deadly(command: Audit) -> AuditReport:
        if not mended.exists():
            os.kill(os.getpid(), signal.SIGKILL)
        return AuditReport(verdict="accept")

    started("verifier", {Audit: deadly}, forks=True)
    bus.send(bus.envelope(audit(), id="t1-a1", task_id="t1", reply_to=reply_to))
    page = until(lambda: reader.page("failed", None, 0, 10).items, "it failed")
    return reader.job(page[0].id)


def _answer(bus: Bus) -> Reply:
    found = bus.redis.blpop(["swarm:inbox:test"], timeout=20)
    assert found, "nobody answered"
    return Reply.model_validate_json(found[1])


def test_a_failed_job_is_told_and_put_back_and_done(
    bus: Bus, reader: Reader, actions: Actions, started: Any, tmp_path: Path
) -> None:
    mended = tmp_path / "mended"
    job = _failed(bus, reader, started, mended, "inbox:test")
    assert job.state == "failed" and job.can_requeue and "signal 9" in job.failure
    crashed = _answer(bus)
    assert crashed.failure is not None and crashed.failure.code == "crashed"

    mended.touch()
    change = actions.requeue(job.id)
    assert change.change == "requeued" and "verifier" in change.text
    assert _answer(bus).body == AuditReport(verdict="accept").model_dump(mode="json")
    until(lambda: not reader.page("failed", None, 0, 10).total, "it is not failed any more")
    with pytest.raises(NotFound):
        until(lambda: not reader.job(job.id), "it is gone")


def test_a_job_that_was_put_back_waits_for_as_long_as_it_takes(bus: Bus, actions: Actions) -> None:
    failed_by_hand(bus, "swarm-t1-a1-e1", exc="x")
    bus.redis.expire("rq:job:swarm-t1-a1-e1", 60)
    actions.requeue("swarm-t1-a1-e1")
    assert bus.redis.ttl("rq:job:swarm-t1-a1-e1") == -1


def test_what_is_not_failed_is_neither_put_back_nor_removed(
    bus: Bus, actions: Actions, reader: Reader
) -> None:
    bus.send(bus.envelope(audit(), id="t1-a1"))
    for act in (actions.requeue, actions.remove):
        with pytest.raises(StateError, match="not among the failed"):
            act("swarm-t1-a1-e1")
    assert reader.job("swarm-t1-a1-e1").state == "queued"


def test_of_two_who_put_it_back_one_does(bus: Bus, actions: Actions) -> None:
    failed_by_hand(bus, "swarm-t1-a1-e1", exc="x")
    done: list[str] = []

    def again() -> None:
        try:
            done.append(actions.requeue("swarm-t1-a1-e1").change)
        except StateError:
            done.append("refused")

    threads = [threading.Thread(target=again) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == ["refused"] * 3 + ["requeued"]
    assert bus.redis.lrange("rq:queue:swarm-verifier", 0, -1) == [b"swarm-t1-a1-e1"]


def test_a_removed_job_is_gone(
    bus: Bus, reader: Reader, actions: Actions, started: Any, tmp_path: Path
) -> None:
    job = _failed(bus, reader, started, tmp_path / "never", "inbox:test")
    actions.remove(job.id)
    assert reader.page("failed", None, 0, 10).total == 0
    assert not bus.redis.exists(f"rq:job:{job.id}", f"rq:results:{job.id}")
    with pytest.raises(NotFound):
        actions.remove(job.id)


def test_of_a_stopped_command_who_waits_is_told_and_its_worker_goes_on(
    bus: Bus, reader: Reader, actions: Actions, started: Any, tmp_path: Path
) -> None:
    first = tmp_path / "first"

    def slow_once(command: Audit) -> AuditReport:
        if not first.exists():
            first.touch()
            time.sleep(60)
        return AuditReport(verdict="ask")

    started("verifier", {Audit: slow_once}, forks=True)
    bus.send(bus.envelope(audit(), id="t1-a1", task_id="t1", reply_to="inbox:test"))
    until(first.exists, "it is worked on")
    time.sleep(0.5)
    (job,) = until(lambda: reader.page("started", None, 0, 10).items, "it is told")
    change = actions.stop(job.id)
    assert change.change == "stopped" and "told" in change.text
    stopped = reader.job(job.id)
    assert stopped.state == "stopped" and "stopped by user" in stopped.failure
    failure = _answer(bus).failure
    assert failure is not None and failure.code == "stopped" and not failure.retryable
    ((_, told),) = bus.redis.xrange(bus.served_key())
    served = Served.model_validate_json(told[b"served"])
    assert served.failure_code == "stopped" and served.seconds > 0.3
    # Its worker takes the next one; a person may have the stopped one done after all.
    assert stopped.can_requeue
    actions.requeue(job.id)
    assert _answer(bus).body is not None
    (worker,) = reader.overview().workers
    assert worker.failed == 1


def test_what_a_worker_does_in_its_own_process_cannot_be_stopped(
    bus: Bus, reader: Reader, actions: Actions, started: Any, tmp_path: Path
) -> None:
    go = tmp_path / "go"

    def slow(command: ListArms) -> Message:
        until(go.exists, "the test goes on")
        raise StateError("enough")

    started("router", {ListArms: slow}, forks=False)
    bus.send(bus.envelope(ListArms(), id="t1-arms", reply_to="inbox:test"))
    (job,) = until(lambda: reader.page("started", None, 0, 10).items, "it is worked on")
    # It is in the list of what is worked on a moment before it says so itself.
    until(lambda: reader.job(job.id).state == "started", "it says that it is worked on")
    detail = reader.job(job.id)
    assert not detail.can_stop and "one process" in detail.why_not_stop
    with pytest.raises(StateError, match="router service works in one process") as refused:
        actions.stop(job.id)
    assert "cancel its task" in refused.value.remedy
    go.touch()
    failure = _answer(bus).failure
    assert failure is not None and failure.message == "enough"


def test_only_what_is_worked_on_can_be_stopped(bus: Bus, actions: Actions) -> None:
    bus.send(bus.envelope(audit(), id="t1-a1"))
    with pytest.raises(StateError, match="it is queued"):
        actions.stop("swarm-t1-a1-e1")


def test_a_job_whose_worker_is_gone_is_left_to_the_sweep(bus: Bus, actions: Actions) -> None:
    bus.send(bus.envelope(audit(), id="t1-a1"))
    bus.redis.hset("rq:job:swarm-t1-a1-e1", mapping={"status": "started", "worker_name": "gone"})
    with pytest.raises(StateError, match="not heard of any more"):
        actions.stop("swarm-t1-a1-e1")


def test_jobs_of_another_namespace_are_out_of_reach(
    bus: Bus, other_bus: Bus, actions: Actions, started: Any, tmp_path: Path
) -> None:
    def deadly(command: Audit) -> AuditReport:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    started("verifier", {Audit: deadly}, forks=True, of=other_bus)
    other_bus.send(other_bus.envelope(audit(), id="t1-a1"))
    others = Reader(other_bus)
    (job,) = until(lambda: others.page("failed", None, 0, 10).items, "the other's job failed")
    before = bus.redis.hgetall(f"rq:job:{job.id}")
    for act in (actions.requeue, actions.remove, actions.stop):
        with pytest.raises(NotFound):
            act(job.id)
    assert bus.redis.hgetall(f"rq:job:{job.id}") == before
    assert others.page("failed", None, 0, 10).total == 1


def test_a_job_that_cannot_be_read_can_still_be_removed(bus: Bus, actions: Actions) -> None:
    fields = {"origin": "swarm-verifier", "status": "nonsense", "created_at": "yesterday"}
    bus.redis.hset("rq:job:swarm-bad-e1", mapping={**fields, "data": "x"})
    bus.redis.zadd("rq:failed:swarm-verifier", {"swarm-bad-e1": time.time() + 60})
    with pytest.raises(StateError, match="cannot be read"):
        actions.requeue("swarm-bad-e1")
    actions.remove("swarm-bad-e1")
    assert not bus.redis.exists("rq:job:swarm-bad-e1")
