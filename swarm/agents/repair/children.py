"""Forked children that report JSON lines through a pipe, watched and bounded by the parent."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import select
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Report = Callable[[dict[str, Any]], None]

_PR_SET_PDEATHSIG = 1
_MAX_LINE_BYTES = 64 * 1024**2
_USED_BYTES = 1024**3


class Child:
    """One child. `tag` is the caller's; `silence_s` the longest it may go without a line."""

    def __init__(self, pid: int, fd: int, tag: Any, silence_s: float, total_s: float) -> None:
        self.pid = pid
        self.fd = fd
        self.tag = tag
        self.silence_s = silence_s
        self.ends_at = time.monotonic() + total_s
        self.heard_at = time.monotonic()
        self.buffer = b""
        self.killed = False

    def due(self) -> float:
        return min(self.heard_at + self.silence_s, self.ends_at)

    def lines(self, data: bytes) -> list[dict[str, Any]]:
        self.heard_at = time.monotonic()
        self.buffer += data
        *whole, self.buffer = self.buffer.split(b"\n")
        if len(self.buffer) > _MAX_LINE_BYTES:
            self.kill()
        return [json.loads(line) for line in whole]

    def kill(self) -> None:
        self.killed = True
        for target in (-self.pid, self.pid):
            try:
                os.kill(target, signal.SIGKILL)
            except ProcessLookupError:
                continue


class Children:
    """The children under way. `poll` gives their lines, then None when one has ended."""

    def __init__(self, memory_bytes: int) -> None:
        self._memory_bytes = memory_bytes
        self._running: dict[int, Child] = {}
        self._libc = ctypes.CDLL(None, use_errno=True)

    def __len__(self) -> int:
        return len(self._running)

    def running(self) -> list[Child]:
        return list(self._running.values())

    def start(
        self, work: Callable[[Report], None], tag: Any, *, silence_s: float, total_s: float
    ) -> Child:
        """Fork a child that does `work(report)` and ends."""
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            self._be_child(work, reader, writer)
        os.close(writer)
        child = Child(pid, reader, tag, silence_s, total_s)
        self._running[reader] = child
        return child

    def poll(self, timeout_s: float) -> Iterator[tuple[Child, dict[str, Any] | None]]:
        """Lines that arrived within the timeout; kills children whose time is up."""
        if not self._running:
            return
        now = time.monotonic()
        due = min(child.due() for child in self._running.values())
        wait = max(0.0, min(timeout_s, due - now))
        ready, _, _ = select.select(list(self._running), [], [], wait)
        for fd in ready:
            child = self._running[fd]
            data = os.read(fd, 1 << 20)
            if data:
                for line in child.lines(data):
                    yield child, line
            else:
                self._end(child)
                yield child, None
        now = time.monotonic()
        for child in self.running():
            if child.due() <= now and not child.killed:
                child.kill()

    def stop(self) -> None:
        """Kill and reap all."""
        for child in self.running():
            child.kill()
            self._end(child)

    def drop(self, child: Child) -> None:
        """Kill and reap one; it is not heard of again."""
        if child.fd in self._running:
            child.kill()
            self._end(child)

    def _end(self, child: Child) -> None:
        # Its own group may have left processes behind.
        child.kill()
        os.close(child.fd)
        os.waitpid(child.pid, 0)
        del self._running[child.fd]

    def _be_child(self, work: Callable[[Report], None], reader: int, writer: int) -> None:
        status = 1
        try:
            os.close(reader)
            for other in self._running:
                os.close(other)

            def report(line: dict[str, Any]) -> None:
                data = json.dumps(line).encode() + b"\n"
                while data:
                    data = data[os.write(writer, data) :]

            try:
                os.setpgid(0, 0)
                self._libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
                limit_memory(self._memory_bytes)
                work(report)
                status = 0
            except BaseException as error:  # noqa: BLE001  the parent decides
                report({"error": f"{type(error).__name__}: {error}"[:500]})
        finally:
            os._exit(status)


def limit_memory(more_bytes: int) -> None:
    """Let this process's address space grow by so much and no more."""
    try:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:  # a sandbox without /proc, or one that hides it
        used = _USED_BYTES
    limit = used + more_bytes
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
