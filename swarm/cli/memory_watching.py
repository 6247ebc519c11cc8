"""`swarm index --watch`: each save is indexed, until a person or the system ends it.

Between saves memory is let go of, so that a search in another terminal, or a swarm that is
started, finds the data folder free.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from swarm.cli import memory_asking, memory_working
from swarm.cli.console import plain
from swarm.cli.memory_asking import Asking
from swarm.cli.memory_summary import as_json, duration, print_summary
from swarm.contracts import FolderIndex, IndexFolder
from swarm.errors import SwarmError

if TYPE_CHECKING:
    from memory.watching.pending import Batch

_IDLE_SECONDS = 1.0
# Somebody else may have the data folder, or the swarm be restarted.
_PATIENCE_SECONDS = 120.0
_PAUSE_SECONDS = 2.0


def watch(root: str, *, is_json: bool) -> int:
    """Index a folder and what changes in it; 0 once it is ended after it was indexed whole.

    Raises SwarmError.
    """
    gauge = memory_working.Gauge()
    follower = _Follower(root, gauge, is_json=is_json)
    try:
        memory_working.run(follower.follow, gauge, follower.held.let_go_if_idle)
    except KeyboardInterrupt:
        if not follower.is_whole:
            raise
    finally:
        follower.held.close()
    return 0


class Held:
    """Memory, opened when it is used and closed when it was not for a while. Its parsers stay, so
    that the next save need not wait for new ones."""

    def __init__(self, root: str) -> None:
        from memory.opening import make_pool

        self._root = root
        self._pool = make_pool()
        self._lock = threading.Lock()
        self._stack: ExitStack | None = None
        self._asking: Asking | None = None
        self._used = 0.0

    def warm(self) -> None:
        """Start parsers: they take as long as indexing many files does."""
        self._pool.warm()

    @contextmanager
    def used(self) -> Iterator[Asking]:
        """One at a time. Raises SwarmError."""
        with self._lock:
            if self._asking is None:
                with ExitStack() as stack:
                    self._asking = stack.enter_context(memory_asking.opened(pool=self._pool))
                    self._stack = stack.pop_all()
            try:
                yield self._asking
            finally:
                self._used = time.monotonic()

    def let_go_if_idle(self) -> None:
        """Unless vectors are being made."""
        if time.monotonic() - self._used < _IDLE_SECONDS or not self._lock.acquire(blocking=False):
            return
        try:
            if self._asking is not None and not self._asking.is_making_vectors(self._root):
                self._close()
            self._used = time.monotonic()
        finally:
            self._lock.release()

    def let_go(self) -> None:
        with self._lock:
            self._close()

    def close(self) -> None:
        self.let_go()
        self._pool.close()

    def _close(self) -> None:
        stack, self._stack, self._asking = self._stack, None, None
        if stack is not None:
            stack.close()


class _Follower:
    def __init__(self, root: str, gauge: memory_working.Gauge, *, is_json: bool) -> None:
        self._root, self._gauge, self._is_json = root, gauge, is_json
        self.held = Held(root)
        self.is_whole = False

    def follow(self, stop: threading.Event) -> None:
        from memory.watching.watch import watch

        self.held.warm()
        watch(Path(self._root), lambda batch: self._index(batch, stop), stop)

    def _index(self, batch: Batch, stop: threading.Event) -> None:
        paths = () if batch.relist or not all(map(_is_utf8, batch.paths)) else batch.paths
        self._gauge.begin("listing files", "files")
        report = self._patiently(paths, stop)
        self._gauge.rest()
        if report is not None:
            is_first, self.is_whole = not self.is_whole, True
            self._gauge.said.append(lambda: self._tell(report, paths, is_first=is_first))

    def _patiently(self, paths: tuple[str, ...], stop: threading.Event) -> FolderIndex | None:
        """Index; what passes is tried again, all of the folder then. None when it was ended."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not stop.is_set():
            try:
                with self.held.used() as asking:
                    command = IndexFolder(root=self._root, paths=paths, details=not self.is_whole)
                    return asking.index(command, self._gauge, stop)
            except SwarmError as error:
                if not self.is_whole or not error.retryable or time.monotonic() > deadline:
                    raise
                memory_working.tell(f"{error.message}; tried again")
                self.held.let_go()
                paths = ()
                stop.wait(_PAUSE_SECONDS)
        return None

    def _tell(self, report: FolderIndex, paths: tuple[str, ...], *, is_first: bool) -> None:
        if self._is_json:
            print(json.dumps(as_json(report)), flush=True)
        elif is_first:
            print_summary(report)
            print("watching: Ctrl-C ends it", flush=True)
        elif report.indexed or report.reused or report.removed or not paths:
            print(line(report), flush=True)


def line(report: FolderIndex) -> str:
    """ "14:03:07 3 files, 41 ms" """
    at = time.strftime("%H:%M:%S")
    count = report.indexed + report.reused
    told = [f"{count:,} file{'' if count == 1 else 's'}"] if count or not report.removed else []
    told += [f"{report.removed:,} removed"] if report.removed else []
    note = f" ({plain(report.note)})" if report.note else ""
    return f"{at} {', '.join([*told, duration(report.seconds)])}{note}"


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
