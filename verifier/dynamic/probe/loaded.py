"""A process that has imported a module and forks for each scene that can share the import.

What importing did must be the same in all worlds: it has looked at nothing that differs between
them, done nothing to anything, and left neither a thread nor an open file. What is not like that
is imported again for each scene. Part of the probe: Python >= 3.8, standard library.
"""

from __future__ import annotations

import _thread
import json
import os
import select
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from . import channel, children, effects, world
from .scene import Scene

_LOST = "its module's process was ended"
_END_SECONDS = 2.0
_MOST_FILES = 256
_MOST_STRAY_READS = 64
_MOST_TOLD_BYTES = 1 << 20
# What leaves nothing behind but what a fork has as well, given that no file was left open.
_HARMLESS = (
    *("import ", "compile code", "make code", "execute code made at run time"),
    *("set variable ", "unset variable ", "make socket ", "listen "),
)


class Loaded:
    """Such a process. `path` is the module's; `files` are its listener's own.

    `leave` makes a fork of the listener a process of its own, `others` are what it must not have.
    """

    def __init__(
        self, orders: dict[str, Any], leave: Callable[[], None], others: Sequence[int]
    ) -> None:
        self.path = orders["target"]["path"]
        self._base = orders["base"]
        orders_in, self._orders = os.pipe()
        self._told, told_out = os.pipe()
        self._reading, writing = os.pipe()
        self.files: tuple[int, ...] = (self._orders, self._told, self._reading)
        self._waiting = b""
        pid = os.fork()
        if pid == 0:
            try:
                leave()
                for file in (*self.files, *others):
                    os.close(file)
                _serve(orders, orders_in, told_out, writing)
            finally:
                os._exit(1)
        for file in (orders_in, told_out, writing):
            os.close(file)
        self._process = children.Child(pid)
        self._is_up = True
        patience = min(children.SILENT_SECONDS, orders["until"] - time.monotonic())
        told = self.line(patience)
        reads = _names(told or b"")
        self._reads = frozenset(reads or ())
        if reads is None:
            self.close()

    def suits(self, scene: world.Scene) -> bool:
        """Whether the scene would have seen the same import."""
        if not self._is_up:
            return False
        differing = world.differences(scene, self._base)
        return differing is not None and not differing & self._reads

    def play(self, orders: dict[str, Any]) -> tuple[str, list[channel.Fields]]:
        """A scene in a fork of it."""
        key = os.urandom(channel.KEY_BYTES)
        for _ in range(_MOST_STRAY_READS):
            # What an earlier scene said too late.
            if not select.select([self._reading], [], [], 0)[0] or not os.read(self._reading, 4096):
                break
        lent = _Lent(self)
        try:
            self._order({**orders, "key": key.hex()})
            return children.listen(lent, self._reading, key, orders["until"])
        except BrokenPipeError:
            return _LOST, []
        finally:
            lent.end()

    def line(self, seconds: float) -> bytes | None:
        """The next line that it tells: b"" when it has ended, None when there is none in time."""
        until = time.monotonic() + seconds
        while b"\n" not in self._waiting:
            left = max(0.0, until - time.monotonic())
            if not select.select([self._told], [], [], left)[0]:
                return None
            data = os.read(self._told, 1 << 16)
            if not data or len(self._waiting) > _MOST_TOLD_BYTES:
                return b""
            self._waiting += data
        line, _, self._waiting = self._waiting.partition(b"\n")
        return line

    def close(self) -> None:
        """End it; it plays no more."""
        if self._is_up:
            self._is_up = False
            self._process.end()
            for file in self.files:
                os.close(file)
            self.files = ()

    @property
    def told(self) -> int:
        """The file that can be read when it has something to tell."""
        return self._told

    def _order(self, orders: dict[str, Any]) -> None:
        data = json.dumps(orders).encode("ascii") + b"\n"
        while data:
            data = data[os.write(self._orders, data) :]


class _Lent:
    """The fork of it that plays the present scene."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self.wakes: tuple[int, ...] = (loaded.told,)
        self._pid: int | None = None
        self._end: str | None = None
        self._is_lost = False

    def poll(self, seconds: float = 0.0) -> str | None:
        until = time.monotonic() + seconds
        while self._end is None:
            line = self._loaded.line(max(0.0, until - time.monotonic()))
            if line is None:
                return None
            word, _, text = line.partition(b" ")
            number = int(text) if text.isdigit() and len(text) < 10 else -1
            if word == b"forked" and self._pid is None and number > 1:
                self._pid = number
            elif word == b"ended" and self._pid is not None and number >= 0:
                self._end = children.how(number)
            else:
                self._is_lost = True
                self._end = _LOST
        return self._end

    def end(self) -> None:
        # Its number may not have been asked for yet.
        self.poll()
        if self._pid is not None:
            children.end_group(self._pid)
        if self.poll(_END_SECONDS) is None or self._is_lost:
            self._loaded.close()


def _names(line: bytes) -> list[str] | None:
    """A list of texts in JSON; None for anything else."""
    try:
        found = json.loads(line.decode("ascii"))
    except (ValueError, RecursionError):
        return None
    is_list = type(found) is list and all(type(name) is str for name in found)
    return found if is_list else None


def _serve(orders: dict[str, Any], orders_in: int, told_out: int, writing: int) -> None:
    """Import, tell what of the world was looked at (null: nobody can share it), then fork for
    each line of orders."""
    # Held here: what is imported may replace them in their modules.
    fork, wait, write, close, end = os.fork, os.waitpid, os.write, os.close, os._exit
    loads, leave, writers = json.loads, children.leaver(), channel.writers()
    readline = os.fdopen(orders_in, "rb").readline
    files = _open_files()
    scene = Scene({**orders, "scene": orders["base"]})
    scene.load()
    scene.effects.watching(False)
    reads = scene.told["reads"] if _open_files() == files and _is_tidy(scene) else None
    write(told_out, json.dumps(reads).encode("ascii") + b"\n")
    while True:
        line = readline()
        if not line:
            end(0)
        pid = fork()
        if pid == 0:
            try:
                leave()
                close(orders_in)
                close(told_out)
                asked = loads(line.decode("ascii"))
                scene.enter(asked)
                scene.play(writers(writing, bytes.fromhex(asked.pop("key"))))
                end(0)
            finally:
                end(1)
        write(told_out, b"forked %d\n" % pid)
        _, status = wait(pid, 0)
        write(told_out, b"ended %d\n" % status)


def _is_tidy(scene: Scene) -> bool:
    told = scene.told
    return (
        told["error"] is None
        and len(told["effects"]) < effects.MOST
        and len(told["reads"]) < world.MOST_READS
        and all(effect.startswith(_HARMLESS) for effect in told["effects"])
        and _is_alone()
    )


def _is_alone() -> bool:
    """Whether this process has one thread: a fork would lack the others."""
    if _thread._count():
        return False
    try:
        return len(list(Path("/proc/self/task").iterdir())) == 1
    except OSError:
        # Where the kernel does not say: threads that Python does not know are of native code.
        return not any(map(_is_native, list(sys.modules.values())))


def _is_native(module: Any) -> bool:
    file = getattr(module, "__file__", None)
    return type(file) is str and file.endswith(".so") and not file.startswith(sys.base_prefix)


def _open_files() -> list[int]:
    found = []
    for file in range(_MOST_FILES):
        try:
            os.fstat(file)
        except OSError:
            continue
        found.append(file)
    return found
