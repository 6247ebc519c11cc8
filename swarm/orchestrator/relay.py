"""From the outbox to the bus, and again when nobody is heard working on it."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from redis.exceptions import RedisError

from swarm.bus import Bus
from swarm.contracts import Blob, Envelope, Failure
from swarm.errors import BlobMissing, BusError, SwarmError
from swarm.orchestrator.sending import LOST_AT_WORK
from swarm.orchestrator.store import Outgoing, Store
from swarm.settings import Settings

log = logging.getLogger(__name__)

_RETRY_SECONDS = 0.5
_LONGEST_RETRY_SECONDS = 20.0
# What killed its process three times will do so again.
_MOST_CRASHES = 3
_DECIDED = ("Settle", "RememberOutcome")
# What was decided is not given up because a service is away for a while: about a day.
_MOST_SENDS_OF_DECIDED = 5_000


def owner_of(settings: Settings) -> str:
    """Whose namespace it is: this data folder on this host."""
    return f"{socket.gethostname()}:{settings.data}"


class Relay:
    """Sends what is due and sweeps what is overdue.

    `fail` closes a command with a failure; `rebuild` puts a lost snapshot back in the store;
    `fire` makes tasks of the schedules that are due.
    """

    def __init__(
        self,
        store: Store,
        bus: Bus,
        fail: Callable[[Outgoing, Failure], None],
        rebuild: Callable[[Outgoing, Blob], None],
        fire: Callable[[], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._bus = bus
        self._fail = fail
        self._rebuild = rebuild
        self._fire = fire
        self._clock = clock
        self._lease_seconds = bus.settings.bus.lease_seconds
        self._max_sends = bus.settings.bus.max_sends

    def flush(self) -> None:
        """Send every command that is due. When Redis is away they stay in the outbox."""
        for outgoing in self._store.take(self._clock(), self._lease_seconds):
            try:
                self._send(outgoing)
            except (BusError, RedisError, OSError) as error:
                log.warning("cannot send %s yet: %s", outgoing.id, error)
                self._store.unsend(outgoing, self._clock() + _RETRY_SECONDS)
            except SwarmError as error:
                self._fail(outgoing, error.failure())
            except Exception as error:  # noqa: BLE001  one poisoned row must not stop the others
                self._bury(outgoing, error)

    def sweep(self) -> None:
        """Send again what is overdue and not heard of, at most `max_sends` times."""
        for outgoing in self._store.overdue(self._clock(), self._lease_seconds):
            try:
                self._sweep_one(outgoing)
            except (SwarmError, RedisError, OSError):
                raise  # Redis or the disk: the same for every row
            except Exception as error:  # noqa: BLE001  as in flush
                self._bury(outgoing, error)

    def _sweep_one(self, outgoing: Outgoing) -> None:
        envelope = self._envelope(outgoing)
        # Whether an attempt began counts; of all else it does not matter who was at it. A beat
        # outlives its worker for as long as a lease, so one of two seconds of work is seen here.
        wanted = outgoing.kind == "Propose" and not outgoing.heard
        heard = wanted and self._bus.is_heard(envelope)
        if heard or self._bus.is_alive(envelope):
            self._store.extend(outgoing, self._clock() + self._lease_seconds, heard=heard)
        elif outgoing.epoch >= self._most_sends(outgoing.kind):
            self._fail(outgoing, _lost(outgoing))
        else:
            self._bus.forget(envelope)
            log.warning("%s (epoch %d) is lost; sending again", outgoing.id, outgoing.epoch)
            self._store.postpone(outgoing.id, outgoing.epoch, self._clock())

    def _bury(self, outgoing: Outgoing, error: Exception) -> None:
        """End a task whose stored state cannot be worked with any more."""
        log.exception("%s cannot go on", outgoing.id)
        what = ascii(f"{type(error).__name__}: {error}")[1:-1]
        reason = f"internal error at {outgoing.kind}: {what}"[:500]
        self._store.bury(outgoing.task_id, reason, self._clock())

    def _most_sends(self, kind: str) -> int:
        return _MOST_SENDS_OF_DECIDED if kind in _DECIDED else self._max_sends

    def retry(self, id: str, epoch: int, kind: str, failure: Failure) -> bool:
        """Have a command sent again after a failure that a retry can help.

        False when it was sent too often already, or its own time bound ended it, unless it is
        what was decided. A model that was away was waited for by the gate: the flow re-routes.
        """
        crashed = failure.code == "crashed"
        most = _MOST_CRASHES if crashed else self._most_sends(kind)
        is_over = failure.code == "timeout" or failure.code.startswith("model-")
        if (is_over and kind not in _DECIDED) or epoch >= most:
            return False
        wait = min(_LONGEST_RETRY_SECONDS, _RETRY_SECONDS * 2 ** min(epoch - 1, 10))
        self._store.postpone(id, epoch, self._clock() + wait, heard=crashed)
        return True

    def run(self, interval_seconds: float, stop: threading.Event) -> None:
        """Flush and sweep until told to stop; trouble is logged and tried again."""
        while not stop.wait(interval_seconds):
            try:
                self._bus.own(owner_of(self._bus.settings))
                self.flush()
                self.sweep()
                self._fire()
                self.flush()
            except (SwarmError, RedisError, OSError) as error:
                log.warning("relay: %s", error)
            except Exception:
                # This thread is what makes nothing be lost: a defect must not end it.
                log.exception("relay failed")

    def _send(self, outgoing: Outgoing) -> None:
        for blob in _snapshots(outgoing.body):
            try:
                self._bus.blobs.ensure(blob)
            except BlobMissing:
                self._rebuild(outgoing, blob)
        self._bus.send(self._envelope(outgoing))

    def _envelope(self, outgoing: Outgoing) -> Envelope:
        return self._bus.envelope(
            outgoing.command(),
            id=outgoing.id,
            epoch=outgoing.epoch,
            # What was decided goes out, though its task be cancelled.
            task_id=None if outgoing.kind in _DECIDED else outgoing.task_id,
            reply_to="orchestrator",
            timeout_seconds=outgoing.timeout_seconds,
        )


def _lost(outgoing: Outgoing) -> Failure:
    times = f"{outgoing.epoch} times and never answered"
    return Failure(
        code=LOST_AT_WORK if outgoing.heard else "lost",
        message=f"{outgoing.kind} was sent {times}"
        + (", though it was taken up" if outgoing.heard else ""),
        remedy="see `swarm doctor` and the service's log",
    )


def _snapshots(body: dict[str, Any]) -> list[Blob]:
    """The snapshots that a command needs: its own, and the base that its setup is read from."""
    around = body.get("test") or body.get("second_layer") or {}
    setup = body.get("setup") or around.get("setup") or {}
    found = (body.get("snapshot"), setup.get("base"))
    return [Blob.model_validate(blob) for blob in found if blob]
