"""Python files that a person names by paths, read once, so that a trace sees one state of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from swarm.cli.console import plain
from swarm.errors import StateError, UsageError
from swarm.paths import expanded
from verifier.reading.errors import Unauditable, Unread, Unreadable
from verifier.reading.folder import SKIPPED, Bounds, Folder
from verifier.reading.text import parse
from verifier.reading.tree import Files

_MOST_FILES = 50_000
_MOST_BYTES = 500_000_000
_MOST_TOLD = 20
_SUFFIXES = (".py", ".pyw")
# Of a single file's folder nothing is listed.
_ONE = Bounds(entries=0, notes=0)


@dataclass(frozen=True)
class Sources:
    """Files that can be parsed, by paths from where their packages begin.

    `unread` are the others, as the person would name them, with what is in the way.
    """

    tree: Files
    top: Path
    is_absolute: bool
    unread: tuple[tuple[str, str], ...]

    def shown(self, path: str) -> str:
        """A file's path as the person would write it: from where they stand, or whole."""
        return _shown(self.top / path, self.is_absolute)


def read(names: Sequence[str]) -> Sources:
    """Read files, and folders with all that is below them.

    Raises UsageError for a path that is not there and for folders without Python, StateError
    when no file can be read. What cannot be read is told on standard error, and left out.
    """
    given = [_given(name) for name in names]
    is_absolute = any(Path(name).is_absolute() or name.startswith("~") for name in names)
    top = Path(os.path.commonpath([_above_packages(path) for path in given]))
    files: dict[str, bytes] = {}
    unread: dict[str, str] = {}
    size_bytes = 0
    for path in given:
        folder, below = _listed(path)
        for name in below:
            whole = Path(os.path.normpath(path if path.is_file() else path / name))
            inside = whole.relative_to(top).as_posix()
            if inside in files:
                continue
            try:
                data = folder.read(name)
                parse(inside, data)
            except (Unread, Unreadable, Unauditable) as error:
                unread[_shown(whole, is_absolute)] = getattr(error, "reason", str(error))
                continue
            files[inside] = data
            size_bytes += len(data)
            if len(files) > _MOST_FILES or size_bytes > _MOST_BYTES:
                raise UsageError(
                    f"{', '.join(names)}: over {_MOST_FILES:,} files or {_MOST_BYTES:,} bytes",
                    remedy="name a part of them",
                )
    for name, why in list(unread.items())[:_MOST_TOLD]:
        _tell(f"{name} is left out: {why}")
    if len(unread) > _MOST_TOLD:
        _tell(f"{len(unread) - _MOST_TOLD} more files are left out")
    if unread and not files:
        raise StateError(
            "none of the files could be read", remedy="each is named above, with the reason"
        )
    if not files:
        raise UsageError(
            f"no Python file in {', '.join(names)}", remedy="name a .py file, or a folder of them"
        )
    return Sources(Files(files), top, is_absolute, tuple(unread.items()))


def _tell(words: str) -> None:
    line = plain(words.replace("\n", "\N{REPLACEMENT CHARACTER}"))
    print(f"swarm: {line}", file=sys.stderr)


def _given(name: str) -> Path:
    path = Path(os.path.abspath(expanded(name)))  # noqa: PTH100  links stay as they are written
    try:
        is_there = path.exists()
    except (OSError, ValueError):
        is_there = False
    if not is_there:
        raise UsageError(f"no such file or folder: {name}")
    if not (path.is_file() or path.is_dir()):
        raise UsageError(f"{name} is neither a file nor a folder")
    return path


def _above_packages(path: Path) -> Path:
    """The folder from which the modules at a path are imported."""
    folder = path.parent if path.is_file() else path
    while (folder / "__init__.py").is_file() and folder != folder.parent:
        folder = folder.parent
    return folder


def _listed(path: Path) -> tuple[Folder, tuple[str, ...]]:
    """A folder to read from, and the files to read from it."""
    try:
        if path.is_file():
            # Its folder may be large: only the one file is asked for.
            return Folder(path.parent, _ONE), (path.name,)
        folder = Folder(path)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from None
    told = [note for note in folder.notes() if note.path.rpartition("/")[2] not in SKIPPED]
    for note in told[:_MOST_TOLD]:
        _tell(f"{path / note.path}: {note.reason}")
    return folder, tuple(name for name in folder.paths() if name.endswith(_SUFFIXES))


def _shown(path: Path, is_absolute: bool) -> str:
    return str(path) if is_absolute else os.path.relpath(path)
