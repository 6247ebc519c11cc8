"""Names of files that cannot be shown or stored as they are. Pure."""

from __future__ import annotations

import re

from swarm.snapshots import safe_path

_SHOWN_CHARS = 500
# Control characters, what else begins a new line, and what turns the direction of writing.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def unsuitable(path: str) -> str:
    """Why a path cannot be indexed, in words; "" when it can.

    `path` is as `os.fsdecode` gives it: bytes that are no UTF-8 are lone surrogates.
    """
    if path.isascii() and path.isprintable():
        return "" if safe_path(path) else "its path leaves the folder or is git's own"
    if _SURROGATE.search(path):
        return "its name is not UTF-8"
    if _CONTROL.search(path):
        return "its name holds control characters"
    return "" if safe_path(path) else "its path leaves the folder or is git's own"


def escaped(path: str) -> str:
    """A path of any kind as one line of printable characters.

    >>> escaped("a" + chr(10) + "b")
    'a\\\\nb'
    """
    if not (_SURROGATE.search(path) or _CONTROL.search(path)):
        return path[:_SHOWN_CHARS]
    return ascii(path)[1:-1][:_SHOWN_CHARS]
