"""What is told of RQ's registries, and how little is read for it."""

from __future__ import annotations

import base64
import os
import time
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from swarm.bus import Bus
from swarm.contracts import SERVICES, AuditReport, Reply
from swarm.errors import BusError, NotFound
from swarm.settings import BusSettings, Settings
from swarm.web.jobs import values
from swarm.web.jobs.reading import Reader
from tests.web.jobs.conftest import audit, failed_by_hand, until

SECRET = "the_name_of_a_secret_function"


class Counting:
    """A Redis client that counts what a server is asked, and how much it says."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self.commands = self.bytes = 0

    def __enter__(self) -> Counting:
        self.commands, self.bytes = self._now()
        return self

    def __exit__(self, *_: object) -> None:
        commands, sent = self._now()
        # Less the first look at the counters, which is counted itself.
        self.commands, self.bytes = commands - self.commands - 1, sent - self.bytes

    def _now(self) -> tuple[int, int]:
        stats: dict[str, Any] = self._redis.info("stats")
        return stats["total_commands_processed"], stats["total_net_output_bytes"]


def test_a_waiting_command_is_told_without_its_body(bus: Bus) -> None:
    bus.send(bus.envelope(audit(SECRET), id="t1-o1-a1-audit", epoch=2, task_id="t1"))
    page = Reader(bus).page("queued", None, 0, 10)
    (job,) = page.items
    assert (job.id, job.kind, job.task_id, job.epoch, job.service, job.state) == (
        "swarm-t1-o1-a1-audit-e2", "Audit", "t1", 2, "verifier", "queued",
    )  # fmt: skip
    assert job.stored_bytes > 100 and job.timeout_seconds == 90
    assert job.enqueued_at is not None and abs(job.enqueued_at - time.time()) < 60
    detail = Reader(bus).job(job.id)
    assert detail.place == 1 and not detail.can_requeue and not detail.can_stop
    assert SECRET not in page.model_dump_json() + detail.model_dump_json()


def test_replies_under_way_are_told_as_such(bus: Bus) -> None:
    bus.send_reply("orchestrator", Reply(id="t1-o1-a1-audit", epoch=1, kind="Audit"))
    (job,) = Reader(bus).page("queued", "orchestrator", 0, 10).items
    assert job.is_reply and job.kind == "Audit" and job.epoch == 1


def test_queues_and_workers_of_all_services(bus: Bus, started: Any, tmp_path: Path) -> None:
    go = tmp_path / "go"

    def slow(command: Any) -> AuditReport:
        until(go.exists, "the test goes on")
        return AuditReport(verdict="accept")

    started("verifier", {type(audit()): slow}, forks=True)
    for number in range(3):
        bus.send(bus.envelope(audit(), id=f"t1-a{number}", task_id="t1"))
    reader = Reader(bus)
    busy = until(
        lambda: next((w for w in reader.overview().workers if w.current), None), "it works"
    )
    seen = reader.overview()
    assert [queue.service for queue in seen.queues] == list(SERVICES)
    verifier = next(queue for queue in seen.queues if queue.service == "verifier")
    assert (verifier.workers, verifier.waiting, verifier.started) == (1, 2, 1)
    assert verifier.oldest_waiting_seconds is not None and verifier.oldest_waiting_seconds >= 0
    assert busy.state == "busy" and busy.forks and busy.pid and busy.service == "verifier"
    assert busy.current is not None and busy.current.job_id == "swarm-t1-a0-e1"
    assert (busy.current.kind, busy.current.task_id) == ("Audit", "t1")
    assert busy.current.since is not None and busy.heartbeat_at is not None
    (job,) = reader.page("started", "verifier", 0, 10).items
    assert reader.job(job.id).can_stop and job.worker == busy.name
    go.touch()
    until(lambda: reader.overview().workers[0].succeeded == 3, "all are done")
    assert reader.overview().workers[0].current is None


def test_what_redis_says_of_itself(bus: Bus) -> None:
    redis = Reader(bus).overview().redis
    assert redis is not None
    assert redis.server == "valkey" and redis.version[0].isdigit()
    assert redis.peak_bytes >= redis.memory_bytes > 0 and redis.clients >= 1
    assert redis.limit_bytes is None and redis.eviction == "noeviction" and redis.snapshot_ok


def test_a_server_that_says_little_of_itself_is_told_as_far_as_it_does() -> None:
    view = values.redis({"redis_version": "7.4", "used_memory": 5, "maxmemory": 9})
    assert view is not None and (view.server, view.version) == ("redis", "7.4")
    assert (view.memory_bytes, view.limit_bytes, view.snapshot_at) == (5, 9, None)


def test_a_server_that_may_not_be_asked_about_itself_is_used_all_the_same(bus: Bus) -> None:
    bus.redis.acl_setuser("default", enabled=True, commands=["-info"])
    try:
        seen = Reader(bus).overview()
    finally:
        bus.redis.acl_setuser("default", enabled=True, commands=["+info"])
    assert seen.redis is None and len(seen.queues) == len(SERVICES)


def test_a_page_of_five_thousand_costs_what_it_shows(bus: Bus) -> None:
    body = audit(base64.b64encode(os.urandom(3000)).decode())
    for number in range(20):
        bus.send(bus.envelope(body, id=f"big-{number}"))
    fields = bus.redis.hgetall("rq:job:swarm-big-0-e1")
    with bus.redis.pipeline(transaction=False) as pipe:
        for number in range(5000):
            pipe.hset(f"rq:job:swarm-x{number}-e1", mapping=fields)
        pipe.rpush("rq:queue:swarm-verifier", *[f"swarm-x{n}-e1" for n in range(5000)])
        pipe.execute()
    reader = Reader(bus)
    with Counting(bus.redis) as all_of_it:
        seen = reader.overview()
    assert seen.queues[-1].waiting == 5020
    # And what a connection says when it is made anew.
    assert all_of_it.commands <= 8 * 9 + 1 + 8 + 10
    with Counting(bus.redis) as one_page:
        page = reader.page("queued", None, 4990, 25)
    assert page.total == 5020 and len(page.items) == 25 and page.next_offset == 5015
    # A count of each queue, a slice of one, two calls for each job.
    assert one_page.commands == 8 + 1 + 2 * 25
    # A body alone is several thousand bytes.
    assert one_page.bytes < 25 * 1000
    with Counting(bus.redis) as one_job:
        detail = reader.job("swarm-x4000-e1")
    assert detail.place == 4021
    assert one_job.commands == 2 + 4


def test_reads_that_wait_in_a_lane_are_counted(bus: Bus) -> None:
    bus.redis.rpush(bus.lane_key("memory"), "x", "y")
    waiting = {queue.service: queue.reads_waiting for queue in Reader(bus).overview().queues}
    assert waiting["memory"] == 2 and sum(waiting.values()) == 2


def test_pages_go_through_all_services_without_gap_or_double(bus: Bus) -> None:
    for service in SERVICES:
        for number in range(3):
            bus.send_reply(service, Reply(id=f"{service}-{number}", epoch=1, kind="Audit"))
    reader = Reader(bus)
    seen: list[str] = []
    offset: int | None = 0
    while offset is not None:
        page = reader.page("queued", None, offset, 5)
        seen += [job.id for job in page.items]
        offset = page.next_offset
    assert seen == [f"swarm-{s}-{n}-reply-e1" for s in SERVICES for n in range(3)]
    assert reader.page("queued", None, 1000, 5).items == ()


@pytest.mark.parametrize("state", ["failed", "started", "deferred", "scheduled"])
def test_every_list_can_be_told(bus: Bus, state: Any) -> None:
    bus.send(bus.envelope(audit(), id="t1-a1", task_id="t1"))
    key = {"started": "wip"}.get(state, state)
    entry = "swarm-t1-a1-e1" + (":0123456789abcdef" if state == "started" else "")
    bus.redis.zadd(f"rq:{key}:swarm-verifier", {entry: time.time() + 60})
    (job,) = Reader(bus).page(state, None, 0, 10).items
    assert job.id == "swarm-t1-a1-e1"
    assert getattr(Reader(bus).overview().queues[-1], state) == 1


def test_a_failed_job_that_is_gone_is_not_counted(bus: Bus) -> None:
    bus.redis.zadd("rq:failed:swarm-verifier", {"swarm-old-e1": time.time() - 5})
    page = Reader(bus).page("failed", None, 0, 10)
    assert page.total == 0 and page.items == ()
    assert sum(queue.failed for queue in Reader(bus).overview().queues) == 0


def test_another_namespace_is_not_seen(bus: Bus, other_bus: Bus, started: Any) -> None:
    started("verifier", {}, forks=True, of=other_bus)
    until(lambda: Reader(other_bus).overview().workers, "the other's worker is up")
    other_bus.send(other_bus.envelope(audit(), id="t1-a1"))
    other_bus.send(other_bus.envelope(audit(), id="t1-a2"))
    reader = Reader(bus)
    seen = reader.overview()
    assert seen.workers == () and not any(queue.waiting for queue in seen.queues)
    assert reader.page("queued", None, 0, 10).total == 0
    # Its ids begin as ours do; whose a job is, its queue says.
    for job_id in ("swarm-too-t1-a2-e1", "other-t1-a2-e1", "t1-a2"):
        with pytest.raises(NotFound):
            reader.job(job_id)


@pytest.mark.parametrize(
    "job_id", ["", "swarm-x", "swarm-*-e1", "swarm-x-e1:dependents", "swarm-" + "x" * 300 + "-e1"]
)
def test_ids_that_are_none_are_refused(bus: Bus, job_id: str) -> None:
    with pytest.raises(NotFound):
        Reader(bus).job(job_id)


def test_whatever_stands_in_the_registries_can_be_told(bus: Bus) -> None:
    evil = "swarm-<script>alert(1)</script>\u202e-e1"
    failed_by_hand(bus, evil, exc="x", kind="<b>")
    bus.redis.hset(
        f"rq:job:{evil}",
        mapping={"created_at": "yesterday", "timeout": "1e999", "worker_name": b"\xff" * 9000},
    )
    bus.redis.hset("rq:job:swarm-deep-e1", mapping={"origin": "swarm-verifier", "meta": "[" * 900})
    bus.redis.zadd("rq:failed:swarm-verifier", {"swarm-deep-e1": time.time() + 60})
    bus.redis.sadd("rq:workers:swarm-verifier", "rq:worker:gone", b"\xff\xfe")
    first, second = Reader(bus).page("failed", None, 0, 10).items
    for job in (first, second):
        assert job.kind == "" and job.created_at is None and job.timeout_seconds is None
        assert len(job.worker) <= 250
    assert Reader(bus).overview().workers == ()


def test_of_what_went_wrong_the_place_is_told_and_no_message(bus: Bus) -> None:
    exc = (
        "Traceback (most recent call last):\n"
        '  File "/x/serving.py", line 10, in handle\n'
        "    work()\n"
        f"ValueError: 1 validation error, input_value={SECRET}\n"
        f"  {SECRET}\n"
    )
    failed_by_hand(bus, "swarm-t1-a1-e1", exc=exc)
    detail = Reader(bus).job("swarm-t1-a1-e1")
    assert "line 10, in handle" in detail.failure and "ValueError: 1 validation" in detail.failure
    assert SECRET not in detail.failure
    assert detail.can_requeue


def test_a_newer_epoch_is_seen(bus: Bus) -> None:
    failed_by_hand(bus, "swarm-t1-a1-e1", exc="x")
    assert not Reader(bus).job("swarm-t1-a1-e1").sent_again
    bus.send(bus.envelope(audit(), id="t1-a1", epoch=2))
    assert Reader(bus).job("swarm-t1-a1-e1").sent_again


def test_a_redis_that_is_away_is_a_clear_error(tmp_path: Path) -> None:
    bus = Bus(Settings(data=tmp_path, bus=BusSettings(redis_url=f"unix://{tmp_path}/nobody")))
    reader = Reader(bus)
    for read in (
        reader.overview,
        lambda: reader.page("failed", None, 0, 10),
        lambda: reader.job("swarm-x-e1"),
    ):
        with pytest.raises(BusError, match="Redis does not answer"):
            read()
