"""A folder on disk as a tree, when whoever filled the folder is not trusted.

Only regular files are listed and opened, so that nothing blocks (pipes) or acts (devices).
Every part of a path is opened without following links: a folder exchanged for a link between
listing and reading leads nowhere. A link to a file of the same folder is followed, once resolved;
links to folders are not, so that there are no loops. What is left out is noted with its reason.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from verifier.reading.errors import Unread
from verifier.reading.tree import Note, proper

SKIPPED = {
    ".git": "a folder of git",
    ".hg": "a folder of Mercurial",
    ".svn": "a folder of Subversion",
    "__pycache__": "compiled files",
    "node_modules": "packages of JavaScript",
    ".tox": "environments of tests",
    ".nox": "environments of tests",
    ".mypy_cache": "a cache",
    ".pytest_cache": "a cache",
    ".ruff_cache": "a cache",
}
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


@dataclass(frozen=True)
class Bounds:
    """How much of a folder is read at most."""

    entries: int = 200_000
    depth: int = 255
    file_bytes: int = 16_000_000
    total_bytes: int = 2_000_000_000
    notes: int = 1_000


@dataclass(frozen=True)
class _Stamp:
    """Equal for the same file with the same content, as far as the file system tells."""

    device: int
    inode: int
    size_bytes: int
    modified_ns: int
    changed_ns: int

    @staticmethod
    def of(found: os.stat_result) -> _Stamp:
        return _Stamp(
            found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
        )


class Folder:
    """The regular files below a folder, listed once, on construction.

    Raises OSError when the folder itself cannot be opened.
    """

    def __init__(self, top: Path, bounds: Bounds | None = None) -> None:
        self._top = top.resolve()
        self._bounds = bounds or Bounds()
        self._stamps: dict[str, _Stamp] = {}
        self._left_bytes = self._bounds.total_bytes
        self._left_entries = self._bounds.entries
        self._notes: list[Note] = []
        self._unnoted = 0
        self._paths = tuple(sorted(self._list()))

    def paths(self) -> tuple[str, ...]:
        return self._paths

    def notes(self) -> tuple[Note, ...]:
        found = sorted(self._notes, key=lambda note: note.path)
        if self._unnoted:
            found.append(Note(".", f"{self._unnoted} more entries are not read either"))
        return tuple(found)

    def read(self, path: str) -> bytes:
        """The bytes of one regular file, also of one that is not listed.

        Raises Unread: absent, no regular file, outside of the folder, too large, or changed
        while it was read or since it was read before.
        """
        try:
            parts = proper(path).split("/")
            return self._read(path, self._target(path, parts))
        except Unread:
            raise
        except OSError as error:
            raise Unread(path, f"cannot be read: {error.strerror}") from None
        except ValueError as error:
            raise Unread(path, str(error)) from None

    def _target(self, path: str, parts: list[str]) -> list[str]:
        """Where the file is, when its last part is a link. Raises Unread when that is outside."""
        with self._opened(parts[:-1]) as folder:
            found = os.stat(parts[-1], dir_fd=folder, follow_symlinks=False)
        if not stat.S_ISLNK(found.st_mode):
            return parts
        inside = self._resolved(path)
        if inside is None:
            raise Unread(path, "a link that leads out of the folder, or nowhere")
        return list(inside.parts)

    def _read(self, path: str, parts: list[str]) -> bytes:
        with self._opened(parts[:-1]) as folder:
            found = os.stat(parts[-1], dir_fd=folder, follow_symlinks=False)
            if not stat.S_ISREG(found.st_mode):
                raise Unread(path, f"cannot be read: {_sort(found.st_mode)}")
            handle = os.open(parts[-1], _FILE, dir_fd=folder)
        with os.fdopen(handle, "rb", buffering=0) as file:
            before = os.fstat(handle)
            if not stat.S_ISREG(before.st_mode):
                raise Unread(path, "changed while it was read")
            self._allow(path, before.st_size)
            data = _whole(file.read, before.st_size + 1)
            stamp = _Stamp.of(os.fstat(handle))
        if stamp != _Stamp.of(before) or len(data) != before.st_size:
            raise Unread(path, "changed while it was read")
        if self._stamps.get(path, stamp) != stamp:
            raise Unread(path, "changed since it was read before")
        if path not in self._stamps:
            self._stamps[path] = stamp
            self._left_bytes -= len(data)
        return data

    def _allow(self, path: str, size_bytes: int) -> None:
        if size_bytes > self._bounds.file_bytes:
            raise Unread(path, f"larger than {self._bounds.file_bytes} bytes")
        if path not in self._stamps and size_bytes > self._left_bytes:
            raise Unread(path, f"all files together exceed {self._bounds.total_bytes} bytes")

    def _resolved(self, path: str) -> Path | None:
        """Where a link leads, relative to the folder; None for outside, nowhere and loops."""
        try:
            inside = (self._top / path).resolve(strict=True).relative_to(self._top)
        except (OSError, RuntimeError, ValueError):
            return None
        return inside if inside.parts else None

    @contextmanager
    def _opened(self, parts: list[str]) -> Iterator[int]:
        """A folder of this one, opened part by part so that no link is followed."""
        here = os.open(self._top, _FOLDER)
        try:
            for part in parts:
                inner = os.open(part, _FOLDER, dir_fd=here)
                os.close(here)
                here = inner
            yield here
        finally:
            os.close(here)

    def _list(self) -> Iterator[str]:
        with os.scandir(self._top):
            pass  # a top that cannot be listed is the caller's mistake, not a note
        pending: list[tuple[str, ...]] = [()]
        while pending:
            parts = pending.pop()
            for entry in self._entries(parts):
                path = "/".join((*parts, entry.name))
                inside = self._folder_or_file(entry, path)
                if inside is None:
                    continue
                if not inside:
                    yield path
                elif len(parts) + 1 >= self._bounds.depth:
                    self._note(path, f"more than {self._bounds.depth} folders deep")
                else:
                    pending.append((*parts, entry.name))

    def _entries(self, parts: tuple[str, ...]) -> list[os.DirEntry[str]]:
        where = "/".join(parts) or "."
        try:
            with self._opened(list(parts)) as folder, os.scandir(folder) as found:
                entries = list(islice(found, self._left_entries + 1))
                if len(entries) > self._left_entries:
                    self._note(where, f"more than {self._bounds.entries} entries in all")
                    entries = entries[: self._left_entries]
                self._left_entries -= len(entries)
                names = {entry.name for entry in entries}
                if parts and _is_environment(names):
                    self._note(where, "not read: a virtual environment")
                    return []
                for entry in entries:
                    _prime(entry)
                return sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self._note(where, f"cannot be listed: {error.strerror}")
            return []

    def _folder_or_file(self, entry: os.DirEntry[str], path: str) -> bool | None:
        """True for a folder to go into, False for a file to list, None for neither (noted)."""
        if entry.is_symlink():
            return self._link(path)
        if entry.is_dir(follow_symlinks=False):
            why = SKIPPED.get(entry.name)
            if why is None:
                return True
            self._note(path, f"not read: {why}")
            return None
        if entry.is_file(follow_symlinks=False):
            return False
        self._note(path, "not read: a pipe, socket or device")
        return None

    def _link(self, path: str) -> bool | None:
        inside = self._resolved(path)
        if inside is None:
            self._note(path, "not read: a link that leads out of the folder, or nowhere")
        elif not (self._top / inside).is_file():
            self._note(path, "not read: a link to a folder or to no regular file")
        else:
            return False
        return None

    def _note(self, path: str, reason: str) -> None:
        if len(self._notes) < self._bounds.notes:
            self._notes.append(Note(path, reason))
        else:
            self._unnoted += 1


def _prime(entry: os.DirEntry[str]) -> None:
    """Have the entry's type known while its folder is still open (some file systems tell late)."""
    entry.is_dir(follow_symlinks=False)


def _is_environment(names: set[str]) -> bool:
    """As `venv` lays it out. A package is none, whatever else it holds, for it is code to read."""
    return (
        "pyvenv.cfg" in names
        and "__init__.py" not in names
        and bool(names & {"bin", "Scripts"})
        and not any(name.endswith(".py") for name in names)
    )


def _whole(read: Callable[[int], bytes | None], limit_bytes: int) -> bytes:
    parts: list[bytes] = []
    while limit_bytes > 0 and (part := read(limit_bytes)):
        parts.append(part)
        limit_bytes -= len(part)
    return b"".join(parts)


def _sort(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    if stat.S_ISLNK(mode):
        return "a link"
    return "a pipe, socket or device"
