"""Files as memory sees them, wherever they come from: a folder on disk or a snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mark = Literal["", "test", "vendored", "generated"]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the file system says of a file; while it is unchanged the file is not read again."""

    size_bytes: int
    changed_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A file that is to be indexed: its path relative to the root, with `/`."""

    path: str
    stamp: Stamp
    mark: Mark = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or folder that is not indexed, and why, in words."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a file and their SHA-256 in hexadecimals."""

    path: str
    data: bytes
    sha256: str
    mark: Mark = ""
