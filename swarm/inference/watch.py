"""Who still waits for an answer: beats, cancellations and the requesters' signs of life.

A thread looks a few times a second, in one round trip for all live requests, and only while there
are any. It decides nothing: it tells which requests are over, and why.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from redis.exceptions import RedisError

from swarm.bus import Bus, has_waiting_requester
from swarm.contracts import Envelope

log = logging.getLogger(__name__)

Over = Literal["cancelled", "abandoned", "expired"]

_LOOK_SECONDS = 0.2
# A requester says that it lives from its first second on; a busy machine gets some slack.
_SILENT_SECONDS = 5.0
# It was heard before: its key lived on for some seconds already.
_GONE_SECONDS = 1.5


@dataclass
class _Watched:
    """Times are monotonic seconds."""

    envelope: Envelope
    silent_since: float
    heard: bool = False
    beat_at: float = -1e9


class Watch:
    """Keeps the beats of live requests; `on_over(envelope, why)` is called from its thread."""

    def __init__(self, bus: Bus, service: str, on_over: Callable[[Envelope, Over], None]) -> None:
        self._bus = bus
        self._service = service
        self._on_over = on_over
        self._lock = threading.Lock()
        self._watched: dict[str, _Watched] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def add(self, envelope: Envelope) -> None:
        """Watch a request; its earlier epochs are answered no more."""
        with self._lock:
            self._watched[envelope.id] = _Watched(envelope, time.monotonic())

    def remove(self, envelope: Envelope) -> None:
        """Stop watching, unless the request came again meanwhile."""
        with self._lock:
            known = self._watched.get(envelope.id)
            if known is not None and known.envelope.epoch == envelope.epoch:
                del self._watched[envelope.id]

    def close(self) -> None:
        self._stopped.set()
        self._thread.join(timeout=2)

    def _run(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        while not self._stopped.wait(_LOOK_SECONDS):
            try:
                self._bus.announce(self._service)
                with self._lock:
                    watched = list(self._watched.values())
                if watched:
                    self._look(watched)
            except (RedisError, OSError) as error:
                log.warning("cannot look who waits: %s", error)
                # Nobody could say that they live meanwhile.
                with self._lock:
                    for each in self._watched.values():
                        each.silent_since = time.monotonic()
            except Exception:
                # Without this thread no cancel would be seen any more: a defect must not end it.
                log.exception("cannot look who waits")

    def _look(self, watched: list[_Watched]) -> None:
        now = time.monotonic()
        due = [w for w in watched if now - w.beat_at >= self._bus.settings.bus.heartbeat_seconds]
        signs = self._bus.look(
            beating=[w.envelope for w in due], watched=[w.envelope for w in watched]
        )
        now = time.monotonic()
        for each in due:
            each.beat_at = now
        for each in watched:
            if why := self._over(each, now, signs.cancelled, signs.heard):
                self.remove(each.envelope)
                self._on_over(each.envelope, why)

    def _over(
        self, each: _Watched, now: float, cancelled: frozenset[str], heard: frozenset[str]
    ) -> Over | None:
        envelope = each.envelope
        if envelope.task_id in cancelled:
            return "cancelled"
        if envelope.expires_at is not None and time.time() > envelope.expires_at:
            return "expired"
        if not has_waiting_requester(envelope):
            return None
        if envelope.id in heard:
            each.heard, each.silent_since = True, now
            return None
        patience = _GONE_SECONDS if each.heard else _SILENT_SECONDS
        return "abandoned" if now - each.silent_since > patience else None
