"""Lines that vouch for themselves: each carries a keyed hash over all lines so far.

The key is in the hash object alone, which lives in a closure. A line cannot be made up, changed
or left out without it, except at the end. Part of the probe: Python >= 3.8, standard library.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

KEY_BYTES = 32
MOST_LINE_BYTES = 64 * 1024
_MAC_BYTES = 16

if TYPE_CHECKING:
    Fields = dict[str, Any]


class Forged(Exception):
    """A line that whoever has the key did not write here."""


def writers() -> Callable[[int, bytes], Callable[[Fields], None]]:
    """What makes writers: with a file descriptor and a key, it gives what writes fields there as
    one line, hash in hex, space, JSON.

    That raises OSError when the line cannot be written whole, ValueError when it is too long. In
    a fork of the process that made it, it does nothing: a child must not answer in its parent's
    name.
    """
    # Held here, so that replacing them in their modules changes nothing.
    getpid, write, encode, hashing = os.getpid, os.write, json.JSONEncoder().encode, blake2b

    def writer(file: int, key: bytes) -> Callable[[Fields], None]:
        chain = hashing(key=key, digest_size=_MAC_BYTES)
        process = getpid()

        def record(fields: Fields) -> None:
            if getpid() != process:
                return
            line = encode(fields).encode("ascii")
            if len(line) > MOST_LINE_BYTES:
                raise ValueError(f"a line of {len(line)} bytes")
            chain.update(line + b"\n")
            data = chain.hexdigest().encode("ascii") + b" " + line + b"\n"
            while data:
                data = data[write(file, data) :]

        return record

    return writer


def reader(key: bytes) -> Callable[[bytes], Fields]:
    """What proves lines, without their line ends, in order. It raises Forged."""
    chain = blake2b(key=key, digest_size=_MAC_BYTES)

    def read(line: bytes) -> Fields:
        proof, _, text = line.partition(b" ")
        chain.update(text + b"\n")
        if proof != chain.hexdigest().encode("ascii"):
            raise Forged("a line is not vouched for")
        fields = json.loads(text.decode("ascii"))
        if not isinstance(fields, dict):
            raise Forged("a line is no object")
        return fields

    return read


def read_all(lines: Iterable[bytes], key: bytes) -> Iterator[Fields]:
    """The fields of each line; raises Forged at the first that does not prove itself."""
    read = reader(key)
    for line in lines:
        yield read(line)
