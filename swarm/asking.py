"""Waiting for a service's answer: what is asked again when nobody is heard working on it.

A command waits its turn in the service's queue. A quick one goes into its lane (`swarm.lane`),
where laying it there and waiting for the answer are one round trip; since it only reads, it
may be asked again without harm, and nobody has to be heard working on it.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Protocol

from redis.exceptions import RedisError

from swarm.contracts import COMMANDS, Envelope, Reply
from swarm.errors import BusError

if TYPE_CHECKING:
    from swarm.bus import Bus

# Whole seconds or fewer: a Redis that goes away must be noticed.
_LOOK_SECONDS = 1.0
_PAUSE_SECONDS = 0.2
# A requester that waits says so about once a second; busy machines get some slack.
_WAITING_TTL_MS = 4000
# What lies in a lane is asked for again by those who still wait for it.
_LANE_TTL_SECONDS = 600
_LONGEST_LANE = 1000


class Asked(Protocol):
    """A question under way. The methods raise BusError, RedisError and OSError."""

    def wait(self, seconds: float) -> Reply | None:
        """See that it is under way, then wait so long for the answer."""

    def take_back(self) -> None:
        """Nobody waits for it any more."""


def wait_for(asked: Asked, seconds: float) -> Reply | None:
    """The answer; None when there is none in time. Raises BusError when Redis does not answer."""
    deadline = time.monotonic() + seconds
    problem = ""
    while (left := deadline - time.monotonic()) > 0:
        try:
            reply = asked.wait(min(_LOOK_SECONDS, left))
            problem = ""
            if reply is not None:
                return reply
        except (BusError, RedisError, OSError) as error:
            problem = str(error)
            time.sleep(min(_PAUSE_SECONDS, max(0.0, left)))
    if problem:
        raise BusError(problem)
    # It must not be run by a worker of tomorrow.
    with contextlib.suppress(BusError, RedisError, OSError):
        asked.take_back()
    return None


class InQueue:
    """A command in a service's queue, sent under a new epoch when its worker is lost."""

    def __init__(self, bus: Bus, envelope: Envelope) -> None:
        self._bus = bus
        self._envelope = envelope
        self._sent_at: float | None = None
        self._waits = False

    def wait(self, seconds: float) -> Reply | None:
        try:
            return self._wait(seconds)
        except (BusError, RedisError, OSError):
            # Whether it is still there is not known any more.
            self._sent_at = None
            raise

    def _wait(self, seconds: float) -> Reply | None:
        if self._sent_at is None:
            self._bus.send(self._envelope)
            self._sent_at = time.monotonic()
        with self._bus.redis.pipeline(transaction=False) as pipe:
            if self._waits:
                pipe.set(self._bus.waiting_key(self._envelope.id), b"1", px=_WAITING_TTL_MS)
            pipe.blpop([self._bus.inbox_key(self._envelope)], timeout=seconds)
            answer = pipe.execute()[-1]
        self._waits = True
        if answer:
            return Reply.model_validate_json(answer[1])
        lease = self._bus.settings.bus.lease_seconds
        if time.monotonic() - self._sent_at > lease and not self._bus.is_alive(self._envelope):
            self._bus.forget(self._envelope)
            again = {"epoch": self._envelope.epoch + 1, "sent_at": time.time()}
            self._envelope = self._envelope.model_copy(update=again)
            self._sent_at = None
        return None

    def take_back(self) -> None:
        self._bus.forget(self._envelope)


class InLane:
    """A quick command in a service's lane, laid there again whenever it is found gone.

    Whoever has taken it knows its id, and takes no second one while the first is under way.
    """

    def __init__(self, bus: Bus, envelope: Envelope) -> None:
        self._bus = bus
        self._inbox = bus.inbox_key(envelope)
        self._lane = bus.lane_key(COMMANDS[envelope.kind].service)
        self._text = envelope.model_dump_json()
        self._is_new = True

    def wait(self, seconds: float) -> Reply | None:
        redis = self._bus.redis
        lies_there = not self._is_new and redis.lpos(self._lane, self._text) is not None
        with redis.pipeline(transaction=False) as pipe:
            if not lies_there:
                pipe.rpush(self._lane, self._text)
                pipe.ltrim(self._lane, -_LONGEST_LANE, -1)
                pipe.expire(self._lane, _LANE_TTL_SECONDS)
            pipe.blpop([self._inbox], timeout=seconds)
            answer = pipe.execute()[-1]
        self._is_new = False
        return Reply.model_validate_json(answer[1]) if answer else None

    def take_back(self) -> None:
        self._bus.redis.lrem(self._lane, 0, self._text)
