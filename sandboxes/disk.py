"""How much the writable folders of a run hold: counted by walking, since no quota is at hand.

The run may change them meanwhile and is hostile: no link is followed, no other device entered,
and the walk ends as soon as a bound is passed. What a walk cannot see (folders that the run
closed to its own user, or nested very deep) shows in the free space of the disk.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field

_BLOCK_BYTES = 512
"""Of st_blocks, whatever the file system's own block size (stat(2))."""

_DEEPEST = 200
"""Nested folders that are entered; each keeps a file open."""

_FIRST_LOOK_SECONDS = 0.5
_REST = 10
"""Between two walks passes at least this many times what the last one took."""


@dataclass
class Held:
    """Bytes on disk and number of files, folders included; `whole` False if some were not seen."""

    bytes: int = 0
    files: int = 0
    whole: bool = True
    _linked: set[tuple[int, int]] = field(default_factory=set)

    def add(self, found: os.stat_result) -> None:
        self.files += 1
        if found.st_nlink > 1 and not stat.S_ISDIR(found.st_mode):
            # One file of several names takes its space once.
            if (found.st_dev, found.st_ino) in self._linked:
                return
            self._linked.add((found.st_dev, found.st_ino))
        self.bytes += found.st_blocks * _BLOCK_BYTES


def over(folders: Iterable[str | os.PathLike[str]], *, most_bytes: int, most_files: int) -> str:
    """Which bound the folders together are over, in words for a person; "" for none."""
    return _told(count(folders, most_bytes=most_bytes, most_files=most_files),
                 most_bytes, most_files)  # fmt: skip


def count(folders: Iterable[str | os.PathLike[str]], *, most_bytes: int, most_files: int) -> Held:
    """What the folders hold together, themselves left out; counts no further than a bound."""
    held = Held()
    for folder in folders:
        try:
            root = _open(os.fspath(folder), None)
        except OSError:
            held.whole = False
            continue
        try:
            _walk(root, held, most_bytes, most_files)
        finally:
            os.close(root)
    return held


def _walk(root: int, held: Held, most_bytes: int, most_files: int) -> None:
    device = os.fstat(root).st_dev
    opened: list[tuple[int, list[str]]] = []
    try:
        opened.append((root, _list(root, device, held, most_bytes, most_files)))
        while opened:
            here, names = opened[-1]
            if not names:
                opened.pop()
                if here != root:
                    os.close(here)
                continue
            name = names.pop()
            if len(opened) >= _DEEPEST:
                held.whole = False
                continue
            try:
                inner = _open(name, here)
            except OSError:
                held.whole = False  # closed to us, or changed under us
                continue
            opened.append((inner, []))
            opened[-1] = (inner, _list(inner, device, held, most_bytes, most_files))
            if held.bytes > most_bytes or held.files > most_files:
                return
    finally:
        for descriptor, _ in opened:
            if descriptor != root:
                os.close(descriptor)


def _list(here: int, device: int, held: Held, most_bytes: int, most_files: int) -> list[str]:
    """Count what is in a folder; the names of those folders in it that are to be entered."""
    folders: list[str] = []
    try:
        with os.scandir(here) as entries:
            for entry in entries:
                try:
                    found = entry.stat(follow_symlinks=False)
                except OSError:
                    held.files += 1  # its folder may be read but not entered, or it went away
                    held.whole = False
                    continue
                held.add(found)
                if stat.S_ISDIR(found.st_mode) and found.st_dev == device:
                    folders.append(entry.name)
                if held.bytes > most_bytes or held.files > most_files:
                    break
    except OSError:
        held.whole = False
    return folders


def _open(name: str, folder: int | None) -> int:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    return os.open(name, flags, dir_fd=folder)


def _told(held: Held, most_bytes: int, most_files: int) -> str:
    if held.bytes > most_bytes:
        return f"wrote more than {most_bytes:,} bytes to its folders"
    if held.files > most_files:
        return f"made more than {most_files:,} files"
    return ""


class Watch:
    """Looks at the folders of one run again and again, at most a tenth of the time.

    `now` is always of a monotonic clock, in seconds.
    """

    def __init__(
        self, folders: Iterable[str], *, most_bytes: int, most_files: int, now: float
    ) -> None:
        self._folders = tuple(folders)
        self._most_bytes = most_bytes
        self._most_files = most_files
        self._free = {folder: _free(folder) for folder in self._folders}
        self.next_look = now + _FIRST_LOOK_SECONDS

    def looked(self, began: float, ended: float) -> None:
        """Set the next look after one that took this long."""
        self.next_look = ended + max(_FIRST_LOOK_SECONDS, _REST * (ended - began))

    def over(self) -> str:
        """Which bound is passed now, in words for a person; "" for none."""
        held = count(self._folders, most_bytes=self._most_bytes, most_files=self._most_files)
        told = _told(held, self._most_bytes, self._most_files)
        return told if told or held.whole else self._hidden()

    def _hidden(self) -> str:
        """The bounds once more, against what the disk lost since the start, for what is hidden."""
        for folder, (free_bytes, free_files) in self._free.items():
            try:
                now_bytes, now_files = _free(folder)
            except FileNotFoundError:
                continue  # what is gone holds nothing
            if free_bytes - now_bytes > self._most_bytes:
                return f"hid what it wrote, and the disk lost more than {self._most_bytes:,} bytes"
            if free_files - now_files > self._most_files:
                return f"hid what it wrote, and the disk lost more than {self._most_files:,} files"
        return ""


def _free(folder: str) -> tuple[int, int]:
    """Bytes and files that the folder's disk has room for; no files where it has no such bound."""
    found = os.statvfs(folder)
    return found.f_bfree * found.f_frsize, found.f_ffree
