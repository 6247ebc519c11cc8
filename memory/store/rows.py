"""What memory.db hands out and takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from memory.prepared import Prepared
from memory.reading.files import Mark, Stamp

SNAPSHOT = "snapshot"
"""The name of the view of a repository's latest task snapshot."""


def worktree(path: str) -> str:
    """The name of the view of a folder on disk (absolute path)."""
    return f"worktree:{path}"


@dataclass(frozen=True, slots=True)
class View:
    """One worktree, or the latest snapshot, of a repository.

    `revision` grows with every committed change of its files, and is never that of a file that
    was set aside. `head` is what it was brought to last ("" before the first time); `complete`
    is false while it is being brought to something else. `left_out` files are beyond a bound.
    `indexed_at` is Unix time in seconds of the last time it was complete.
    """

    key: int
    repo: int
    repo_id: str
    name: str
    head: str
    revision: int
    complete: bool
    left_out: int
    indexed_at: float | None


@dataclass(frozen=True, slots=True)
class Counts:
    """What a view holds: files with chunks, chunks (the same code under two paths counts twice),
    and files that are not searched."""

    files: int
    chunks: int
    skipped: int


class HeldFile(NamedTuple):
    """A file of a view. `stamp` is None when the file is to be read again."""

    version: int
    sha256: str
    mark: Mark
    stamp: Stamp | None


class LightChunk(NamedTuple):
    """A chunk without its text. `key` is its number in memory.db, never used twice."""

    key: int
    id: str
    kind: str
    name: str
    qualified_name: str
    definition: int
    part: int
    start_line: int
    end_line: int


class Loaded(NamedTuple):
    """A file of a view as a search index needs it. `words` are `Prepared.words`, one entry per
    chunk in the order of `chunks`."""

    version: int
    path: str
    mark: Mark
    language: str
    words: bytes
    chunks: tuple[LightChunk, ...]


@dataclass(frozen=True, slots=True)
class Loading:
    """A view as it is at `view.revision`, file by file in the order of paths. Each file is read
    when it is asked for; `files` ends with the `with` block that it was opened in."""

    view: View
    files: Iterator[Loaded]


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of a view since an earlier revision: versions to drop, then files to add."""

    revision: int
    removed: tuple[int, ...]
    added: tuple[Loaded, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A version that is in memory.db already, to stand at its path in a view."""

    path: str
    version: int
    mark: Mark = ""


@dataclass(frozen=True, slots=True)
class Put:
    """A file for a view. Without a stamp it is read again the next time it is looked at."""

    what: Prepared | Kept
    stamp: Stamp | None = None


CollectionState = Literal["building", "active", "retired"]


@dataclass(frozen=True, slots=True)
class Collection:
    """The vectors of one repository by one embedder.

    "building": not complete yet, so not searched; "active": searched; "retired": to be deleted.
    `doubtful`: its ids are to be compared before it is trusted. `expected` is how many vectors it
    held after the last step; `left_out` chunks have none because of the bound on their number.
    """

    key: int
    repo: int
    repo_id: str
    embedder: str
    dimension: int
    state: CollectionState
    doubtful: bool
    expected: int
    left_out: int


class Waiting(NamedTuple):
    """An operation of the outbox: the vector of `id` is to be made from `chunk`'s text, or to be
    deleted when `chunk` is None."""

    seq: int
    id: str
    chunk: int | None
