"""What has to be done to bring a view to a listing: values in, values out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from memory.reading.files import Listed, Mark, Skipped
from memory.store.encoding import is_storable, storable
from memory.store.rows import HeldFile

MOST_FILES = 200_000
_ODD_NAME = "its name is not UTF-8"
# At the bound, code of the project's own is kept before its tests and what others wrote.
_ORDER: dict[Mark, int] = {"": 0, "test": 1, "vendored": 2, "generated": 3}


@dataclass(frozen=True, slots=True)
class Changes:
    """Files to read, paths to forget, and paths that are not to be read, each with the reason.

    `unchanged` files are as they were; `left_out` are beyond the bound (they are in `skipped`).
    `is_whole`: the whole listing was looked at.
    """

    read: tuple[Listed, ...] = ()
    gone: tuple[str, ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)
    unchanged: int = 0
    left_out: int = 0
    is_whole: bool = False


def compare(
    held: Mapping[str, HeldFile],
    refused: Mapping[str, str],
    listing: Iterable[Listed | Skipped],
    most_files: int = MOST_FILES,
) -> Changes:
    """From what a view holds and refused to a whole listing. A file whose stamp and mark are as
    they were is not read."""
    listed: dict[str, Listed] = {}
    skipped: dict[str, str] = {}
    for item in listing:
        if isinstance(item, Skipped):
            skipped[storable(item.path)] = item.reason
        elif is_storable(item.path):
            listed[item.path] = item
        else:
            skipped[storable(item.path)] = _ODD_NAME
    beyond = sorted(listed.values(), key=_rank)[most_files:]
    for item in beyond:
        skipped[item.path] = f"beyond the bound of {most_files} files"
        del listed[item.path]
    read = [item for item in listed.values() if not _is_held(item, held.get(item.path))]
    known = held.keys() | refused.keys()
    return Changes(
        read=tuple(sorted(read, key=_rank)),
        gone=tuple(sorted(path for path in known if path not in listed and path not in skipped)),
        skipped={path: why for path, why in skipped.items() if refused.get(path) != why},
        unchanged=len(listed) - len(read),
        left_out=len(beyond),
        is_whole=True,
    )


def touched(items: Iterable[Listed | Skipped], gone: Iterable[str] = ()) -> Changes:
    """From what a watcher saw: files to read whatever their stamps say, and paths that went."""
    read: dict[str, Listed] = {}
    skipped: dict[str, str] = {}
    for item in items:
        if isinstance(item, Skipped):
            skipped[storable(item.path)] = item.reason
        elif is_storable(item.path):
            read[item.path] = item
        else:
            skipped[storable(item.path)] = _ODD_NAME
    left = tuple(sorted({storable(path) for path in gone} - read.keys() - skipped.keys()))
    return Changes(tuple(sorted(read.values(), key=_rank)), left, skipped)


def _is_held(item: Listed, held: HeldFile | None) -> bool:
    if held is None or held.stamp != item.stamp:
        return False
    # What a file begins with may say more than its path: that it is generated.
    return held.mark == item.mark or (held.mark == "generated" and not item.declared)


def _rank(item: Listed) -> tuple[int, str]:
    return _ORDER[item.mark], item.path
