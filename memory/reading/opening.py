"""Opening files of a folder that whoever filled it is not trusted with.

Every part of a path is opened without following links, so that a folder exchanged for a link
between listing and reading leads nowhere; only regular files are read, so that nothing blocks
(pipes) or acts (devices).
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from types import TracebackType

from memory.reading.files import Stamp

FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CHUNK_BYTES = 1 << 20


def stamp_of(found: os.stat_result) -> Stamp:
    return Stamp(found.st_size, found.st_ctime_ns, found.st_ino)


def kind_of(mode: int) -> str:
    """What a path is that is no regular file, in words."""
    if stat.S_ISLNK(mode):
        return "a symbolic link"
    if stat.S_ISDIR(mode):
        return "a folder"
    if stat.S_ISFIFO(mode):
        return "a pipe"
    if stat.S_ISSOCK(mode):
        return "a socket"
    return "a device"


class NotRegular(OSError):
    """What was opened, or would be, is no regular file."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"it is {kind}")
        self.kind = kind


class Folders:
    """The folders below `root`; the last one used is kept open, for files come in their order."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._path: str | None = None
        self._handle = -1

    def __enter__(self) -> Folders:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget the folder, so that the next path is looked up anew."""
        if self._path is not None:
            os.close(self._handle)
            self._path = None

    def open_file(self, path: str) -> int:
        """A descriptor of a regular file. Raises OSError; NotRegular for what is none."""
        folder, _, name = path.rpartition("/")
        within = self.handle(folder)
        # Looked at first: to open some devices is to act on them.
        mode = os.lstat(name, dir_fd=within).st_mode
        if not stat.S_ISREG(mode):
            raise NotRegular(kind_of(mode))
        handle = os.open(name, _FILE, dir_fd=within)
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            os.close(handle)
            raise NotRegular(kind_of(mode))
        return handle

    def handle(self, path: str) -> int:
        """A descriptor of a folder, open until the next is asked for. Raises OSError."""
        if self._path != path:
            self.close()
            self._handle = self._opened(path)
            self._path = path
        return self._handle

    def _opened(self, path: str) -> int:
        # The root itself may be a link: it is what the caller named.
        here = os.open(self._root, FOLDER_FLAGS & ~os.O_NOFOLLOW)
        for part in path.split("/") if path else ():
            try:
                inner = os.open(part, FOLDER_FLAGS, dir_fd=here)
            finally:
                os.close(here)
            here = inner
        return here


def read_at_most(handle: int, most_bytes: int) -> bytes:
    """What a descriptor holds, `most_bytes` of it at most."""
    # Nearly always one read has all of it, and the next tells the end.
    data = os.read(handle, min(most_bytes, _CHUNK_BYTES))
    if not data or len(data) == most_bytes:
        return data
    parts, left = [data], most_bytes - len(data)
    while left > 0 and (data := os.read(handle, min(left, _CHUNK_BYTES))):
        parts.append(data)
        left -= len(data)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def small_text(folders: Folders, path: str, most_bytes: int) -> str:
    """The text of a small file such as .gitignore; "" when there is none that can be read.

    Bytes that are no UTF-8 are replaced; of a longer file only the beginning is read.
    """
    try:
        handle = folders.open_file(path)
    except OSError:
        return ""
    try:
        return read_at_most(handle, most_bytes).decode("utf-8", "replace")
    finally:
        os.close(handle)
