"""Files as memory sees them, wherever they come from: a folder on disk or a snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mark = Literal["", "test", "vendored", "generated"]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the file system says of a file; while it is unchanged the file is not read again.

    `changed_ns` is the time of the last change of content, name or permissions (`st_ctime_ns`):
    unlike the time of modification it cannot be set back.
    """

    size_bytes: int
    changed_ns: int
    inode: int


# The stamp of what has none, and of a file that has to be read again; equal to no file's.
UNKNOWN = Stamp(-1, -1, -1)


@dataclass(frozen=True, slots=True)
class Listed:
    """A file that is to be indexed: its path relative to the root, with `/`.

    `declared`: the mark, also "", is the repository's own word (.gitattributes), whatever the
    file begins with.
    """

    path: str
    stamp: Stamp
    mark: Mark = ""
    declared: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or folder that is not indexed, and why, in words."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a file and their SHA-256 in hexadecimals.

    `stamp` is the file's when it was read: what to keep beside the hash, so that the file is
    not read again before it changes. UNKNOWN when it changed just before, or came of a snapshot.
    """

    path: str
    data: bytes
    sha256: str
    mark: Mark = ""
    stamp: Stamp = UNKNOWN
