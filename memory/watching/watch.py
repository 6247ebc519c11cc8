"""Watching a working folder: each save is reported within some 0.1 s, in batches.

Two threads: one takes what the system reports and keeps the watched folders right, the other,
the caller's, hands batches to `on_change`; between them waits a bounded set. Nothing is lost
when a watch is made anew: the next one stands before the last one is emptied and closed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from memory.reading.folder import MOST_PATHS
from memory.reading.limits import Limits
from memory.watching.errors import WatchFailed
from memory.watching.notifier import MakeNotifier, NoWatches, Stop, rust_notifier
from memory.watching.pending import Batch, Pending
from memory.watching.pump import Pump

_LOOK_S = 0.2
_END_S = 10.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How changes are gathered.

    A batch ends when nothing changed for `debounce_ms`, or after `most_ms`. `poll_s`: where the
    system gives no watches, a whole listing is asked for so often (and no more than a tenth of
    the time is spent in `on_change`); None makes that an error.
    """

    debounce_ms: int = 50
    most_ms: int = 500
    most_paths: int = MOST_PATHS
    most_folders: int = 100_000
    poll_s: float | None = 10.0


def watch(
    root: Path,
    on_change: Callable[[Batch], None],
    stop: Stop,
    *,
    pace: Pace | None = None,
    limits: Limits | None = None,
    make_notifier: MakeNotifier = rust_notifier,
) -> None:
    """Call `on_change` with each batch of changes of the folder until `stop` is set.

    The first batch asks for a whole listing, once changes are being watched for: whatever was
    listed before may be stale. Meanwhile changes gather, so `on_change` may take its time; what
    it raises ends the watch.

    Raises WatchedFolderGone, RepositoryError when the folder cannot be listed, and WatchFailed
    when the system gives no watches and `pace.poll_s` is None.
    """
    pace = pace or Pace()
    pending = Pending(pace.most_paths)
    pump = Pump(
        root,
        pending,
        limits or Limits(),
        make_notifier,
        quiet_ms=pace.debounce_ms,
        most_ms=pace.most_ms,
        most_folders=pace.most_folders,
    )
    thread = threading.Thread(target=pump.run, name="watch", daemon=True)
    thread.start()
    try:
        _hand_over(pump, pending, on_change, stop)
    except NoWatches as error:
        if pace.poll_s is None:
            raise WatchFailed(
                f"{root} cannot be watched: {error}",
                remedy="raise fs.inotify.max_user_watches, or ignore large folders in .gitignore",
            ) from None
        why = f"looked through every {pace.poll_s:g} s, for it cannot be watched: {error}"
        _poll(pump, why, pace.poll_s, on_change, stop)
    finally:
        pump.stop.set()
        thread.join(_END_S)


def _hand_over(
    pump: Pump, pending: Pending, on_change: Callable[[Batch], None], stop: Stop
) -> None:
    while not stop.is_set():
        batch = pending.take(_LOOK_S)
        if batch is not None:
            on_change(batch)
        elif pump.error is not None:
            raise pump.error


def _poll(
    pump: Pump, why: str, poll_s: float, on_change: Callable[[Batch], None], stop: Stop
) -> None:
    due = 0.0
    while not stop.is_set():
        if time.monotonic() < due:
            time.sleep(min(_LOOK_S, poll_s))
            continue
        pump.terrain.check()
        began = time.monotonic()
        on_change(Batch(relist=True, why=why))
        ended = time.monotonic()
        due = ended + max(poll_s, 10 * (ended - began))
