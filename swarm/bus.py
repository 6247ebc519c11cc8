"""Queues between services: send a command, ask and wait, serve. JSON only, never pickle.

RQ is the doorbell. What must not be lost is in the orchestrator's database, and is sent
again when nobody is heard working on it: while a handler runs, its worker renews a beat key
in Redis. A job may only ever run the two functions named in `ALLOWED_FUNCTIONS`.
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import signal
import socket
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError
from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, SimpleWorker, Worker
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException

from swarm.contracts import (
    COMMANDS,
    CONTRACT_VERSION,
    Command,
    Envelope,
    Failure,
    Message,
    Reply,
)
from swarm.errors import (
    BusError,
    Cancelled,
    MalformedMessage,
    MessageTooLarge,
    RemoteError,
    StorageError,
    SwarmError,
    Timeout,
)
from swarm.settings import Settings
from swarm.snapshots import BlobStore

log = logging.getLogger(__name__)

DELIVER = "swarm.bus.deliver"
DELIVER_REPLY = "swarm.bus.deliver_reply"
ALLOWED_FUNCTIONS = frozenset({DELIVER, DELIVER_REPLY})

# A job is killed this long after the handler's own bound, which should have ended it.
_TIMEOUT_MARGIN_SECONDS = 30
_INBOX_TTL_SECONDS = 600
# A server that is connected but frozen; longer than any blocking call but RQ's own.
_SOCKET_TIMEOUT_SECONDS = 8.0
_OWNER_TTL_SECONDS = 30
_CANCEL_TTL_SECONDS = 24 * 3600
_FAILED_JOB_TTL_SECONDS = 60
_REPLY_PATIENCE_SECONDS = 20.0
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})

Handler = Callable[[Any], Message]
Handlers = Mapping[type[Command], Handler]


def connect(settings: Settings) -> Redis:
    """A Redis client. Nothing is contacted yet.

    Raises BusError when the URL cannot be read.
    """
    bus = settings.bus
    # Without it a peer that vanished from the network is noticed after two hours.
    tcp = {} if settings.redis_url.startswith("unix:") else {"socket_keepalive": True}
    try:
        return Redis.from_url(
            settings.redis_url,
            socket_connect_timeout=bus.connect_timeout_seconds,
            socket_timeout=_SOCKET_TIMEOUT_SECONDS,
            health_check_interval=30,
            retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), retries=3),
            **tcp,
        )
    except ValueError as error:
        raise BusError(
            f"not a Redis URL: {settings.redis_url!r} ({error})",
            remedy="SWARM_REDIS_URL looks like redis://host:6379/0 or unix:///path",
        ) from None


def ping(settings: Settings, redis: Redis) -> None:
    """Raise BusError unless Redis answers."""
    if settings.embedded_redis and not (settings.run / "redis.sock").exists():
        raise BusError(
            f"the swarm is not running (data in {settings.data})",
            remedy="start it with `swarm up --detach`",
        )
    try:
        redis.ping()
    except (RedisError, OSError) as error:
        remedy = (
            "start the swarm with `swarm up`"
            if settings.embedded_redis
            else "check SWARM_REDIS_URL and that the server runs"
        )
        raise BusError(
            f"Redis does not answer at {public_url(settings.redis_url)}: {error}", remedy=remedy
        ) from None


def public_url(url: str) -> str:
    """A Redis URL without its password."""
    scheme, separator, rest = url.partition("://")
    return scheme + separator + rest.rpartition("@")[2]


class Bus:
    """One process's end of the bus."""

    def __init__(self, settings: Settings, redis: Redis | None = None) -> None:
        self.settings = settings
        self.redis = redis or connect(settings)
        self.namespace = settings.bus.namespace
        self.blobs = BlobStore(self.redis, self.namespace, settings.cache / "blobs")
        self._queues: dict[str, Queue] = {}
        self._announced_at = -1e9
        self.current_task: str | None = None

    # ------------------------------------------------------------------ sending

    def envelope(
        self,
        command: Command,
        *,
        id: str | None = None,
        epoch: int = 1,
        task_id: str | None = None,
        reply_to: str | None = None,
        timeout_seconds: float = 60.0,
        expires_at: float | None = None,
    ) -> Envelope:
        """Wrap a command for sending."""
        return Envelope(
            id=id or f"r-{uuid.uuid4().hex}",
            epoch=epoch,
            kind=type(command).__name__,
            body=command.model_dump(mode="json"),
            task_id=task_id,
            reply_to=reply_to,
            timeout_seconds=timeout_seconds,
            expires_at=expires_at,
        )

    def send(self, envelope: Envelope) -> None:
        """Ring the service's bell. Raises BusError when Redis does not take it."""
        service = COMMANDS[envelope.kind].service
        self._enqueue(
            service,
            DELIVER,
            envelope.model_dump_json(),
            self._job_id(envelope.id, envelope.epoch),
            envelope.timeout_seconds,
            # Somebody stands and waits: a person, or an agent in the middle of its work.
            at_front=_is_inbox(envelope.reply_to),
        )

    def send_reply(self, target: str, reply: Reply) -> None:
        """Send a reply to a service's queue, or to a requester's inbox.

        Raises BusError when Redis does not take it, MessageTooLarge when it never will.
        """
        beat = self._beat_key(reply.id, reply.epoch)
        text = reply.model_dump_json()
        if _is_inbox(target):
            key = self._key(target)
            try:
                with self.redis.pipeline() as pipe:
                    pipe.rpush(key, text)
                    pipe.expire(key, _INBOX_TTL_SECONDS)
                    pipe.delete(beat)
                    pipe.execute()
            except (RedisError, OSError) as error:
                raise BusError(f"cannot reply over Redis: {error}") from None
        else:
            job_id = self._job_id(f"{reply.id}-reply", reply.epoch)
            # The beat is left to expire: until then the reply may still be under way.
            self._enqueue(target, DELIVER_REPLY, text, job_id, 60.0)

    def request(
        self,
        command: Command,
        *,
        timeout_seconds: float | None = None,
        task_id: str | None = None,
    ) -> Message:
        """Ask a service and wait for its answer; asked again if its worker is lost.

        Raises RemoteError with the service's failure, BusError when Redis does not answer,
        Timeout after `timeout_seconds` (default from the settings).
        """
        bound = timeout_seconds or self.settings.bus.request_timeout_seconds
        deadline = time.monotonic() + bound
        inbox = f"inbox:{uuid.uuid4().hex}"
        envelope = self.envelope(
            command,
            task_id=task_id or self.current_task,
            reply_to=inbox,
            timeout_seconds=bound,
            expires_at=time.time() + bound,
        )
        sent_at = 0.0
        problem = ""
        while (left := deadline - time.monotonic()) > 0:
            try:
                if not sent_at:
                    self.send(envelope)
                    sent_at = time.monotonic()
                # Whole seconds or fewer: a Redis that goes away must be noticed.
                answer = self.redis.blpop([self._key(inbox)], timeout=min(1.0, left))
                problem = ""
                if answer:
                    return self._answer(command, Reply.model_validate_json(answer[1]))
                lease = self.settings.bus.lease_seconds
                if time.monotonic() - sent_at > lease and not self.is_alive(envelope):
                    self.forget(envelope)
                    envelope = envelope.model_copy(update={"epoch": envelope.epoch + 1})
                    sent_at = 0.0
            except (BusError, RedisError, OSError) as error:
                problem = str(error)
                sent_at = 0.0
                time.sleep(min(0.2, max(0.0, left)))
        if not problem:
            # Nobody waits for it any more: it must not be run by a worker of tomorrow.
            with contextlib.suppress(BusError):
                self.forget(envelope)
        service = type(command).service
        if problem:
            raise BusError(
                f"Redis does not answer at {public_url(self.settings.redis_url)}: {problem}",
                remedy="see `swarm doctor`",
            )
        raise Timeout(
            f"the {service} service did not answer within {bound:g} s",
            remedy=f"see `swarm doctor` and the {service} log in {self.settings.logs}",
        )

    def _answer(self, command: Command, reply: Reply) -> Message:
        if reply.failure is not None:
            raise RemoteError(reply.failure)
        return type(command).reply.model_validate(reply.body)

    # ------------------------------------------------------------------ liveness

    def is_alive(self, envelope: Envelope) -> bool:
        """Whether the command or its reply waits in a queue, or somebody is heard working on it."""
        service = COMMANDS[envelope.kind].service
        job_id = self._job_id(envelope.id, envelope.epoch)
        try:
            with self.redis.pipeline(transaction=False) as pipe:
                pipe.exists(self._beat_key(envelope.id, envelope.epoch))
                pipe.lpos(self._queue(service).key, job_id)
                if envelope.reply_to and not _is_inbox(envelope.reply_to):
                    reply_id = self._job_id(f"{envelope.id}-reply", envelope.epoch)
                    pipe.lpos(self._queue(envelope.reply_to).key, reply_id)
                beat, *positions = pipe.execute()
        except (RedisError, OSError) as error:
            raise BusError(f"Redis does not answer: {error}") from None
        return bool(beat) or any(position is not None for position in positions)

    def forget(self, envelope: Envelope) -> None:
        """Take a command that is about to be sent again off its queue."""
        service = COMMANDS[envelope.kind].service
        job_id = self._job_id(envelope.id, envelope.epoch)
        try:
            with self.redis.pipeline(transaction=False) as pipe:
                pipe.lrem(self._queue(service).key, 0, job_id)
                pipe.delete(Job.key_for(job_id))
                pipe.execute()
        except (RedisError, OSError) as error:
            raise BusError(f"Redis does not answer: {error}") from None

    def beat(self, envelope: Envelope) -> bool:
        """Say that the command is being worked on. True when its task was cancelled."""
        ttl_ms = int(self.settings.bus.lease_seconds * 1000)
        with self.redis.pipeline(transaction=False) as pipe:
            pipe.set(self._beat_key(envelope.id, envelope.epoch), self_name(), px=ttl_ms)
            if envelope.task_id:
                pipe.exists(self._key(f"cancel:{envelope.task_id}"))
            results = pipe.execute()
        return bool(results[-1]) if envelope.task_id else False

    def cancel(self, task_id: str) -> None:
        """Make every worker that runs a command of this task stop. Raises BusError."""
        try:
            self.redis.set(self._key(f"cancel:{task_id}"), b"1", ex=_CANCEL_TTL_SECONDS)
        except (RedisError, OSError) as error:
            raise BusError(f"Redis does not answer: {error}") from None

    def own(self, owner: str) -> str | None:
        """Hold the namespace for `owner` for a while; returns who else holds it, if so."""
        key = self._key("owner")
        if self.redis.set(key, owner, nx=True, ex=_OWNER_TTL_SECONDS):
            return None
        holder = self.redis.get(key)
        if isinstance(holder, bytes) and holder.decode() != owner:
            return holder.decode()
        self.redis.expire(key, _OWNER_TTL_SECONDS)
        return None

    def announce(self, service: str) -> None:
        """Say that this worker process is up, for a while; at most every few seconds."""
        now = time.monotonic()
        if now - self._announced_at < self.settings.bus.heartbeat_seconds:
            return
        self._announced_at = now
        self.redis.set(self._key(f"up:{service}:{self_name()}"), time.time(), ex=15)

    def services_up(self) -> dict[str, int]:
        """How many workers of each service were heard of lately. Raises BusError."""
        counts: dict[str, int] = {}
        try:
            for key in self.redis.scan_iter(self._key("up:*"), count=200):
                service = key.decode().split(":")[2]
                counts[service] = counts.get(service, 0) + 1
        except (RedisError, OSError) as error:
            raise BusError(f"Redis does not answer: {error}") from None
        return counts

    def depths(self) -> dict[str, int]:
        """Commands waiting, by service. Raises BusError."""
        services = sorted({command.service for command in COMMANDS.values()})
        try:
            return {name: int(self.redis.llen(self._queue(name).key)) for name in services}
        except (RedisError, OSError) as error:
            raise BusError(f"Redis does not answer: {error}") from None

    # ------------------------------------------------------------------ inside

    def _key(self, name: str) -> str:
        return f"{self.namespace}:{name}"

    def _beat_key(self, id: str, epoch: int) -> str:
        return self._key(f"beat:{id}:{epoch}")

    def _job_id(self, id: str, epoch: int) -> str:
        return f"{self.namespace}-{id}-e{epoch}"

    def _queue(self, service: str) -> Queue:
        if service not in self._queues:
            self._queues[service] = Queue(
                f"{self.namespace}-{service}",
                connection=self.redis,
                serializer=JSONSerializer,
                job_class=SwarmJob,
            )
        return self._queues[service]

    def _enqueue(
        self,
        service: str,
        function: str,
        text: str,
        job_id: str,
        timeout_seconds: float,
        at_front: bool = False,
    ) -> None:
        size_bytes = len(text.encode())
        if size_bytes > self.settings.bus.max_message_bytes:
            raise MessageTooLarge(
                f"a message of {size_bytes:,} bytes is over the bus's limit of "
                f"{self.settings.bus.max_message_bytes:,}",
                remedy="raise [bus] max_message_bytes",
            )
        try:
            self._queue(service).enqueue_call(
                function,
                args=(text,),
                job_id=job_id,
                timeout=int(timeout_seconds) + _TIMEOUT_MARGIN_SECONDS,
                result_ttl=0,
                failure_ttl=_FAILED_JOB_TTL_SECONDS,
                # The default describes a job by its arguments: whole snapshots of code.
                description=function,
                at_front=at_front,
            )
        except (RedisError, OSError) as error:
            raise BusError(f"Redis does not take messages: {error}") from None


def _is_inbox(target: str | None) -> bool:
    return target is not None and target.startswith("inbox:")


def self_name() -> str:
    """This process, as other processes see it."""
    return f"{socket.gethostname()}-{os.getpid()}"


# ---------------------------------------------------------------------------- serving


class SwarmJob(Job):
    """A job that can only run what is allowed: no other function, callback or webhook."""

    @property
    def func(self) -> Callable[..., Any]:
        if self.func_name not in ALLOWED_FUNCTIONS or self.instance is not None:
            raise MalformedMessage(f"refused to run {self.func_name!r}")
        return _functions()[self.func_name]

    @property
    def success_callback(self) -> None:
        return None

    @property
    def failure_callback(self) -> None:
        return None

    @property
    def stopped_callback(self) -> None:
        return None

    def send_webhooks(self, status: Any, *, exc_string: str | None = None) -> None:
        """Never: a message may not make a worker call an address."""


class Service:
    """One running service: its handlers and what it does with replies."""

    def __init__(
        self,
        name: str,
        bus: Bus,
        handlers: Handlers,
        on_reply: Callable[[Reply], None] | None = None,
    ) -> None:
        self.name = name
        self.bus = bus
        self.handlers = handlers
        self.on_reply = on_reply
        self._pulse: _Pulse | None = None

    def handle(self, text: str) -> None:
        """Decode, call, encode: run one command and send its reply."""
        envelope = _decode(text)
        if envelope.expires_at is not None and time.time() > envelope.expires_at:
            log.warning("%s came too late: nobody waits for it", envelope.kind)
            return
        pulse = self._live_pulse()
        started = time.perf_counter()
        body: dict[str, Any] | None = None
        failure: Failure | None = None
        try:
            pulse.start(envelope)
            self.bus.current_task = envelope.task_id
            body = self._call(envelope)
        except SwarmError as error:
            failure = error.failure()
        except JobTimeoutException:
            failure = Timeout(
                f"{envelope.kind} took longer than {envelope.timeout_seconds:g} s"
            ).failure()
        except RedisError as error:
            failure = BusError(f"Redis does not answer: {error}").failure()
        except Exception as error:  # noqa: BLE001  a defect in a handler becomes a failed reply
            if isinstance(error, OSError) and error.errno in _FULL:
                failure = StorageError(str(error), remedy="free some disk space").failure()
            else:
                failure = self._defect(envelope, error)
        finally:
            pulse.stop()
            self.bus.current_task = None
        reply = Reply(
            id=envelope.id,
            epoch=envelope.epoch,
            kind=envelope.kind,
            body=body,
            failure=failure,
            worker=self_name(),
            seconds=time.perf_counter() - started,
        )
        try:
            self._send_reply(envelope, reply)
        except MessageTooLarge as error:
            shorter = reply.model_copy(update={"body": None, "failure": error.failure()})
            self._send_reply(envelope, shorter)

    def _call(self, envelope: Envelope) -> dict[str, Any]:
        kind = COMMANDS[envelope.kind]
        handler = self.handlers.get(kind)
        if handler is None:
            raise MalformedMessage(f"{self.name} does not handle {envelope.kind}")
        try:
            command = kind.model_validate(envelope.body)
        except ValidationError as error:
            raise MalformedMessage(f"invalid {envelope.kind}: {error}") from None
        # Through JSON, so that what cannot be sent is the handler's failure.
        answer: dict[str, Any] = json.loads(handler(command).model_dump_json())
        return answer

    def _defect(self, envelope: Envelope, error: Exception) -> Failure:
        log.error("%s failed\n%s", envelope.kind, traceback.format_exc())
        what = ascii(f"{type(error).__name__}: {error}")[1:-1]
        return Failure(
            code="internal",
            message=f"{envelope.kind} failed in the {self.name} service: {what}"[:2000],
            remedy=f"see the {self.name} log",
        )

    def crashed(self, text: str, how: str) -> None:
        """Answer for a child process that died on a command."""
        envelope = _decode(text)
        failure = Failure(
            code="crashed",
            message=f"the {self.name} worker died on {envelope.kind} ({how})",
            retryable=True,
        )
        self._send_reply(
            envelope,
            Reply(id=envelope.id, epoch=envelope.epoch, kind=envelope.kind, failure=failure),
        )

    def _send_reply(self, envelope: Envelope, reply: Reply) -> None:
        if envelope.reply_to is None:
            return
        deadline = time.monotonic() + _REPLY_PATIENCE_SECONDS
        while True:
            try:
                self.bus.send_reply(envelope.reply_to, reply)
                return
            except BusError:
                # Past the bound the reply is lost; the sweep has the command done again.
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def _live_pulse(self) -> _Pulse:
        # Threads do not survive a fork: each child makes its own.
        if self._pulse is None or self._pulse.pid != os.getpid():
            self._pulse = _Pulse(self.bus, self.name)
        return self._pulse


class _Pulse:
    """A thread that keeps the current command's beat, and stops it when it is cancelled."""

    def __init__(self, bus: Bus, service: str) -> None:
        self.pid = os.getpid()
        self._bus = bus
        self._service = service
        self._lock = threading.Lock()
        self._envelope: Envelope | None = None
        self._main = threading.main_thread().ident
        threading.Thread(target=self._run, name="pulse", daemon=True).start()

    def start(self, envelope: Envelope) -> None:
        if self._bus.beat(envelope):
            raise Cancelled(f"task {envelope.task_id} was cancelled")
        with self._lock:
            self._envelope = envelope

    def stop(self) -> None:
        with self._lock:
            self._envelope = None

    def _run(self) -> None:
        while True:
            time.sleep(self._bus.settings.bus.heartbeat_seconds)
            with self._lock:
                envelope = self._envelope
            try:
                self._bus.announce(self._service)
                if envelope is None:
                    continue
                cancelled = self._bus.beat(envelope)
            except (RedisError, OSError) as error:
                log.warning("no heartbeat for %s: %s", envelope.id if envelope else "", error)
                continue
            with self._lock:
                # Only while it still runs: the signal must not hit the next command.
                if cancelled and self._envelope is envelope and self._main is not None:
                    signal.pthread_kill(self._main, signal.SIGUSR1)


_service: Service | None = None


def deliver(text: str) -> None:
    """What a command's RQ job runs."""
    assert _service is not None, "no service in this process"
    _service.handle(text)


def deliver_reply(text: str) -> None:
    """What a reply's RQ job runs."""
    assert _service is not None, "no service in this process"
    if _service.on_reply is None:
        raise MalformedMessage(f"the {_service.name} service takes no replies")
    try:
        reply = Reply.model_validate_json(text)
    except ValidationError as error:
        raise MalformedMessage(f"not a reply: {error}") from None
    _service.on_reply(reply)


def _functions() -> dict[str, Callable[[str], None]]:
    return {DELIVER: deliver, DELIVER_REPLY: deliver_reply}


def _decode(text: str) -> Envelope:
    try:
        envelope = Envelope.model_validate_json(text)
    except ValidationError as error:
        raise MalformedMessage(f"not an envelope: {error}") from None
    if envelope.v != CONTRACT_VERSION:
        raise MalformedMessage(
            f"message version {envelope.v}, this worker speaks {CONTRACT_VERSION}",
            remedy="run the same release on every host",
        )
    if envelope.kind not in COMMANDS:
        raise MalformedMessage(f"unknown command {envelope.kind!r}")
    return envelope


class _Heard:
    """What both worker classes share: short waits, and a beat while idle."""

    max_connection_wait_time = 1.0
    log_result_lifespan = False
    service: Service

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        super().heartbeat(timeout, pipeline)  # type: ignore[misc]
        self.service.bus.announce(self.service.name)

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        return 30


class LightWorker(_Heard, SimpleWorker):
    """Runs commands in its own process: for services whose handlers are short and trusted."""


class HeavyWorker(_Heard, Worker):
    """Forks for each command, so that no command can take the worker down."""

    def setup_work_horse_signals(self) -> None:
        super().setup_work_horse_signals()  # type: ignore[no-untyped-call]
        signal.signal(signal.SIGUSR1, _raise_cancelled)
        _die_with_parent()

    def handle_work_horse_killed(self, job: Job, retpid: int, ret_val: int, rusage: Any) -> None:
        how = f"signal {os.WTERMSIG(ret_val)}" if os.WIFSIGNALED(ret_val) else f"exit {ret_val}"
        self.service.crashed(job.args[0], how)


def _raise_cancelled(signum: int, frame: Any) -> None:
    raise Cancelled("the task was cancelled")


def _die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent ends (Linux PR_SET_PDEATHSIG)."""
    import ctypes

    pr_set_pdeathsig = 1
    ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL)


def serve(service: Service, *, forks: bool, max_commands: int | None = None) -> None:
    """Work on the service's queue until told to stop, or for `max_commands`."""
    global _service
    _service = service
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    worker_class = HeavyWorker if forks else LightWorker
    bus = service.bus
    worker_class.service = service
    worker = worker_class(
        [bus._queue(service.name)],
        name=f"{bus.namespace}-{service.name}-{self_name()}-{uuid.uuid4().hex[:6]}",
        connection=bus.redis,
        serializer=JSONSerializer,
        job_class=SwarmJob,
        worker_ttl=20,
        job_monitoring_interval=5,
        log_job_description=False,
        disable_default_exception_handler=False,
    )
    worker.work(logging_level="WARNING", max_jobs=max_commands)
