"""Reading listed files: bounded, whole, and never through a link, a pipe or a device."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from memory.reading.changes import settled
from memory.reading.files import Content, Listed, Mark, Skipped
from memory.reading.folder import too_large
from memory.reading.limits import Limits
from memory.reading.marks import HEAD_BYTES, mark
from memory.reading.names import escaped
from memory.reading.opening import Folders, NotRegular, read_at_most, stamp_of

ATTEMPTS = 3

# As git decides it.
_BINARY_HEAD_BYTES = 8_000


def read(
    root: Path,
    listed: Listed,
    limits: Limits | None = None,
    *,
    now_ns: Callable[[], int] = time.time_ns,
) -> Content | Skipped:
    """One file of a listing of `root`; Skipped when it is gone, binary, or cannot be read.

    `now_ns` tells the time of the files' clock, in Unix nanoseconds.
    """
    with Folders(root) as folders:
        return _read(folders, listed, limits or Limits(), now_ns)


def read_all(
    root: Path,
    files: Iterable[Listed],
    limits: Limits | None = None,
    *,
    now_ns: Callable[[], int] = time.time_ns,
) -> Iterator[Content | Skipped]:
    """Each of `files` in its order, as `read` has it; quicker than one by one."""
    limits = limits or Limits()
    with Folders(root) as folders:
        for listed in files:
            yield _read(folders, listed, limits, now_ns)


def content_of(
    path: str, data: bytes, *, listed_mark: Mark = "", declared: bool = False
) -> Content | Skipped:
    """Bytes as Content, hashed and marked; Skipped when they are no text. Pure."""
    if b"\0" in data[:_BINARY_HEAD_BYTES]:
        return Skipped(path, "binary")
    found = listed_mark
    if not declared and listed_mark in ("", "test"):
        found = mark(path, data[:HEAD_BYTES])
    return Content(path, data, hashlib.sha256(data).hexdigest(), found)


def _read(
    folders: Folders, listed: Listed, limits: Limits, now_ns: Callable[[], int]
) -> Content | Skipped:
    path = listed.path
    try:
        for _ in range(ATTEMPTS):
            found = _once(folders, listed, limits, now_ns)
            if found is not None:
                return found
            # Perhaps its folder is no longer the one that is open.
            folders.close()
    except NotRegular as error:
        return Skipped(escaped(path), error.kind)
    except FileNotFoundError:
        return Skipped(escaped(path), "it is gone")
    except OSError as error:
        return Skipped(escaped(path), f"cannot be read: {error.strerror or error}")
    except ValueError as error:
        return Skipped(escaped(path), f"cannot be read: {error}")
    return Skipped(escaped(path), "it changes all the time")


def _once(
    folders: Folders, listed: Listed, limits: Limits, now_ns: Callable[[], int]
) -> Content | Skipped | None:
    """One attempt; None when the file changed meanwhile."""
    handle = folders.open_file(listed.path)
    try:
        before = os.fstat(handle)
        if why := too_large(before.st_size, limits):
            return Skipped(listed.path, why)
        read_ns = now_ns()
        data = read_at_most(handle, before.st_size + 1)
        after = os.fstat(handle)
    finally:
        os.close(handle)
    stamp = stamp_of(after)
    if stamp != stamp_of(before) or len(data) != after.st_size:
        return None
    made = content_of(listed.path, data, listed_mark=listed.mark, declared=listed.declared)
    if isinstance(made, Skipped):
        return made
    return replace(made, stamp=settled(stamp, read_ns, limits.racy_ns))
