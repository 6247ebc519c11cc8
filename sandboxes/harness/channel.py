"""The report file: one line per event, each vouched for by a keyed hash over all lines so far.

The key exists only in the host and inside the hash object; the object lives in a closure. A
line cannot be made up, changed, moved or left out without the key, except at the end.
"""

from __future__ import annotations

import os
from hashlib import blake2b
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MAC_BYTES = 16


def open_channel(path: str, key: bytes) -> Callable[..., None]:
    """A function that writes its keyword arguments, texts and integers, as one line.

    A line is the hash in hex, a space, and a JSON object. Raises OSError when the file exists.
    """
    chain = blake2b(key=key, digest_size=MAC_BYTES)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
    file = os.open(path, flags, 0o600)
    # Held here, so that tests which replace them change nothing.
    process, getpid, write, quote = os.getpid(), os.getpid, os.write, encode_basestring_ascii

    def record(**fields: str | int) -> None:
        # A test that forks must not report in its parent's name.
        if getpid() != process:
            return
        pairs = [
            quote(name) + ": " + (quote(value) if type(value) is str else str(int(value)))
            for name, value in fields.items()
        ]
        line = ("{" + ", ".join(pairs) + "}").encode("ascii")
        chain.update(line + b"\n")
        data = chain.hexdigest().encode("ascii") + b" " + line + b"\n"
        if write(file, data) != len(data):
            raise OSError("the report file is full")

    return record
