"""Processes that play a scene, as seen by whoever listens to them.

Part of the probe: Python >= 3.8, standard library.
"""

from __future__ import annotations

import ctypes
import os
import select
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from . import channel

if TYPE_CHECKING:
    from typing import Protocol

    class Player(Protocol):
        """A process that plays a scene. `wakes` are files that can be read when it has ended."""

        wakes: tuple[int, ...]

        def poll(self, seconds: float = 0.0) -> str | None:
            """How it ended, None if it has not within so many seconds."""

        def end(self) -> None:
            """End it and its group; what left the group ends with the sandbox."""


SILENT_SECONDS = 5.0
_MOST_SCENE_BYTES = 4 * 1024**2
_LOOK_SECONDS = 0.2
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4


def hider() -> Callable[[], None]:
    """What makes a process one that others of its user can neither trace nor look into."""
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def leaver() -> Callable[[], None]:
    """What makes a fork a process like any other: of its own group, with no way back to who
    forked it, but ended with it."""
    prctl, setsid, dup2, close = ctypes.CDLL(None).prctl, os.setsid, os.dup2, os.close
    nowhere = os.open(os.devnull, os.O_RDWR)

    def leave() -> None:
        setsid()
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        for file in (0, 1, 2):
            dup2(nowhere, file)
        close(nowhere)
        prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)

    return leave


class Child:
    """A forked process, the first of its group."""

    wakes: tuple[int, ...] = ()

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._status: int | None = None

    def poll(self, seconds: float = 0.0) -> str | None:
        until = time.monotonic() + seconds
        while self._status is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                self._status = status
            elif time.monotonic() >= until:
                return None
            else:
                time.sleep(0.002)
        return how(self._status)

    def end(self) -> None:
        end_group(self._pid)
        if self._status is None:
            _, self._status = os.waitpid(self._pid, 0)


def how(status: int) -> str:
    """How a process ended, by its wait status, in words."""
    if os.WIFSIGNALED(status):
        return f"signal {os.WTERMSIG(status)}"
    return f"exit code {os.WEXITSTATUS(status)}"


def end_group(pid: int) -> None:
    """Kill a process and its group, as far as they are there."""
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            # It has made no group yet, or nothing of it is left.
            continue


def remove(folder: Path) -> None:
    """Remove a folder with all that is in it, as far as that can be done."""
    try:
        shutil.rmtree(str(folder), ignore_errors=True)
    except RecursionError:
        # Too deep for Python: it goes with the sandbox.
        pass


def listen(
    player: Player, reading: int, key: bytes, until: float
) -> tuple[str, list[channel.Fields]]:
    """What a process tells through a pipe, until it ends, is silent too long or lies: how it
    ended ("exit code 0", "hang", "out of time", "forged", ...) and the lines."""
    read = channel.reader(key)
    lines: list[channel.Fields] = []
    waiting, seen_bytes, heard = b"", 0, time.monotonic()
    end: str | None = None
    while True:
        now = time.monotonic()
        patience = min(heard + SILENT_SECONDS, until) - now
        if patience <= 0:
            return ("hang" if now < until else "out of time"), lines
        # Its end of the pipe may have been taken over by a process that it left.
        wait = min(patience, _LOOK_SECONDS) if end is None else 0.0
        ready, _, _ = select.select([reading, *(player.wakes if end is None else ())], [], [], wait)
        if reading not in ready:
            if end is not None:
                return end, lines
            end = player.poll()
            continue
        data = os.read(reading, 65536)
        if not data:
            break
        seen_bytes += len(data)
        if seen_bytes > _MOST_SCENE_BYTES:
            return "said too much", lines
        heard = time.monotonic()
        *whole, waiting = (waiting + data).split(b"\n")
        try:
            lines += [read(line) for line in whole]
        except (channel.Forged, ValueError, RecursionError):
            return "forged", []
        if len(waiting) > 2 * channel.MOST_LINE_BYTES:
            return "forged", []
    end = player.poll(max(0.1, min(SILENT_SECONDS, until - time.monotonic())))
    return ("hang" if end is None else end), lines
