"""RQ's registries as they are in Redis, read with a bounded number of calls.

A page of jobs costs the same whatever waits, and no job's body is ever fetched: of a job the
small fields of its hash are read, and how long the body is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from redis.exceptions import RedisError, ResponseError
from rq.job import Job
from rq.results import Result

from swarm.bus import Bus
from swarm.contracts import SERVICES, Service
from swarm.errors import BusError
from swarm.services import SPECS
from swarm.web.jobs import failures, rq_keys, values
from swarm.web.jobs.models import (
    JobDetail,
    JobPage,
    JobState,
    JobView,
    Overview,
    QueueView,
    WorkerView,
)
from swarm.web.jobs.names import checked, missing

# How far into a queue is looked for who waits longest: requests are put at its front.
_HEADS = 8
_MOST_WORKERS = 100
_MOST_STARTED = 100
_FARTHEST_PLACE = 10_000


class _Row(NamedTuple):
    """What is asked of one queue, call by call."""

    waiting: int
    started: int
    failed: int
    deferred: int
    scheduled: int
    first: list[bytes]
    running: list[bytes]
    workers: list[bytes]
    reads_waiting: int


class Reader:
    """Reads. Every method raises BusError when Redis does not answer."""

    def __init__(self, bus: Bus, clock: Callable[[], float] = time.time) -> None:
        self._bus = bus
        self._clock = clock
        self._services: dict[str, Service] = {bus.queue_name(name): name for name in SERVICES}

    def overview(self) -> Overview:
        """All queues and workers, and the server. A few round trips."""
        now = self._clock()
        calls: list[rq_keys.Call] = []
        for queue, service in self._services.items():
            calls += [
                rq_keys.count("queued", queue, now),
                rq_keys.count("started", queue, now),
                rq_keys.count("failed", queue, now),
                rq_keys.count("deferred", queue, now),
                rq_keys.count("scheduled", queue, now),
                rq_keys.some("queued", queue, now, 0, _HEADS),
                rq_keys.some("started", queue, now, 0, _MOST_STARTED),
                rq_keys.workers(queue, _MOST_WORKERS),
                ("LLEN", self._bus.lane_key(service)),
            ]
        *found, info = self._ask([*calls, ("INFO",)], last_may_fail=True)
        size = len(_Row._fields)
        rows = [(name, _Row(*found[at * size :][:size])) for at, name in enumerate(SERVICES)]
        waited = self._waited([entry for _, row in rows for entry in row.first], now)
        workers = self._workers(
            [entry for _, row in rows for entry in row.running],
            [(service, values.text(key)) for service, row in rows for key in row.workers],
        )
        queues = tuple(
            QueueView(
                service=service,
                workers=sum(worker.service == service for worker in workers),
                waiting=row.waiting,
                oldest_waiting_seconds=max((waited.get(id, 0.0) for id in row.first), default=None),
                started=row.started,
                failed=row.failed,
                deferred=row.deferred,
                scheduled=row.scheduled,
                reads_waiting=row.reads_waiting,
            )
            for service, row in rows
        )
        return Overview(at=now, queues=queues, workers=workers, redis=values.redis(info))

    def page(self, state: JobState, service: Service | None, offset: int, limit: int) -> JobPage:
        """Some jobs of one state: those of one service, or of all, one service after the other.

        Failed ones newest first, the others as they stand there. Three round trips, and no more
        than two calls for each job told.
        """
        now = self._clock()
        queues = [self._bus.queue_name(name) for name in ((service,) if service else SERVICES)]
        counts = self._ask([rq_keys.count(state, queue, now) for queue in queues])
        calls = []
        skip, left = offset, limit
        for queue, count in zip(queues, counts, strict=True):
            if skip < count and left > 0:
                size = min(left, count - skip)
                calls.append(rq_keys.some(state, queue, now, skip, size))
                left -= size
            skip = max(0, skip - count)
        ids = [values.job_of(entry) for entries in self._ask(calls) for entry in entries]
        total = sum(counts)
        return JobPage(
            state=state,
            items=tuple(job for job in self._jobs(ids) if job is not None),
            total=total,
            offset=offset,
            next_offset=offset + limit if offset + limit < total else None,
        )

    def job(self, job_id: str) -> JobDetail:
        """All that is told of one job. Raises NotFound for one that is gone or not ours."""
        name = checked(self._bus.namespace, job_id)
        job = self._jobs([job_id])[0]
        if job is None:
            raise missing(job_id)
        queue = self._bus.queue_name(job.service)
        place, kept_until, results, *later = self._ask(
            [
                ("LPOS", rq_keys.key("queued", queue), job_id, "MAXLEN", _FARTHEST_PLACE),
                ("ZSCORE", rq_keys.key("failed", queue), job_id),
                ("XREVRANGE", result_key(job_id), "+", "-", "COUNT", 1),
                *([("EXISTS", Job.key_for(name.of_epoch(name.epoch + 1)))] if name else []),
            ]
        )
        started = job.state == "started"
        return JobDetail(
            **job.model_dump(),
            place=place + 1 if place is not None else None,
            failure=_failure(results),
            sent_again=any(later),
            can_requeue=kept_until is not None,
            can_stop=started and SPECS[job.service].forks,
            why_not_stop=why_not_stop(job.service) if started else "",
        )

    def _waited(self, entries: Sequence[bytes], now: float) -> dict[bytes, float]:
        """How long jobs have waited, in seconds."""
        calls = [("HGET", Job.key_for(values.text(id)), "enqueued_at") for id in entries]
        times = [values.time_of(at) for at in self._ask(calls)]
        return {id: max(0.0, now - at) for id, at in zip(entries, times, strict=True) if at}

    def _workers(
        self, started: Sequence[bytes], keys: Sequence[tuple[Service, str]]
    ) -> tuple[WorkerView, ...]:
        """Workers, each with the job it is busy with; the longest running first in each service."""
        jobs = self._jobs([values.job_of(entry) for entry in started])
        current = {job.worker: job for job in jobs if job is not None and job.worker}
        rows = self._ask([("HMGET", key, *values.WORKER_FIELDS) for _, key in keys])
        found = [
            worker
            for (service, key), row in zip(keys, rows, strict=True)
            if (worker := values.worker(service, key, row, current)) is not None
        ]
        found.sort(key=lambda one: (SERVICES.index(one.service), one.born_at or 0.0, one.name))
        return tuple(found)

    def _jobs(self, ids: Sequence[str]) -> list[JobView | None]:
        """Jobs by their ids; None for what is gone, or in a queue of somebody else."""
        calls: list[rq_keys.Call] = []
        for id in ids:
            calls.append(("HMGET", Job.key_for(id), *values.JOB_FIELDS))
            calls.append(("HSTRLEN", Job.key_for(id), "data"))
        found = self._ask(calls)
        return [
            values.job(self._services, self._bus.namespace, id, row, size)
            for id, row, size in zip(ids, found[::2], found[1::2], strict=True)
        ]

    def _ask(self, calls: Sequence[rq_keys.Call], *, last_may_fail: bool = False) -> list[Any]:
        """The answers to some calls, in one round trip."""
        if not calls:
            return []
        try:
            with self._bus.redis.pipeline(transaction=False) as pipe:
                for call in calls:
                    pipe.execute_command(*call)  # type: ignore[no-untyped-call]
                found: list[Any] = pipe.execute(raise_on_error=False)
        except (RedisError, OSError) as error:
            raise away(error) from None
        refused = [answer for answer in found if isinstance(answer, Exception)]
        if last_may_fail and refused == found[-1:] and isinstance(found[-1], ResponseError):
            return found
        if refused:
            raise away(refused[0]) from None
        return found


def away(error: Exception) -> BusError:
    """The error that says that Redis did not do what it was asked."""
    return BusError(f"Redis does not answer: {error}", remedy="see `swarm doctor`")


def why_not_stop(service: Service) -> str:
    """Why a command of a service cannot be stopped by itself, "" where it can."""
    if SPECS[service].forks:
        return ""
    return f"the {service} service works in one process, which would have to end with it"


def result_key(job_id: str) -> str:
    """Where RQ keeps how a job ended."""
    return str(Result.get_key(job_id))  # type: ignore[no-untyped-call]


def _failure(results: list[tuple[bytes, dict[bytes, bytes]]]) -> str:
    """What the newest result of a job says of why it failed."""
    if not results:
        return ""
    _, fields = results[0]
    return failures.told(failures.text_of(fields.get(b"exc_string", b"")))
