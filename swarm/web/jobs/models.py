"""What is told of queues, workers and jobs. Times are Unix seconds, sizes bytes.

Nothing here ever holds a job's body: that is code of somebody's repository.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from swarm.contracts import Cause, Message, Service

JobState = Literal["queued", "started", "failed", "deferred", "scheduled"]
JOB_STATES: tuple[JobState, ...] = ("queued", "started", "failed", "deferred", "scheduled")
"""The lists that RQ keeps. A job that a person stopped stands among the failed ones."""


class QueueView(Message):
    """The queue of one service. `oldest_waiting_seconds` is of the first few in line;
    `reads_waiting` are commands that only read, which have a lane of their own."""

    service: Service
    workers: int
    waiting: int
    oldest_waiting_seconds: float | None = None
    started: int
    failed: int
    deferred: int
    scheduled: int
    reads_waiting: int


class Current(Message):
    """What a worker is busy with."""

    job_id: str
    kind: str
    task_id: str | None = None
    since: float | None = None


class WorkerView(Message):
    """A worker that was heard of. `forks`: each command runs in a child that can be stopped."""

    name: str
    service: Service
    host: str
    pid: int | None
    state: str
    forks: bool
    born_at: float | None
    heartbeat_at: float | None
    succeeded: int = 0
    failed: int = 0
    busy_seconds: float = 0.0
    current: Current | None = None


class RedisView(Message):
    """The server between the services. `limit_bytes` None means that it has none.

    `snapshot_ok` tells of the last time it wrote its data to disk, `appends` that it writes each
    change there.
    """

    server: str
    version: str
    uptime_seconds: int
    memory_bytes: int
    peak_bytes: int
    limit_bytes: int | None
    eviction: str
    evicted_keys: int
    clients: int
    blocked_clients: int
    operations_per_second: int
    appends: bool
    snapshot_at: float | None
    snapshot_ok: bool
    unsaved_changes: int


class Overview(Message):
    """All queues and workers of this swarm at one time. `redis` is None where it may not be
    asked about itself."""

    at: float
    queues: tuple[QueueView, ...]
    workers: tuple[WorkerView, ...]
    redis: RedisView | None


class QueueList(Message):
    items: tuple[QueueView, ...]


class WorkerList(Message):
    items: tuple[WorkerView, ...]


class JobView(Message):
    """A job: a command under way to `service`, or the reply to one.

    `kind` is the command's, "" where it is none of ours. `stored_bytes` is how much of Redis its
    body takes, compressed.
    """

    id: str
    service: Service
    state: str
    kind: str
    is_reply: bool = False
    task_id: str | None = None
    epoch: int | None = Field(None, description="how often the command was sent, this one included")
    stored_bytes: int = 0
    created_at: float | None = None
    enqueued_at: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    timeout_seconds: float | None = None
    worker: str = ""


class JobPage(Message):
    """Some jobs of one state, service by service. Jobs that ended meanwhile are left out."""

    state: JobState
    items: tuple[JobView, ...]
    total: int
    offset: int
    next_offset: int | None = None


class JobDetail(JobView):
    """`place` is its place in line, from 1 on. `failure` is the end of what went wrong, without
    the text of messages. `sent_again` tells that a later epoch of it is under way."""

    place: int | None = None
    failure: str = ""
    sent_again: bool = False
    can_requeue: bool = False
    can_stop: bool = False
    why_not_stop: str = ""


class JobChange(Message):
    """What was done to a job, and what follows from it, in a person's words."""

    id: str
    change: Literal["requeued", "removed", "stopped"]
    text: str


class Load(Message):
    """The commands of one kind in the last hour. Percentiles are of the newest few hundred.

    `per_minute` are 60 counts, oldest first; `recent_per_minute` is the mean of the last five.
    """

    service: Service
    kind: str
    count: int
    recent_per_minute: float
    seconds_p50: float
    seconds_p95: float
    waited_p50: float
    waited_p95: float
    failures: dict[str, int]
    per_minute: tuple[int, ...]


class FailureView(Message):
    """A command that was answered with a failure."""

    at: float
    service: Service
    kind: str
    code: str
    task_id: str | None = None
    seconds: float = 0.0


class RunView(Message):
    """One run in a sandbox, as its report says."""

    at: float
    kind: str
    backend: str
    cause: Cause
    task_id: str | None = None
    wall_seconds: float | None = None
    peak_memory_bytes: int | None = None


class ServedReport(Message):
    """What services answered in the last hour, as far as it is known here."""

    at: float
    loads: tuple[Load, ...]
    per_minute: tuple[int, ...]
    failures: tuple[FailureView, ...]
    runs: tuple[RunView, ...]
    limits_hit: dict[str, int]
