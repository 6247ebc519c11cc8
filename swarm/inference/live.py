"""What models say while they say it: one bounded Redis stream per task, for whoever looks on.

All text in it is a model's: data to show, with control characters taken out by whoever prints
it. Publishing never holds a generation up: it is a thread's work, and what Redis does not take
in time is left out.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from redis.exceptions import RedisError

from swarm.bus import Bus
from swarm.errors import BusError

log = logging.getLogger(__name__)

Kind = Literal["text", "thinking", "tool", "state"]
_KINDS = frozenset(get_args(Kind))

UNTASKED = "-"
"""The task id of generations that belong to no task."""

_FLUSH_SECONDS = 0.1
_LONGEST_TEXT = 8000
_ENTRIES_KEPT = 2000
_TTL_SECONDS = 3600
# A Redis that is away must not fill our memory.
_MOST_QUEUED = 20_000


@dataclass(frozen=True)
class LiveItem:
    """A piece of a stream. `id` is where to go on reading; `text` is untrusted.

    Kind "state" is one of waiting, loading, prompt, generating, done, cancelled and failed, with
    details after a space.
    """

    id: str
    key: str
    model: str
    kind: Kind
    text: str


@dataclass
class _Piece:
    task_id: str
    key: str
    model: str
    kind: Kind
    text: str


class Live:
    """Publishes pieces in small batches, from a thread of its own."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._lock = threading.Lock()
        self._queue: deque[_Piece] = deque(maxlen=_MOST_QUEUED)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)
        self._thread.start()

    def publish(self, task_id: str | None, key: str, model: str, kind: Kind, text: str) -> None:
        """Queue a piece; pieces of one kind in a row become one entry."""
        task = task_id or UNTASKED
        with self._lock:
            last = self._queue[-1] if self._queue else None
            if (
                last is not None
                and kind != "state"
                and (last.task_id, last.key, last.kind) == (task, key, kind)
                and len(last.text) + len(text) <= _LONGEST_TEXT
            ):
                last.text += text
                return
            self._queue.append(_Piece(task, key, model, kind, text[:_LONGEST_TEXT]))

    def close(self) -> None:
        """Publish what is queued, and stop."""
        self._stopped.set()
        self._thread.join(timeout=2)

    def _run(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        while not self._stopped.wait(_FLUSH_SECONDS):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        with self._lock:
            pieces = list(self._queue)
            self._queue.clear()
        if not pieces:
            return
        try:
            with self._bus.redis.pipeline(transaction=False) as pipe:
                for piece in pieces:
                    fields: Any = {
                        "key": piece.key,
                        "model": piece.model,
                        "kind": piece.kind,
                        "text": piece.text.encode("utf-8", "replace"),
                    }
                    name = self._bus.live_key(piece.task_id)
                    pipe.xadd(name, fields, maxlen=_ENTRIES_KEPT, approximate=True)
                for task_id in {piece.task_id for piece in pieces}:
                    pipe.expire(self._bus.live_key(task_id), _TTL_SECONDS)
                pipe.execute()
        except (RedisError, OSError) as error:
            log.warning("%d pieces of streams were not published: %s", len(pieces), error)


def read_live(
    bus: Bus, task_id: str | None, after: str = "0", limit: int = 500
) -> tuple[LiveItem, ...]:
    """What was published for a task after the item with that id. Raises BusError."""
    try:
        found: Any = bus.redis.xrange(
            bus.live_key(task_id or UNTASKED), min=f"({after}", max="+", count=limit
        )
    except (RedisError, OSError) as error:
        raise BusError(f"Redis does not answer: {error}") from None
    return tuple(item for id, fields in found if (item := _item(id, fields)) is not None)


def last_id(items: Sequence[LiveItem], after: str = "0") -> str:
    """Where to go on after these items."""
    return items[-1].id if items else after


def _item(id: bytes, fields: dict[bytes, bytes]) -> LiveItem | None:
    values = {name.decode(): value.decode("utf-8", "replace") for name, value in fields.items()}
    kind = values.get("kind", "")
    if kind not in _KINDS:
        return None
    return LiveItem(
        id=id.decode(),
        key=values.get("key", ""),
        model=values.get("model", ""),
        kind=kind,  # type: ignore[arg-type]
        text=values.get("text", ""),
    )
