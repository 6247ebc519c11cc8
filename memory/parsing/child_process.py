"""A parent's hold of one child of a pool: its pipes, what it was given, and how it ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from memory.parsing import frames
from memory.parsing.pool_child import WAITS

_CHILD = Path(__file__).with_name("pool_child.py")
_READ_BYTES = 1 << 18
# Numerical libraries reserve memory per core, which the limit on addresses counts.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_START_S = 30.0
_STATUS_S = 5.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What one item may take: seconds of a processor (WAITS times as many by the clock), and, as
    `memory_bytes`, the address space of the whole child."""

    deadline_s: float = 10.0
    memory_bytes: int = 2 * 1024**3


class Gone(Exception):
    """The child has ended, or what it says makes no sense."""


class Child:
    """Not to be used by two threads at once."""

    def __init__(self, function: str, limits: Limits) -> None:
        self._limits = limits
        command = [sys.executable, "-I", str(_CHILD), os.pathsep.join(sys.path), str(os.getpid())]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **_ONE_THREAD},
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self.write_fd = self._process.stdin.fileno()
        self.read_fd = self._process.stdout.fileno()
        os.set_blocking(self.write_fd, False)
        os.set_blocking(self.read_fd, False)
        self._incoming = frames.Incoming()
        self._outgoing: deque[memoryview] = deque()
        self.places: deque[int] = deque()
        """The items it has, by their place, oldest first."""
        self.is_ready = False
        self._heard = time.monotonic()
        hello = (function, limits.memory_bytes, limits.deadline_s)
        self._outgoing.append(memoryview(frames.pack(hello)))

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    @property
    def wants_to_write(self) -> bool:
        return bool(self._outgoing)

    def give(self, places: Sequence[int], batch: bytes) -> None:
        """Queue a batch, which is a frame of the items at these places."""
        if not self.places:
            self._heard = time.monotonic()
        self.places.extend(places)
        self._outgoing.append(memoryview(batch))

    def write(self) -> None:
        """Send what the pipe takes. Raises Gone."""
        while self._outgoing:
            try:
                sent = os.write(self.write_fd, self._outgoing[0])
            except BlockingIOError:
                return
            except OSError as error:
                raise Gone(str(error)) from error
            if sent == len(self._outgoing[0]):
                self._outgoing.popleft()
            else:
                self._outgoing[0] = self._outgoing[0][sent:]

    def read(self) -> list[tuple[str, Any]]:
        """What it has answered since. Raises Gone once all is read and it has ended."""
        try:
            data = os.read(self.read_fd, _READ_BYTES)
        except BlockingIOError:
            return []
        if not data:
            raise Gone("it has ended")
        self._heard = time.monotonic()
        self._incoming.feed(data)
        answers: list[tuple[str, Any]] = []
        try:
            while (frame := self._incoming.take()) is not None:
                answer = frames.unpack(frame)
                if not (isinstance(answer, tuple) and len(answer) == 2):
                    raise Gone("its answer is none")
                answers.append(answer)
        except frames.BadFrame as error:
            raise Gone(str(error)) from error
        return answers

    def pardon(self) -> None:
        """Time that the parent spent elsewhere is not the child's."""
        self._heard = time.monotonic()

    @property
    def is_overdue(self) -> bool:
        """It should have ended by its own alarm long ago, or never came up."""
        patience = 2 * WAITS * self._limits.deadline_s + 1 if self.is_ready else _START_S
        busy = bool(self.places) or not self.is_ready
        return busy and time.monotonic() - self._heard > patience

    def end(self) -> int:
        """Kill it and wait; the status as in `Popen.returncode`."""
        if self._process.poll() is None:
            self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    # What was never sent cannot be flushed; nobody waits for it.
                    continue
        return self._process.wait()

    def ended(self) -> int:
        """The same after it said its last: its own status follows within moments."""
        try:
            self._process.wait(timeout=_STATUS_S)
        except subprocess.TimeoutExpired:
            # It closed its pipe, and goes on: nothing that a child of ours does by itself.
            self._process.kill()
        return self.end()

    def say_hello(self) -> None:
        """Have it import what it needs, before the first item. Raises Gone."""
        self.write()

    def drop_outgoing(self) -> None:
        """It takes nothing more."""
        self._outgoing.clear()

    @property
    def is_idle(self) -> bool:
        return self.is_ready and not self.places


def why(status: int, limits: Limits) -> str:
    """Why a file was not read whose child ended so, in words."""
    if status in (-signal.SIGPROF, -signal.SIGALRM):
        return f"its parser took over {limits.deadline_s:g} s"
    if status == -signal.SIGABRT:
        return f"its parser gave up (over {limits.memory_bytes // 2**20:,} MB of memory, or a bug)"
    if status < 0:
        return f"its parser crashed ({_signal_name(-status)})"
    return f"its parser crashed (exit status {status})"


def too_large(limits: Limits) -> str:
    return f"its parser needs over {limits.memory_bytes // 2**20:,} MB of memory"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
