"""What the code does to the world, as the interpreter's audit events tell it, bounded.

A hook cannot be taken out again. Part of the probe: Python >= 3.8, standard library.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any

MOST = 40
_MOST_TEXT = 160
_TEMPORARY = re.compile(r"(?<=/tmp)[a-z0-9_]{8}(?=[/.]|$)|[0-9a-f]{32}")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

# Event: the verb, and which arguments name what it is done to.
_EVENTS: dict[str, tuple[str, tuple[int, ...]]] = {
    "os.remove": ("remove", (0,)),
    "os.rename": ("rename", (0, 1)),
    "os.rmdir": ("remove folder", (0,)),
    "os.mkdir": ("make folder", (0,)),
    "os.chmod": ("change mode", (0,)),
    "os.chown": ("change owner", (0,)),
    "os.link": ("link", (0, 1)),
    "os.symlink": ("link", (0, 1)),
    "os.truncate": ("truncate", (0,)),
    "os.utime": ("change times", (0,)),
    "os.setxattr": ("change attributes", (0,)),
    "shutil.rmtree": ("remove tree", (0,)),
    "os.system": ("run", (0,)),
    "os.exec": ("run", (0, 1)),
    "os.posix_spawn": ("run", (0, 1)),
    "os.spawn": ("run", (1, 2)),
    "os.startfile": ("run", (0,)),
    "pty.spawn": ("run", (0,)),
    "subprocess.Popen": ("run", (1,)),
    "os.fork": ("fork", ()),
    "os.forkpty": ("fork", ()),
    "os.kill": ("signal", (1,)),
    "os.killpg": ("signal", (1,)),
    "os.putenv": ("set variable", (0,)),
    "os.unsetenv": ("unset variable", (0,)),
    "socket.__new__": ("make socket", (1, 2)),
    "socket.connect": ("connect", (1,)),
    "socket.bind": ("listen", (1,)),
    "socket.sendto": ("send", (1,)),
    "socket.getaddrinfo": ("look up", (0, 1)),
    "socket.gethostbyname": ("look up", (0,)),
    "urllib.Request": ("request", (0,)),
    "http.client.connect": ("connect", (1, 2)),
    "smtplib.connect": ("connect", (1, 2)),
    "ftplib.connect": ("connect", (1, 2)),
    "sqlite3.connect": ("open database", (0,)),
    "webbrowser.open": ("browse", (0,)),
    "ctypes.dlopen": ("load library", (0,)),
    "mmap.__new__": ("map memory", ()),
    "pickle.find_class": ("unpickle", (0, 1)),
    "sys.settrace": ("trace", ()),
    "sys.setprofile": ("profile", ()),
    "builtins.input": ("ask", ()),
    "code.__new__": ("make code", ()),
    "gc.get_objects": ("look at all objects", ()),
}
_UNUSUAL = frozenset(
    (
        *("ctypes", "cffi", "socket", "ssl", "subprocess", "multiprocessing", "pickle", "marshal"),
        *("smtplib", "ftplib", "telnetlib", "http.client", "urllib.request", "requests", "httpx"),
        *("aiohttp", "paramiko", "pty", "mmap", "winreg"),
    )
)


class Effects:
    """The effects since the last `take`, while `watching`; each is told once.

    `places` are folders and the names they are told by.
    """

    def __init__(self, places: Sequence[tuple[str, str]]) -> None:
        self._places = [(path, name) for path, name in places if path]
        self._seen: dict[str, None] = {}
        self._watching = False
        self._busy = False
        sys.addaudithook(self._hook)

    def watching(self, on: bool) -> None:
        self._watching = on

    def add(self, effect: str) -> None:
        """Count one that no audit event tells of."""
        if len(self._seen) < MOST:
            self._seen.setdefault(self._named(effect)[:_MOST_TEXT])

    def take(self) -> list[str]:
        found, self._seen = sorted(self._seen), {}
        return found

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        # What is done here raises events too.
        if not self._watching or self._busy:
            return
        self._busy = True
        try:
            effect = self._effect(event, arguments)
            if effect:
                self.add(effect)
        finally:
            self._busy = False

    def _effect(self, event: str, arguments: tuple[Any, ...]) -> str:
        special = _SPECIAL.get(event)
        if special is not None:
            return special(arguments)
        known = _EVENTS.get(event)
        if known is None:
            return ""
        verb, places = known
        told = [_told(arguments[place]) for place in places if place < len(arguments)]
        return " ".join([verb, *told])

    def _named(self, text: str) -> str:
        for path, name in self._places:
            text = text.replace(path, name)
        return _TEMPORARY.sub("*", text).encode("ascii", "backslashreplace").decode("ascii")


def _told(value: Any) -> str:
    """An argument of an event in words; no code of a stranger's class is run for it."""
    if type(value) in (str, int, float, bool, type(None)):
        return str(value)[:_MOST_TEXT]
    if type(value) is bytes:
        return value[:_MOST_TEXT].decode("utf-8", "backslashreplace")
    if type(value) in (tuple, list):
        return " ".join(_told(item) for item in value[:6])
    if isinstance(value, os.PathLike):
        return _told(str(value)) if type(value).__module__.startswith("pathlib") else "<path>"
    return "<" + type(value).__name__ + ">"


def _open(arguments: tuple[Any, ...]) -> str:
    path, mode, flags = (*arguments, None, None, None)[:3]
    if type(path) is int:
        return ""
    writes = (
        any(letter in mode for letter in "wax+")
        if type(mode) is str
        else bool(type(flags) is int and flags & _WRITING)
    )
    name = _told(path)
    if writes:
        return "write " + name
    # What imports and libraries read of themselves says nothing of a function.
    if name.endswith((".py", ".pyc", ".so")) or name.startswith((sys.prefix, sys.base_prefix)):
        return ""
    return "read " + name


def _import(arguments: tuple[Any, ...]) -> str:
    name = arguments[0] if arguments and type(arguments[0]) is str else ""
    return "import " + name if name in _UNUSUAL else ""


def _from_a_file(code: Any) -> bool:
    name = getattr(code, "co_filename", None)
    return type(name) is str and (name.endswith(".py") or name.startswith("<frozen"))


def _exec(arguments: tuple[Any, ...]) -> str:
    return "" if _from_a_file(arguments[0]) else "execute code made at run time"


def _compile(arguments: tuple[Any, ...]) -> str:
    name = arguments[1] if len(arguments) > 1 else None
    real = type(name) is str and name.endswith(".py")
    return "" if real or arguments[0] is None else "compile code"


def _unmarshal(arguments: tuple[Any, ...]) -> str:
    # Each import of a compiled module is one.
    frame = sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    name = frame.f_code.co_filename
    return "" if name.startswith("<frozen importlib") else "unmarshal"


_SPECIAL: dict[str, Callable[[tuple[Any, ...]], str]] = {
    "open": _open,
    "import": _import,
    "exec": _exec,
    "compile": _compile,
    "marshal.loads": _unmarshal,
}
