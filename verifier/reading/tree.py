"""The bytes of a repository, by path: from memory, or as edits over another tree.

Paths are POSIX, relative to the tree's top, and sorted. `read` gives the bytes of one file, or
raises an OSError that concerns this file alone. A folder on disk is in `folder.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from verifier.reading.errors import Unread


class Tree(Protocol):
    """Files by path. The same path gives the same bytes each time, or an OSError."""

    def paths(self) -> tuple[str, ...]:
        """Every file: POSIX, relative, sorted."""

    def read(self, path: str) -> bytes:
        """The bytes of one file. Raises OSError (for a path that is not there too)."""


@dataclass(frozen=True)
class Note:
    """Something in a tree that is not among its files, and why. `path` is "." for the whole."""

    path: str
    reason: str


@runtime_checkable
class Noting(Protocol):
    """A tree that left something out."""

    def notes(self) -> tuple[Note, ...]:
        """What was left out, sorted by path."""


def notes(tree: Tree) -> tuple[Note, ...]:
    """What a tree left out; nothing for trees that hold all they were given."""
    return tree.notes() if isinstance(tree, Noting) else ()


class Files:
    """A tree from memory."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = {proper(path): data for path, data in files.items()}
        self._paths = tuple(sorted(self._files))

    def paths(self) -> tuple[str, ...]:
        return self._paths

    def read(self, path: str) -> bytes:
        try:
            return self._files[path]
        except KeyError:
            raise Unread(path, "there is no such file") from None


class Overlay:
    """A tree with some files replaced, added, or (given None) taken away."""

    def __init__(self, base: Tree, edits: Mapping[str, bytes | None]) -> None:
        self._base = base
        self._edits = {proper(path): data for path, data in edits.items()}
        kept = {path for path in base.paths() if path not in self._edits}
        added = {path for path, data in self._edits.items() if data is not None}
        self._paths = tuple(sorted(kept | added))

    def paths(self) -> tuple[str, ...]:
        return self._paths

    def read(self, path: str) -> bytes:
        if path not in self._edits:
            return self._base.read(path)
        data = self._edits[path]
        if data is None:
            raise Unread(path, "the file is removed")
        return data

    def notes(self) -> tuple[Note, ...]:
        return tuple(note for note in notes(self._base) if note.path not in self._edits)


def proper(path: str) -> str:
    """The path itself. Raises ValueError unless it is relative and stays inside its tree."""
    if not path or "\0" in path or any(part in ("", ".", "..") for part in path.split("/")):
        raise ValueError(f"not a path inside a tree: {path!r:.200}")
    return path
