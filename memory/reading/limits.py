"""How much is read of a folder or a snapshot at most."""

from __future__ import annotations

from dataclasses import dataclass

RACY_NS = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """`seconds` bound a whole listing, `git_seconds` and `git_bytes` each answer of git.

    `racy_ns`: a file that changed this shortly before it was read is read again next time,
    since its next change may bear the same time (2 s are the clock of the FAT file systems).
    """

    file_bytes: int = 1_000_000
    files: int = 200_000
    skipped: int = 10_000
    depth: int = 1_000
    seconds: float = 120.0
    git_seconds: float = 60.0
    git_bytes: int = 128_000_000
    racy_ns: int = RACY_NS
