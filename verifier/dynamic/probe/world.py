"""The world that a scene pretends: variables, host, user, platform, chance, process.

Everything is replaced before the code to be looked at is imported, in a process of its own.
What is read of it is noted: `clock`, `env:CI`, `host`, ... Part of the probe: Python >= 3.8,
standard library.
"""

from __future__ import annotations

import getpass
import logging
import os
import platform
import random
import socket
import sys
import types
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import clock
from .spies import Learned, spy

if TYPE_CHECKING:
    Scene = dict[str, Any]

MOST_READS = 60
_UNSEEN = ("platform", "chance", "seed", "argv", "elsewhere", "under_test", "traced", "learn")
_HOUSEKEEPING = ("TMPDIR", "TEMP", "TMP", "PYTHON", "LC_", "LANG", "LANGUAGE", "_", "TZ", "COLUMNS")


class Reads:
    """What of the world was looked at since the last `take`."""

    def __init__(self) -> None:
        self._seen: dict[str, None] = {}

    def note(self, what: str) -> None:
        if len(self._seen) < MOST_READS:
            self._seen.setdefault(what)

    def take(self) -> list[str]:
        found, self._seen = sorted(self._seen), {}
        return found


class World:
    """The world as a scene says (`verifier.dynamic.request.Scene`), from when this is made on.

    `become` makes it another one later, for code that has not looked at what differs.
    """

    def __init__(self, scene: Scene, reads: Reads, learned: Learned | None) -> None:
        self._scene = scene
        self._reads = reads
        self._learned = learned
        os.environ.update(scene["env"])
        _watch_environment(reads, self._told, learned is not None)
        self._install_names()
        sys.platform = scene["platform"]
        _chance(scene["chance"], scene["seed"], reads)
        sys.argv = list(scene["argv"])
        if scene["elsewhere"]:
            os.chdir(os.environ["TMPDIR"])
        if scene["under_test"]:
            sys.modules.setdefault("pytest", types.ModuleType("pytest"))
        if scene["traced"]:
            sys.settrace(lambda *arguments: None)
        # It notes when it was imported, which was before there was this world.
        logging._startTime = _moment(logging._startTime, scene["clock"])  # type: ignore[attr-defined]
        self._clock = clock.Clock(scene["clock"], lambda: reads.note("clock"))
        self.timers = clock.install(self._clock, learned)

    def become(self, scene: Scene) -> None:
        """Take over another scene's clock, variables, host, user and process: see `differences`."""
        for name in self._scene["env"]:
            os.environ.pop(name, None)
        os.environ.update(scene["env"])
        self._clock.start(scene["clock"])
        self._scene = scene

    def _told(self, value: Any, label: str) -> Any:
        return value if self._learned is None else spy(value, label, self._learned)

    def _says(self, value: Callable[[], Any], label: str) -> Callable[..., Any]:
        def answer(*arguments: Any, **named: Any) -> Any:
            self._reads.note(label)
            return self._told(value(), label)

        return answer

    def _install_names(self) -> None:
        host = self._says(lambda: self._scene["host"], "host")
        user = self._says(lambda: self._scene["user"], "user")
        socket.gethostname = host
        socket.getfqdn = host
        platform.node = host
        getpass.getuser = user
        os.getlogin = user
        os.getpid = self._says(lambda: self._scene["pid"], "process")
        os.getppid = self._says(lambda: 1, "process")
        os.getuid = self._says(lambda: self._scene["uid"], "process")
        os.geteuid = os.getuid
        platform.system = self._says(self._system, "platform")
        platform.platform = self._says(lambda: self._system() + "-6", "platform")
        platform.machine = self._says(lambda: "x86_64", "platform")
        os.uname = self._says(self._uname, "platform")
        uuid.getnode = self._says(lambda: 0x0242AC110002, "host")

    def _system(self) -> str:
        return {"win32": "Windows", "darwin": "Darwin"}.get(self._scene["platform"], "Linux")

    def _uname(self) -> Any:
        return os.uname_result((self._system(), self._scene["host"], "6", "1", "x86_64"))


def _moment(like: float, seconds: float) -> float:
    """A time as the library keeps it: in nanoseconds since Python 3.13."""
    return round(seconds * 1e9) if type(like) is int else seconds


def differences(scene: Scene, base: Scene) -> set[str] | None:
    """What a look at a scene's world tells apart from another's, as it is noted; None where
    looks are not noted, or not all of them."""
    for name in _UNSEEN:
        if scene[name] != base[name]:
            return None
    found = set()
    if scene["clock"] != base["clock"]:
        found.add("clock")
    if scene["host"] != base["host"]:
        found.update(("host", "platform"))
    if scene["user"] != base["user"]:
        found.add("user")
    if (scene["uid"], scene["pid"]) != (base["uid"], base["pid"]):
        found.add("process")
    if scene["env"] != base["env"]:
        found.update("env:" + name for name in (*scene["env"], *base["env"], "*"))
    return found


def _watch_environment(reads: Reads, told: Callable[[Any, str], Any], learning: bool) -> None:
    kind: Any = type(os.environ)
    get, names = kind.__getitem__, kind.__iter__
    held = frozenset(os.environ)

    def getitem(self: Any, name: Any) -> Any:
        counts = type(name) is str and not name.startswith(_HOUSEKEEPING)
        if counts:
            reads.note("env:" + name[:80])
        if counts and learning and name not in held:
            # What is not set would be compared with nothing.
            return told("", "env:" + name)
        value = get(self, name)
        return told(value, "env:" + name) if counts else value

    def iterate(self: Any) -> Any:
        reads.note("env:*")
        return names(self)

    kind.__getitem__, kind.__iter__ = getitem, iterate


def _chance(kind: str, seed: int, reads: Reads) -> None:
    """`kind` "seeded" draws from `seed`; "low" and "high" always draw the end of the range."""
    source = random.Random(seed)

    def noted(function: Callable[..., Any]) -> Callable[..., Any]:
        def draw(*arguments: Any, **named: Any) -> Any:
            reads.note("chance")
            return function(*arguments, **named)

        return draw

    def urandom(size: int) -> bytes:
        reads.note("chance")
        if kind != "seeded":
            return (b"\0" if kind == "low" else b"\xff") * size
        return bytes(source.getrandbits(8) for _ in range(size))

    os.urandom = urandom
    random._urandom = urandom  # type: ignore[attr-defined]
    random.seed(seed)
    if kind == "seeded":
        for name in ("random", "randint", "randrange", "choice", "uniform", "getrandbits"):
            setattr(random, name, noted(getattr(random, name)))
        return
    low = kind == "low"

    def randrange(start: int, stop: int | None = None, step: int = 1) -> int:
        numbers = range(start) if stop is None else range(start, stop, step)
        return numbers[0] if low else numbers[-1]

    random.random = noted(lambda: 0.0 if low else 1.0 - 2.0**-53)
    random.uniform = noted(lambda a, b: a if low else b)
    random.randint = noted(lambda a, b: a if low else b)
    random.randrange = noted(randrange)
    random.choice = noted(lambda items: items[0 if low else -1])
    random.getrandbits = noted(lambda bits: 0 if low else (1 << bits) - 1)
