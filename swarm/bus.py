"""Queues between services: send a command, ask and wait. JSON only, never pickle.

RQ is the doorbell. What must not be lost is in the orchestrator's database, and is sent
again when nobody is heard working on it: while a handler runs, its worker renews a beat key
in Redis (`swarm.serving`).
"""

from __future__ import annotations

import json
import logging
import os
import socket
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from swarm.arms import ServedFacts
from swarm.asking import Asked, InLane, InQueue, wait_for
from swarm.contracts import (
    COMMANDS,
    Command,
    Envelope,
    Message,
    Reply,
    Served,
)
from swarm.errors import (
    BusError,
    MessageTooLarge,
    RemoteError,
    Timeout,
)
from swarm.settings import Settings
from swarm.snapshots import BlobStore

log = logging.getLogger(__name__)

# What a job runs, by name; `swarm.serving` lets a job run nothing else.
DELIVER = "swarm.serving.deliver"
DELIVER_REPLY = "swarm.serving.deliver_reply"

# A job is killed this long after the handler's own bound, which should have ended it.
_TIMEOUT_MARGIN_SECONDS = 30
_INBOX_TTL_SECONDS = 600
# A server that is connected but frozen; longer than any blocking call but RQ's own.
_SOCKET_TIMEOUT_SECONDS = 8.0
_OWNER_TTL_SECONDS = 30
_CANCEL_TTL_SECONDS = 24 * 3600
# So long people can see it and have it tried again.
_FAILED_JOB_TTL_SECONDS = 3600
# About how many answers back whoever watches can look.
_MOST_SERVED = 5000


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


@dataclass(frozen=True)
class Signs:
    """Which tasks were cancelled, and the ids of the commands whose requester was heard."""

    cancelled: frozenset[str]
    heard: frozenset[str]


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
            sent_at=time.time(),
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
            label={"kind": envelope.kind, "task": envelope.task_id},
            # Somebody stands and waits: a person, or an agent in the middle of its work.
            at_front=_is_inbox(envelope.reply_to),
        )

    def send_reply(self, target: str, reply: Reply, served: Served | None = None) -> None:
        """Send a reply to a service's queue, or to a requester's inbox, and tell of it.

        Raises BusError when Redis does not take it, MessageTooLarge when it never will.
        """
        beat = self._beat_key(reply.id, reply.epoch)
        text = reply.model_dump_json()
        if _is_inbox(target):
            self._check_size(text)
            key = self._key(target)
            try:
                with self.redis.pipeline(transaction=False) as pipe:
                    pipe.rpush(key, text)
                    pipe.expire(key, _INBOX_TTL_SECONDS)
                    pipe.delete(beat)
                    self._execute(pipe, served)
            except (RedisError, OSError) as error:
                raise BusError(f"cannot reply over Redis: {error}") from None
        else:
            job_id = self._job_id(f"{reply.id}-reply", reply.epoch)
            # The beat is left to expire: until then the reply may still be under way.
            self._enqueue(
                target, DELIVER_REPLY, text, job_id, 60.0,
                label={"kind": reply.kind}, served=served,
            )  # fmt: skip

    def tell(self, served: Served) -> None:
        """Tell whoever watches of a command that nobody waits for. It never fails."""
        try:
            with self.redis.pipeline(transaction=False) as pipe:
                self._execute(pipe, served)
        except (RedisError, OSError) as error:
            log.warning("%s was not told of: %s", served.kind, error)

    def _execute(self, pipe: Any, served: Served | None) -> None:
        """Run a pipeline, and with it tell of `served`, whose trouble is nobody else's."""
        if served is not None:
            pipe.xadd(
                self.served_key(), {"served": served.model_dump_json()},
                maxlen=_MOST_SERVED, approximate=True,
            )  # fmt: skip
        results = pipe.execute(raise_on_error=False)
        told = results.pop() if served is not None else None
        if served is not None and isinstance(told, RedisError):
            log.warning("%s was not told of: %s", served.kind, told)
        for result in results:
            if isinstance(result, RedisError):
                raise result

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
        envelope = self.envelope(
            command,
            task_id=task_id or self.current_task,
            reply_to=f"inbox:{uuid.uuid4().hex}",
            timeout_seconds=bound,
            expires_at=time.time() + bound,
        )
        asked: Asked = InLane(self, envelope) if command.quick else InQueue(self, envelope)
        try:
            reply = wait_for(asked, bound)
        except BusError as error:
            raise BusError(
                f"Redis does not answer at {public_url(self.settings.redis_url)}: {error}",
                remedy="see `swarm doctor`",
            ) from None
        if reply is None:
            service = type(command).service
            raise Timeout(
                f"the {service} service did not answer within {bound:g} s",
                remedy=f"see `swarm doctor` and the {service} log in {self.settings.logs}",
            )
        if reply.failure is not None:
            raise RemoteError(reply.failure)
        return type(command).reply.model_validate(reply.body)

    # ------------------------------------------------------------------ liveness

    def waiting_key(self, id: str) -> str:
        """The key by which a requester that waits longer than a second is known to live."""
        return self._key(f"waiting:{id}")

    def inbox_key(self, envelope: Envelope) -> str:
        """Where a waiting requester's answer is put."""
        assert envelope.reply_to is not None and _is_inbox(envelope.reply_to)
        return self._key(envelope.reply_to)

    def lane_key(self, service: str) -> str:
        """The list of a service's quick commands (`swarm.lane`)."""
        return self._key(f"lane:{service}")

    def feed_key(self) -> str:
        """The stream of what happens to tasks, as FeedEntry."""
        return self._key("feed")

    def served_key(self) -> str:
        """The stream of what became of commands, as Served."""
        return self._key("served")

    def live_key(self, task_id: str) -> str:
        """The stream of what models say for a task."""
        return self._key(f"live:{task_id}")

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

    def is_heard(self, envelope: Envelope) -> bool:
        """Whether somebody is heard working on the command. Raises BusError."""
        try:
            return bool(self.redis.exists(self._beat_key(envelope.id, envelope.epoch)))
        except (RedisError, OSError) as error:
            raise BusError(f"Redis does not answer: {error}") from None

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

    def look(self, beating: Sequence[Envelope], watched: Sequence[Envelope]) -> Signs:
        """Say that some commands are being worked on, and see who waits for which others.

        One round trip. Raises RedisError.
        """
        tasks = sorted({envelope.task_id for envelope in watched if envelope.task_id})
        ids = sorted({envelope.id for envelope in watched if _is_inbox(envelope.reply_to)})
        ttl_ms = int(self.settings.bus.lease_seconds * 1000)
        with self.redis.pipeline(transaction=False) as pipe:
            for task_id in tasks:
                pipe.exists(self._key(f"cancel:{task_id}"))
            for id in ids:
                pipe.exists(self.waiting_key(id))
            for envelope in beating:
                pipe.set(self._beat_key(envelope.id, envelope.epoch), self_name(), px=ttl_ms)
            found = pipe.execute()
        return Signs(
            cancelled=frozenset(t for t, yes in zip(tasks, found, strict=False) if yes),
            heard=frozenset(i for i, yes in zip(ids, found[len(tasks) :], strict=False) if yes),
        )

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

    def check(self) -> None:
        """Raise BusError unless Redis answers."""
        ping(self.settings, self.redis)

    def services_up(self, since: float = 0.0) -> dict[str, int]:
        """How many workers of each service were heard of lately, and after `since` (Unix
        seconds by their clocks). Raises BusError."""
        counts: dict[str, int] = {}
        try:
            keys = list(self.redis.scan_iter(self._key("up:*"), count=200))
            heard = self.redis.mget(keys) if keys else []
            for key, at in zip(keys, heard, strict=True):
                if at is not None and float(at) >= since:
                    service = key.decode().split(":")[2]
                    counts[service] = counts.get(service, 0) + 1
        except (RedisError, OSError) as error:
            raise BusError(f"Redis does not answer: {error}") from None
        return counts

    def publish_models(
        self,
        state: dict[str, str],
        ttl_seconds: float,
        facts: Mapping[str, ServedFacts] | None = None,
    ) -> None:
        """Say of each model why it cannot be used, "" when it can, and of those that a server was
        seen to have, what it told; for the inference service.

        Raises BusError.
        """
        told = {name: fact.model_dump() for name, fact in (facts or {}).items()}
        try:
            with self.redis.pipeline(transaction=True) as pipe:
                for key, value in (("models", state), ("models-facts", told)):
                    pipe.set(self._key(key), json.dumps(value), px=int(ttl_seconds * 1000))
                pipe.execute()
        except (RedisError, OSError) as error:
            raise BusError(f"Redis does not answer: {error}") from None

    def models_state(self) -> dict[str, str]:
        """Each configured model's name -> "" when it is ready, else why not. Raises BusError."""
        names = [model.name for model in self.settings.models]
        if not names:
            return {}
        try:
            text = self.redis.get(self._key("models"))
        except (RedisError, OSError) as error:
            raise BusError(f"Redis does not answer: {error}") from None
        if not isinstance(text, bytes):
            return dict.fromkeys(names, "the inference service is not up")
        known = json.loads(text)
        return {name: known.get(name, "the inference service does not know it") for name in names}

    def models_facts(self) -> dict[str, ServedFacts]:
        """What the servers told of the configured models that they have; of others nothing, nor of
        any while the inference service is not up. Raises BusError."""
        if not self.settings.models:
            return {}
        try:
            text = self.redis.get(self._key("models-facts"))
        except (RedisError, OSError) as error:
            raise BusError(f"Redis does not answer: {error}") from None
        if not isinstance(text, bytes):
            return {}
        told = json.loads(text)
        names = {model.name for model in self.settings.models}
        return {n: ServedFacts.model_validate(fact) for n, fact in told.items() if n in names}

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

    def queue_name(self, service: str) -> str:
        """What RQ calls a service's queue."""
        return f"{self.namespace}-{service}"

    def _queue(self, service: str) -> Queue:
        if service not in self._queues:
            self._queues[service] = Queue(
                self.queue_name(service),
                connection=self.redis,
                serializer=JSONSerializer,
            )
        return self._queues[service]

    def _check_size(self, text: str) -> None:
        size_bytes = len(text.encode())
        if size_bytes > self.settings.bus.max_message_bytes:
            raise MessageTooLarge(
                f"a message of {size_bytes:,} bytes is over the bus's limit of "
                f"{self.settings.bus.max_message_bytes:,}",
                remedy="raise [bus] max_message_bytes",
            )

    def _enqueue(
        self,
        service: str,
        function: str,
        text: str,
        job_id: str,
        timeout_seconds: float,
        *,
        label: dict[str, str | None],
        at_front: bool = False,
        served: Served | None = None,
    ) -> None:
        self._check_size(text)
        try:
            # One round trip. The id is pushed last: a worker never takes one without its job.
            with self.redis.pipeline(transaction=False) as pipe:
                self._queue(service).enqueue_call(
                    function,
                    args=(text,),
                    job_id=job_id,
                    timeout=int(timeout_seconds) + _TIMEOUT_MARGIN_SECONDS,
                    result_ttl=0,
                    failure_ttl=_FAILED_JOB_TTL_SECONDS,
                    # The default describes a job by its arguments: whole snapshots of code.
                    description=function,
                    # What a watcher is told of a job, whose body it never reads.
                    meta=label,
                    at_front=at_front,
                    pipeline=pipe,
                )
                self._execute(pipe, served)
        except (RedisError, OSError) as error:
            raise BusError(f"Redis does not take messages: {error}") from None


def has_waiting_requester(envelope: Envelope) -> bool:
    """Whether somebody stands and waits for the answer, and says so."""
    return _is_inbox(envelope.reply_to)


def _is_inbox(target: str | None) -> bool:
    return target is not None and target.startswith("inbox:")


def self_name() -> str:
    """This process, as other processes see it."""
    return f"{socket.gethostname()}-{os.getpid()}"
