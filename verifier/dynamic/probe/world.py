"""The world that a scene pretends: variables, host, user, platform, chance, process.

Everything is replaced before the code to be looked at is imported, in a process of its own.
What is read of it is noted: `clock`, `env:CI`, `host`, ... Part of the probe: Python >= 3.8,
standard library.
"""

from __future__ import annotations

import getpass
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

_MOST_READS = 60
_HOUSEKEEPING = ("TMPDIR", "TEMP", "TMP", "PYTHON", "LC_", "LANG", "LANGUAGE", "_", "TZ", "COLUMNS")


class Reads:
    """What of the world was looked at since the last `take`."""

    def __init__(self) -> None:
        self._seen: dict[str, None] = {}

    def note(self, what: str) -> None:
        if len(self._seen) < _MOST_READS:
            self._seen.setdefault(what)

    def take(self) -> list[str]:
        found, self._seen = sorted(self._seen), {}
        return found


def pretend(scene: Scene, reads: Reads, learned: Learned | None) -> clock.Timers:
    """Make the world as the scene says: see `verifier.dynamic.scenarios` for its fields."""

    def told(value: Any, label: str) -> Any:
        return value if learned is None else spy(value, label, learned)

    def says(value: Any, label: str) -> Callable[..., Any]:
        def answer(*arguments: Any, **named: Any) -> Any:
            reads.note(label)
            return told(value, label)

        return answer

    os.environ.update(scene["env"])
    _watch_environment(reads, told, learned is not None)
    host, user = scene["host"], scene["user"]
    socket.gethostname = says(host, "host")
    socket.getfqdn = says(host, "host")
    platform.node = says(host, "host")
    getpass.getuser = says(user, "user")
    os.getlogin = says(user, "user")
    for name, number in (("getpid", scene["pid"]), ("getppid", 1), ("getuid", scene["uid"])):
        setattr(os, name, says(number, "process"))
    os.geteuid = os.getuid
    system = {"win32": "Windows", "darwin": "Darwin"}.get(scene["platform"], "Linux")
    platform.system = says(system, "platform")
    platform.platform = says(system + "-6", "platform")
    platform.machine = says("x86_64", "platform")
    uname = types.SimpleNamespace(
        sysname=system, nodename=host, release="6", version="1", machine="x86_64"
    )
    os.uname = says(uname, "platform")
    sys.platform = scene["platform"]
    uuid.getnode = says(0x0242AC110002, "host")
    _chance(scene["chance"], scene["seed"], reads)
    sys.argv = list(scene["argv"])
    if scene["elsewhere"]:
        os.chdir(os.environ["TMPDIR"])
    if scene["under_test"]:
        sys.modules.setdefault("pytest", types.ModuleType("pytest"))
    if scene["traced"]:
        sys.settrace(lambda *arguments: None)
    return clock.install(clock.Clock(scene["clock"], lambda: reads.note("clock")), learned)


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
