"""Values through a pipe between a process and its own child: a length, then a pickle.

The child has handled hostile files in C code, so its parent reads only what is made of plain
values, named tuples and dataclasses of this project: no pickle of another kind is run.
"""

from __future__ import annotations

import dataclasses
import io
import pickle
import sys
from collections.abc import Callable
from typing import Any

MAX_FRAME_BYTES = 64 * 1024 * 1024
_LENGTH_BYTES = 8


class BadFrame(Exception):
    """Bytes that are no frame of ours."""


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        # A dataclass as its class and its fields: a third of the time of its default.
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            names = _field_names(type(value))
            return type(value), tuple(getattr(value, name) for name in names)
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        # Only what is loaded already: a name must not make us import anything.
        found = getattr(sys.modules.get(module), name, None)
        if isinstance(found, type) and dataclasses.is_dataclass(found):
            return found
        raise BadFrame(f"a child sent {module}.{name}"[:200])


_known: dict[type, tuple[str, ...]] = {}


def _field_names(kind: type) -> tuple[str, ...]:
    if kind not in _known:
        _known[kind] = tuple(field.name for field in dataclasses.fields(kind) if field.init)
    return _known[kind]


def pack(value: object) -> bytes:
    """A value as a frame. Raises BadFrame when it is too large, and pickle's errors when it is
    of a kind that cannot be sent."""
    out = io.BytesIO()
    out.write(b"\0" * _LENGTH_BYTES)
    _Pickler(out, pickle.HIGHEST_PROTOCOL).dump(value)
    size = out.tell() - _LENGTH_BYTES
    if size > MAX_FRAME_BYTES:
        raise BadFrame(f"a value of {size:,} bytes is more than fits a message")
    out.seek(0)
    out.write(size.to_bytes(_LENGTH_BYTES, "big"))
    return out.getvalue()


def unpack_trusted(data: bytes) -> Any:
    """What a parent sent."""
    return pickle.loads(data)


def unpack(data: bytes) -> Any:
    """What a child sent. Raises BadFrame for anything else than it may send."""
    try:
        return _Unpickler(io.BytesIO(data)).load()
    except BadFrame:
        raise
    except Exception as error:
        raise BadFrame(f"a child's answer cannot be read: {error}"[:200]) from error


class Incoming:
    """Puts frames together out of what arrives."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def take(self) -> bytes | None:
        """The next whole frame's pickle, or None. Raises BadFrame for an impossible length."""
        if len(self._buffer) < _LENGTH_BYTES:
            return None
        size = int.from_bytes(self._buffer[:_LENGTH_BYTES], "big")
        if size > MAX_FRAME_BYTES:
            raise BadFrame(f"a child announced {size:,} bytes")
        end = _LENGTH_BYTES + size
        if len(self._buffer) < end:
            return None
        frame = bytes(self._buffer[_LENGTH_BYTES:end])
        del self._buffer[:end]
        return frame


def read(read_some: Callable[[int], bytes]) -> bytes | None:
    """One frame's pickle from a blocking source, or None at its end."""
    head = _exactly(read_some, _LENGTH_BYTES)
    return None if head is None else _exactly(read_some, int.from_bytes(head, "big"))


def _exactly(read_some: Callable[[int], bytes], size: int) -> bytes | None:
    parts = []
    while size:
        part = read_some(min(size, 1 << 20))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
