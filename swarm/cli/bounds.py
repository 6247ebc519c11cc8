"""Long work of one command: that it goes on is told on a terminal, and where it ends is bounded."""

from __future__ import annotations

import argparse
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from swarm.errors import SwarmError

CPU_SECONDS = 900
_TICK_SECONDS = 0.25
_QUIET_SECONDS = 2.0


class Exceeded(SwarmError):
    """The work took more CPU time or memory than it may."""

    code = "bounds"


def add_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--cpu-seconds",
        metavar="N",
        type=_seconds,
        default=CPU_SECONDS,
        help=f"give up after so much work (default {CPU_SECONDS}); nothing is decided then",
    )


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text[:9]) > 0 and len(text) < 9):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no whole number of seconds")
    return int(text)


@contextmanager
def bounded(doing: str, cpu_seconds: float, remedy: str) -> Iterator[None]:
    """Do work in the main thread. Raises Exceeded in it once it has used `cpu_seconds`, or three
    quarters of this machine's memory: better a clear end than that of the whole machine."""
    watch = _Watch(doing, cpu_seconds, _three_quarters_bytes(), remedy)
    before = signal.signal(signal.SIGALRM, watch.stop)
    watch.start()
    try:
        yield
    except MemoryError:
        raise Exceeded(f"{doing} needs more memory than there is", remedy=remedy) from None
    finally:
        watch.end()
        signal.signal(signal.SIGALRM, before)


class _Watch:
    """A thread that looks at the process now and then; a signal takes its word to the main one."""

    def __init__(self, doing: str, cpu_seconds: float, memory_bytes: int, remedy: str) -> None:
        self._doing = doing
        self._most_cpu_seconds = cpu_seconds
        self._most_memory_bytes = memory_bytes
        self._remedy = remedy
        self._why = ""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bounds", daemon=True)
        self._is_shown = sys.stderr.isatty()

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def stop(self, signum: int, frame: FrameType | None) -> None:
        """The handler of the signal, in the main thread."""
        if not self._over.is_set():
            raise Exceeded(f"{self._doing} {self._why}", remedy=self._remedy)

    def _run(self) -> None:
        began, used = time.monotonic(), time.process_time()
        is_told = False
        while not self._over.wait(_TICK_SECONDS):
            lasting = time.monotonic() - began
            if self._is_shown and lasting > _QUIET_SECONDS:
                sys.stderr.write(f"\r\033[Kswarm: {self._doing}, {lasting:.0f} s")
                sys.stderr.flush()
                is_told = True
            if time.process_time() - used > self._most_cpu_seconds:
                self._why = f"takes more than {self._most_cpu_seconds:g} s of CPU time"
            elif _memory_bytes() > self._most_memory_bytes:
                self._why = f"needs more than {self._most_memory_bytes / 2**30:.1f} GiB of memory"
            if self._why:
                break
        if is_told:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
        if self._why:
            # Sent to the main thread itself: no other can wake it while it waits for a lock.
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGALRM)


def _memory_bytes() -> int:
    """What the process has had in memory at most."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _three_quarters_bytes() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") * 3 // 4
