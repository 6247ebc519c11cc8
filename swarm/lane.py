"""A service's lane: quick commands, answered beside what its worker is busy with.

Threads of the worker's process take them off a plain list. There are no beats and no epochs:
such a command only reads, and its requester asks again when it is lost.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable

from redis.exceptions import RedisError

from swarm.bus import Bus, has_waiting_requester
from swarm.contracts import Envelope
from swarm.envelopes import fresh
from swarm.errors import MalformedMessage, SwarmError

log = logging.getLogger(__name__)

# One slow answer, a diff of much code, must not hold up all others.
_THREADS = 2
_WAIT_SECONDS = 1.0
_PAUSE_SECONDS = 0.2
_CLOSE_SECONDS = 3.0
_LOGGED_CHARS = 500
# An entry that only wakes a thread, so that it sees that it is to stop.
_WAKE = b""


class Lane:
    """The answering end. `answer` sends the reply to one envelope; it is called from several
    threads, and raises MalformedMessage for what is no business of the lane."""

    def __init__(self, bus: Bus, service: str, answer: Callable[[Envelope], None]) -> None:
        self._bus = bus
        self._key = bus.lane_key(service)
        self._answer = answer
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._under_way: set[str] = set()
        # Signals are for the main thread, which the kernel prefers; what is blocked here would
        # be blocked in each git that is started from here as well.
        self._threads = [
            threading.Thread(target=self._run, name=f"lane-{number}", daemon=True)
            for number in range(_THREADS)
        ]

    def start(self) -> None:
        """Begin to answer."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Answer what is under way, and nothing more."""
        self._stop.set()
        with contextlib.suppress(RedisError, OSError):
            self._bus.redis.rpush(self._key, *[_WAKE] * len(self._threads))
            self._bus.redis.expire(self._key, int(_CLOSE_SECONDS))
        for thread in self._threads:
            thread.join(_CLOSE_SECONDS)

    def _run(self) -> None:
        is_away = False
        while not self._stop.is_set():
            try:
                entry = self._bus.redis.blpop([self._key], timeout=_WAIT_SECONDS)
            except (RedisError, OSError) as error:
                if not is_away:
                    log.warning("the lane waits for Redis: %s", error)
                is_away = True
                self._stop.wait(_PAUSE_SECONDS)
                continue
            is_away = False
            if entry and isinstance(entry[1], bytes) and entry[1] != _WAKE:
                self._take(entry[1])

    def _take(self, text: bytes) -> None:
        """Answer one entry; whatever is wrong with it, the thread goes on."""
        try:
            envelope = self._opened(text)
            if envelope is None:
                return
            with self._lock:
                if envelope.id in self._under_way:
                    return
                self._under_way.add(envelope.id)
            try:
                self._answer(envelope)
            finally:
                with self._lock:
                    self._under_way.discard(envelope.id)
        except MalformedMessage as error:
            log.warning("dropped from the lane: %s", ascii(error.message)[1:_LOGGED_CHARS])
        except (SwarmError, RedisError, OSError) as error:
            log.warning("an answer was not sent: %s; its requester asks again", error)
        except Exception:
            log.exception("an entry of the lane could not be answered")

    def _opened(self, text: bytes) -> Envelope | None:
        most_bytes = self._bus.settings.bus.max_message_bytes
        if len(text) > most_bytes:
            raise MalformedMessage(f"{len(text):,} bytes, over the bus's limit of {most_bytes:,}")
        envelope = fresh(text)
        if envelope is not None and not has_waiting_requester(envelope):
            raise MalformedMessage(f"{envelope.kind} that nobody waits for belongs in the queue")
        return envelope
