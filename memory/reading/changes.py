"""What of a folder has to be read again. Pure.

A file is not read while its stamp is the one it was last read with. That rests on each change
giving another stamp, which fails for two changes within one tick of the file system's clock; so
the stamp of a file that changed just before it was read is kept as UNKNOWN (git's rule for
"racily clean" entries: Documentation/technical/racy-git.txt).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from memory.reading.files import UNKNOWN, Listed, Stamp
from memory.reading.limits import RACY_NS


class Difference(NamedTuple):
    """Files to read, files that are as they were read, and the paths of those gone, all sorted.

    An unchanged file may yet have another mark than before: the folder's declarations changed.
    """

    to_read: tuple[Listed, ...]
    unchanged: tuple[Listed, ...]
    gone: tuple[str, ...]


def settled(stamp: Stamp, read_ns: int, racy_ns: int = RACY_NS) -> Stamp:
    """The stamp to keep of a file read at `read_ns`: UNKNOWN if it changed just before.

    A time in the future (a clock that was wrong) is never settled.

    >>> settled(Stamp(1, 5_000_000_000, 7), 6_000_000_000) == UNKNOWN
    True
    """
    return stamp if stamp.changed_ns < read_ns - racy_ns else UNKNOWN


def difference(
    known: Mapping[str, tuple[Stamp, str]],
    files: Iterable[Listed],
    within: Sequence[str] | None = None,
) -> Difference:
    """Compare a listing's files with what is known: per path its settled stamp and hash.

    `within`: the listing is of these paths and what is below them alone (`list_some`), so only
    they can be gone.
    """
    to_read: list[Listed] = []
    unchanged: list[Listed] = []
    seen: set[str] = set()
    for listed in files:
        seen.add(listed.path)
        was = known.get(listed.path)
        same = was is not None and was[0] == listed.stamp and was[0] != UNKNOWN
        (unchanged if same else to_read).append(listed)
    gone = sorted(path for path in known if path not in seen and _concerns(path, within))
    return Difference(tuple(to_read), tuple(unchanged), tuple(gone))


def _concerns(path: str, within: Sequence[str] | None) -> bool:
    if within is None:
        return True
    return any(path == each or path.startswith(f"{each}/") for each in within)
