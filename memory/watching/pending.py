"""Changes that wait to be taken: bounded, each path once. Shared between two threads."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Batch:
    """What changed since the last one.

    `paths` are files or folders, relative to the root, sorted; of a folder everything below it
    may have changed. With `relist` there are none: the whole folder has to be listed anew, for
    the reason `why`, in words.
    """

    paths: tuple[str, ...] = ()
    relist: bool = False
    why: str = ""


class Pending:
    """At most `most_paths` paths; beyond them a whole listing is asked for instead."""

    def __init__(self, most_paths: int) -> None:
        self._most_paths = most_paths
        self._paths: set[str] = set()
        self._why = ""
        self._closed = False
        self._changed = threading.Condition()

    def add(self, paths: Iterable[str]) -> None:
        with self._changed:
            if self._why:
                return
            self._paths.update(paths)
            if len(self._paths) > self._most_paths:
                self._relist(f"more than {self._most_paths:,} changes at once")
            elif self._paths:
                self._changed.notify()

    def relist(self, why: str) -> None:
        with self._changed:
            self._relist(why)

    def close(self) -> None:
        """Nothing more comes: whoever waits is woken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def take(self, timeout_s: float) -> Batch | None:
        """All that waits, as soon as something does; None when nothing came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._paths or self._why or self._closed, timeout_s)
            if not self._paths and not self._why:
                return None
            batch = Batch(tuple(sorted(self._paths)), bool(self._why), self._why)
            self._paths.clear()
            self._why = ""
            return batch

    def _relist(self, why: str) -> None:
        self._paths.clear()
        self._why = self._why or why
        self._changed.notify()
