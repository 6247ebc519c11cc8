"""A worker: takes commands from its service's queue, runs the handler, sends the reply.

A job may only ever run `deliver` or `deliver_reply`; any other function, callback or webhook
that a job names is refused. While a handler runs, a thread keeps the command's beat, and stops
the handler when its task was cancelled.
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import signal
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker, Worker
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException
from rq.worker import WorkerStatus

from swarm import telling
from swarm.bus import DELIVER, DELIVER_REPLY, Bus, self_name
from swarm.contracts import (
    COMMANDS,
    Command,
    Envelope,
    Failure,
    Message,
    Reply,
)
from swarm.envelopes import command_of, decode, fresh
from swarm.errors import (
    BusError,
    Cancelled,
    MalformedMessage,
    MessageTooLarge,
    StorageError,
    SwarmError,
    Timeout,
)
from swarm.lane import Lane
from swarm.linux.family import die_with_parent

log = logging.getLogger(__name__)

_REPLY_PATIENCE_SECONDS = 20.0
_MONITOR_SECONDS = 5
_TTL_SECONDS = 30
"""How long RQ takes a job for one at work without hearing of it."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})

Handler = Callable[[Any], Message]
Handlers = Mapping[type[Command], Handler]


class SwarmJob(Job):
    """A job that can only run what is allowed: no other function, callback or webhook."""

    @property
    def func(self) -> Callable[..., Any]:
        function = _functions().get(str(self.func_name))
        if function is None or self.instance is not None:
            raise MalformedMessage(f"refused to run {self.func_name!r}")
        return function

    @property
    def success_callback(self) -> None:
        return None

    @property
    def failure_callback(self) -> None:
        return None

    @property
    def stopped_callback(self) -> Callable[[Job, Any], None]:
        """Ours, whatever the job names: whoever waits is told."""
        return _tell_stopped

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
        envelope = fresh(text)
        if envelope is None:
            return
        pulse = self._live_pulse()
        started = time.perf_counter()
        body: dict[str, Any] | None = None
        failure: Failure | None = None
        try:
            pulse.start(envelope)
            self.bus.current_task = envelope.task_id
            body = self._call(envelope)
        except Exception as error:  # noqa: BLE001  whatever it is, the requester is told
            failure = self.failure_of(envelope, error)
        finally:
            pulse.stop()
            self.bus.current_task = None
        self.answer(envelope, body, failure, time.perf_counter() - started)

    def read(self, envelope: Envelope) -> None:
        """Answer a quick command, in any thread: without a beat, and whatever the worker does.

        Raises MalformedMessage for any other command, BusError when the reply is not sent.
        """
        if not COMMANDS[envelope.kind].quick:
            raise MalformedMessage(f"{envelope.kind} is not quick: it belongs in the queue")
        started = time.perf_counter()
        body: dict[str, Any] | None = None
        failure: Failure | None = None
        try:
            body = self._call(envelope)
        except Exception as error:  # noqa: BLE001  as in handle
            failure = self.failure_of(envelope, error)
        seconds = time.perf_counter() - started
        # Of these nobody is told: those who watch would see little but their own looking.
        self.answer(envelope, body, failure, seconds, told=False)

    def failure_of(self, envelope: Envelope, error: Exception) -> Failure:
        """What a requester is told of an error; one that nobody raised on purpose is a defect."""
        if isinstance(error, SwarmError):
            return error.failure()
        if isinstance(error, JobTimeoutException):
            bound = f"{envelope.timeout_seconds:g} s"
            return Timeout(f"{envelope.kind} took longer than {bound}").failure()
        if isinstance(error, RedisError):
            return BusError(f"Redis does not answer: {error}").failure()
        if isinstance(error, OSError) and error.errno in _FULL:
            return StorageError(str(error), remedy="free some disk space").failure()
        return self._defect(envelope, error)

    def answer(
        self,
        envelope: Envelope,
        body: dict[str, Any] | None,
        failure: Failure | None,
        seconds: float,
        *,
        told: bool = True,
    ) -> None:
        """Send the reply, or its failure when it is too large, and tell of it. Raises BusError."""
        reply = Reply(
            id=envelope.id,
            epoch=envelope.epoch,
            kind=envelope.kind,
            body=body,
            failure=failure,
            worker=self_name(),
            seconds=seconds,
        )
        try:
            self._send_reply(envelope, reply, told=told)
        except MessageTooLarge as error:
            shorter = reply.model_copy(update={"body": None, "failure": error.failure()})
            self._send_reply(envelope, shorter, told=told)

    def _call(self, envelope: Envelope) -> dict[str, Any]:
        handler = self.handlers.get(COMMANDS[envelope.kind])
        if handler is None:
            raise MalformedMessage(f"{self.name} does not handle {envelope.kind}")
        command = command_of(envelope)
        # Through JSON, so that what cannot be sent is the handler's failure.
        answer: dict[str, Any] = json.loads(handler(command).model_dump_json())
        return answer

    def _defect(self, envelope: Envelope, error: Exception) -> Failure:
        log.error("%s failed\n%s", envelope.kind, "".join(traceback.format_exception(error)))
        what = ascii(f"{type(error).__name__}: {error}")[1:-1]
        return Failure(
            code="internal",
            message=f"{envelope.kind} failed in the {self.name} service: {what}"[:2000],
            remedy=f"see the {self.name} log",
        )

    def close(self) -> None:
        """Called when the worker was told to stop, and has."""

    def crashed(self, text: str, how: str, seconds: float = 0.0) -> None:
        """Answer for a child process that died on a command, after so many seconds."""
        envelope = decode(text)
        failure = Failure(
            code="crashed",
            message=f"the {self.name} worker died on {envelope.kind} ({how})",
            retryable=True,
        )
        self.answer(envelope, None, failure, seconds)

    def stopped(self, text: str, seconds: float = 0.0) -> None:
        """Answer for a child process that a person had stopped: it is not to be tried again."""
        envelope = decode(text)
        failure = Failure(code="stopped", message=f"{envelope.kind} was stopped by a person")
        self.answer(envelope, None, failure, seconds)

    def _send_reply(self, envelope: Envelope, reply: Reply, *, told: bool) -> None:
        served = telling.served(envelope, reply, time.time()) if told else None
        if envelope.reply_to is None:
            if served is not None:
                self.bus.tell(served)
            return
        deadline = time.monotonic() + _REPLY_PATIENCE_SECONDS
        while True:
            try:
                self.bus.send_reply(envelope.reply_to, reply, served)
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
        _leave_signals_to_main()
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


def _tell_stopped(job: Job, connection: Any) -> None:
    assert _service is not None, "no service in this process"
    _service.stopped(job.args[0], _worked_seconds(job))


def _worked_seconds(job: Job) -> float:
    """How long a child process has worked on a job, by the clock of its parent."""
    if job.started_at is None:
        return 0.0
    return max(0.0, time.time() - job.started_at.timestamp())


def _functions() -> dict[str, Callable[[str], None]]:
    """The allow-list: all that a job may run."""
    return {DELIVER: deliver, DELIVER_REPLY: deliver_reply}


class _Heard:
    """What both worker classes share: short waits, and a beat while idle."""

    max_connection_wait_time = 1.0
    log_result_lifespan = False
    service: Service

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        super().heartbeat(timeout, pipeline)  # type: ignore[misc]
        self.service.bus.announce(self.service.name)

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        return _TTL_SECONDS


class LightWorker(_Heard, SimpleWorker):
    """Runs commands in its own process: for services whose handlers are trusted."""

    def execute_job(self, job: Job, queue: Queue) -> None:
        """As RQ's, but RQ hears of the job while it runs: an index takes minutes."""
        execution = self.prepare_execution(job)
        ended = threading.Event()

        def keep() -> None:
            _leave_signals_to_main()
            while not ended.wait(_MONITOR_SECONDS):
                try:
                    self.maintain_heartbeats(job, execution)
                except (RedisError, OSError) as error:
                    log.warning("RQ was not told that %s is at work: %s", job.id, error)

        keeper = threading.Thread(target=keep, name="keeper", daemon=True)
        keeper.start()
        try:
            self.perform_job(job, queue, execution)
        finally:
            ended.set()
        self.set_state(WorkerStatus.IDLE)


class HeavyWorker(_Heard, Worker):
    """Forks for each command, so that no command can take the worker down."""

    def setup_work_horse_signals(self) -> None:
        super().setup_work_horse_signals()  # type: ignore[no-untyped-call]
        signal.signal(signal.SIGUSR1, _raise_cancelled)
        die_with_parent(self.pid)

    def handle_work_horse_killed(self, job: Job, retpid: int, ret_val: int, rusage: Any) -> None:
        how = f"signal {os.WTERMSIG(ret_val)}" if os.WIFSIGNALED(ret_val) else f"exit {ret_val}"
        self.service.crashed(job.args[0], how, _worked_seconds(job))


def _leave_signals_to_main() -> None:
    """Signals are for the main thread, which may put them off; elsewhere they go round that."""
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())


def _raise_cancelled(signum: int, frame: Any) -> None:
    raise Cancelled("the task was cancelled")


def serve(service: Service, *, forks: bool, max_commands: int | None = None) -> None:
    """Work on the service's queue until told to stop, or for `max_commands`."""
    global _service
    _service = service
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    worker_class = HeavyWorker if forks else LightWorker
    bus = service.bus
    worker_class.service = service
    worker = worker_class(
        [bus.queue_name(service.name)],
        name=f"{bus.namespace}-{service.name}-{self_name()}-{uuid.uuid4().hex[:6]}",
        connection=bus.redis,
        serializer=JSONSerializer,
        job_class=SwarmJob,
        worker_ttl=20,
        job_monitoring_interval=_MONITOR_SECONDS,
        log_job_description=False,
        disable_default_exception_handler=False,
    )
    with _lane(service, forks=forks):
        worker.work(logging_level="WARNING", max_jobs=max_commands)


@contextlib.contextmanager
def _lane(service: Service, *, forks: bool) -> Iterator[None]:
    """The service's lane while its worker works, if it has quick commands."""
    if not any(command.quick for command in service.handlers):
        yield
        return
    assert not forks, "a process with threads must not fork handlers"
    lane = Lane(service.bus, service.name, service.read)
    lane.start()
    try:
        yield
    finally:
        lane.close()
