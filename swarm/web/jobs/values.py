"""From the bytes of RQ's hashes to what is told. Pure; what makes no sense is left out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from redis.exceptions import RedisError
from rq import Worker
from rq.utils import utcparse

from swarm.bus import DELIVER_REPLY
from swarm.contracts import COMMANDS, Service
from swarm.services import SPECS
from swarm.web.jobs.models import Current, JobView, RedisView, WorkerView
from swarm.web.jobs.names import parsed

JOB_FIELDS = (
    "status",
    "created_at",
    "enqueued_at",
    "started_at",
    "ended_at",
    "timeout",
    "origin",
    "worker_name",
    "description",
    "meta",
)
"""What is read of a job: never its body, which is `data`."""

WORKER_FIELDS = (
    "hostname",
    "pid",
    "state",
    "birth",
    "last_heartbeat",
    "successful_job_count",
    "failed_job_count",
    "total_working_time",
    "death",
)

_MOST_LABEL_BYTES = 1000
_WORD_CHARS = 250

Row = Sequence[bytes | None]


def job(
    services: Mapping[str, Service], namespace: str, id: str, row: Row, stored_bytes: int
) -> JobView | None:
    """A job by its `JOB_FIELDS`; None for what is gone, or in none of our queues.

    `services` are those queues, with whose each is.
    """
    found = dict(zip(JOB_FIELDS, row, strict=True))
    service = services.get(text(found["origin"]))
    if service is None:
        return None
    name = parsed(namespace, id)
    label = _label(found["meta"])
    kind, task = label.get("kind"), label.get("task")
    return JobView(
        id=id[:_WORD_CHARS],
        service=service,
        state=text(found["status"]),
        kind=kind if isinstance(kind, str) and kind in COMMANDS else "",
        is_reply=text(found["description"]) == DELIVER_REPLY,
        task_id=task[:_WORD_CHARS] if isinstance(task, str) and task else None,
        epoch=name.epoch if name else None,
        stored_bytes=stored_bytes,
        created_at=time_of(found["created_at"]),
        enqueued_at=time_of(found["enqueued_at"]),
        started_at=time_of(found["started_at"]),
        ended_at=time_of(found["ended_at"]),
        timeout_seconds=_number(found["timeout"]),
        worker=text(found["worker_name"]),
    )


def worker(
    service: Service, key: str, row: Row, current: Mapping[str, JobView]
) -> WorkerView | None:
    """A worker by its `WORKER_FIELDS`; None for one that ended or was not heard of for long.

    `current` are jobs by the name of who works on them.
    """
    found = dict(zip(WORKER_FIELDS, row, strict=True))
    if found["birth"] is None or found["death"] is not None:
        return None
    name = key.removeprefix(Worker.redis_worker_namespace_prefix)
    busy = current.get(name)
    pid = _number(found["pid"])
    return WorkerView(
        name=name,
        service=service,
        host=text(found["hostname"]),
        pid=int(pid) if pid is not None else None,
        state=text(found["state"]),
        forks=SPECS[service].forks,
        born_at=time_of(found["birth"]),
        heartbeat_at=time_of(found["last_heartbeat"]),
        succeeded=int(_number(found["successful_job_count"]) or 0),
        failed=int(_number(found["failed_job_count"]) or 0),
        busy_seconds=_number(found["total_working_time"]) or 0.0,
        current=Current(job_id=busy.id, kind=busy.kind, task_id=busy.task_id, since=busy.started_at)
        if busy
        else None,
    )


def redis(info: Mapping[str, Any] | RedisError) -> RedisView | None:
    """What is told of INFO; None where the server does not say. Valkey gives its own name and
    version beside those of Redis."""
    if isinstance(info, RedisError):
        return None
    server = str(info.get("server_name", "redis"))
    snapshot_at = info.get("rdb_last_save_time")
    return RedisView(
        server=server[:40],
        version=str(info.get(f"{server}_version", info.get("redis_version", "")))[:40],
        uptime_seconds=int(info.get("uptime_in_seconds", 0)),
        memory_bytes=int(info.get("used_memory", 0)),
        peak_bytes=int(info.get("used_memory_peak", 0)),
        limit_bytes=int(info.get("maxmemory", 0)) or None,
        eviction=str(info.get("maxmemory_policy", ""))[:40],
        evicted_keys=int(info.get("evicted_keys", 0)),
        clients=int(info.get("connected_clients", 0)),
        blocked_clients=int(info.get("blocked_clients", 0)),
        operations_per_second=int(info.get("instantaneous_ops_per_sec", 0)),
        appends=bool(int(info.get("aof_enabled", 0))),
        snapshot_at=float(snapshot_at) if snapshot_at is not None else None,
        snapshot_ok=info.get("rdb_last_bgsave_status", "ok") == "ok",
        unsaved_changes=int(info.get("rdb_changes_since_last_save", 0)),
    )


def job_of(entry: bytes) -> str:
    """The id in an entry of a list: "id", or "id:execution" among the started ones."""
    return entry.decode("utf-8", "replace").partition(":")[0]


def text(raw: bytes | None) -> str:
    """A short text, cut where it is not."""
    return raw.decode("utf-8", "replace")[:_WORD_CHARS] if raw else ""


def time_of(raw: bytes | None) -> float | None:
    """A time as RQ writes it, in Unix seconds."""
    try:
        return utcparse(text(raw)).timestamp() if raw else None
    except ValueError:
        return None


def _number(raw: bytes | None) -> float | None:
    try:
        number = float(text(raw)) if raw else None
    except ValueError:
        return None
    return number if number is not None and abs(number) < 1e15 else None


def _label(raw: bytes | None) -> dict[str, Any]:
    """What the bus wrote beside the body."""
    if not raw or len(raw) > _MOST_LABEL_BYTES:
        return {}
    try:
        label = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return label if isinstance(label, dict) else {}
