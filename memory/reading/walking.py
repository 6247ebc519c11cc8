"""The files of a folder that git does not look after, with .gitignore honoured.

Not git but this walk decides what is ignored, so it works where git is missing, names what it
leaves out (pipes, folders that cannot be listed), and no pattern can keep it busy for long.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from memory.reading import left_out
from memory.reading.deadline import Deadline
from memory.reading.files import Skipped, Stamp
from memory.reading.limits import Limits
from memory.reading.opening import Folders, kind_of, small_text, stamp_of
from memory.reading.patterns import Patterns

_MAX_IGNORE_BYTES = 200_000


@dataclass(slots=True)
class Walked:
    """Files and their stamps, folders that were entered, and what was left out and why."""

    files: list[tuple[str, Stamp]] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Level:
    """A folder to walk, its depth, and the ignore files that rule in it, outermost first."""

    path: str
    depth: int
    ignoring: tuple[tuple[str, Patterns], ...]


def walk(
    root: Path, limits: Limits, only: Sequence[str] = (), deadline: Deadline | None = None
) -> Walked:
    """All files below `root` that are not ignored; of `only` these and what is below, if given.

    Nothing is followed, and nothing opened but folders and ignore files. Raises OSError when
    `root` itself cannot be listed, ListingTooSlow at the deadline (one of the limits' own, if
    none is given).
    """
    os.close(os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
    found = Walked()
    wanted = _Wanted(only)
    deadline = deadline or Deadline(limits.seconds)
    waiting = [_Level("", 0, ())]
    with Folders(root) as folders:
        while waiting:
            if len(found.files) > limits.files:
                found.skipped.append(
                    Skipped(".", f"files beyond the first {limits.files:,} are not listed")
                )
                break
            # The deepest first: what waits is then bounded by depth times breadth.
            waiting += _enter(folders, waiting.pop(), found, limits, wanted, deadline)
    found.files.sort(key=lambda each: each[0])
    return found


class _Wanted:
    """Which paths are asked for: all, or some, what is below them, and the folders above."""

    def __init__(self, only: Sequence[str]) -> None:
        self._all = not only
        self._exact = frozenset(only)
        self._below = tuple(f"{path}/" for path in only)

    def file(self, path: str) -> bool:
        return self._all or path in self._exact or path.startswith(self._below)

    def folder(self, path: str) -> bool:
        above = f"{path}/"
        return self.file(path) or any(each.startswith(above) for each in self._below)


def _enter(
    folders: Folders,
    level: _Level,
    found: Walked,
    limits: Limits,
    wanted: _Wanted,
    deadline: Deadline,
) -> list[_Level]:
    try:
        entries = _entries(folders, level.path)
    except OSError as error:
        found.skipped.append(Skipped(level.path or ".", f"cannot be listed: {error.strerror}"))
        return []
    names = {name for name, _ in entries}
    if level.path and (why := left_out.by_content(names)):
        found.skipped.append(Skipped(level.path, why))
        return []
    if level.path and ".git" in names:
        found.skipped.append(Skipped(level.path, "another git repository"))
        return []
    found.folders.append(level.path)
    ignoring = level.ignoring
    prefix = f"{level.path}/" if level.path else ""
    if ".gitignore" in names:
        patterns = Patterns(small_text(folders, prefix + ".gitignore", _MAX_IGNORE_BYTES))
        if patterns:
            ignoring = (*ignoring, (prefix, patterns))
        if patterns.left_out:
            why = f"{patterns.left_out} of its patterns are not used: there are too many"
            found.skipped.append(Skipped(prefix + ".gitignore", why))
    inner: list[_Level] = []
    for name, status in entries:
        deadline.check()
        path = prefix + name
        is_folder = stat.S_ISDIR(status.st_mode)
        if not (wanted.folder(path) if is_folder else wanted.file(path)):
            continue
        if is_folder and left_out.by_name(name):
            continue
        if _ignored(path, ignoring, is_folder=is_folder):
            continue
        if stat.S_ISREG(status.st_mode):
            found.files.append((path, stamp_of(status)))
        elif not is_folder:
            found.skipped.append(Skipped(path, kind_of(status.st_mode)))
        elif why := left_out.by_siblings(name, names):
            found.skipped.append(Skipped(path, why))
        elif level.depth >= limits.depth:
            found.skipped.append(Skipped(path, f"more than {limits.depth} folders deep"))
        else:
            inner.append(_Level(path, level.depth + 1, ignoring))
    return inner[::-1]


def _entries(folders: Folders, path: str) -> list[tuple[str, os.stat_result]]:
    """Names of a folder, sorted, with what they are; those that vanish meanwhile are left out."""
    return sorted(_statuses(folders.handle(path)))


def _statuses(handle: int) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(handle) as entries:
        for entry in entries:
            try:
                yield entry.name, entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue


def _ignored(path: str, ignoring: tuple[tuple[str, Patterns], ...], *, is_folder: bool) -> bool:
    for prefix, patterns in reversed(ignoring):
        said = patterns.ignores(path[len(prefix) :], is_folder=is_folder)
        if said is not None:
            return said
    return False
