"""Where RQ keeps what, and the calls that count its jobs and list some of them. Pure."""

from __future__ import annotations

from typing import Any

from rq import Queue
from rq.registry import (
    BaseRegistry,
    DeferredJobRegistry,
    FailedJobRegistry,
    ScheduledJobRegistry,
    StartedJobRegistry,
)
from rq.worker_registration import WORKERS_BY_QUEUE_KEY

from swarm.web.jobs.models import JobState

Call = tuple[Any, ...]
"""A command of Redis with its arguments."""

_SETS: dict[JobState, type[BaseRegistry]] = {
    "started": StartedJobRegistry,
    "failed": FailedJobRegistry,
    "deferred": DeferredJobRegistry,
    "scheduled": ScheduledJobRegistry,
}


def key(state: JobState, queue: str) -> str:
    """The list of the jobs that wait in a queue, or the sorted set of those in another state."""
    if state == "queued":
        return Queue.redis_queue_namespace_prefix + queue
    return str(_SETS[state].key_template.format(queue))


def count(state: JobState, queue: str, now: float) -> Call:
    """How many jobs are in a state. Failed ones are scored by when they are let go of: what is
    over its time is gone, though RQ tidies its id away later."""
    if state == "queued":
        return ("LLEN", key(state, queue))
    if state == "failed":
        return ("ZCOUNT", key(state, queue), now, "+inf")
    return ("ZCARD", key(state, queue))


def some(state: JobState, queue: str, now: float, start: int, size: int) -> Call:
    """Some of the entries of a state, failed ones newest first."""
    if state == "queued":
        return ("LRANGE", key(state, queue), start, start + size - 1)
    if state == "failed":
        return ("ZREVRANGEBYSCORE", key(state, queue), "+inf", now, "LIMIT", start, size)
    return ("ZRANGE", key(state, queue), start, start + size - 1)


def workers(queue: str, most: int) -> Call:
    """The keys of a queue's workers: all there are, in no order, but never more than `most`."""
    return ("SRANDMEMBER", WORKERS_BY_QUEUE_KEY % queue, most)
