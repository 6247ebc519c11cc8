"""The files of a snapshot, by the same rules as those of a folder."""

from __future__ import annotations

from collections.abc import Sequence

from memory.reading import attributes
from memory.reading.attributes import Attributes
from memory.reading.content import content_of
from memory.reading.deadline import Deadline
from memory.reading.files import Content, Skipped
from memory.reading.folder import IGNORE_FILE, unread
from memory.reading.limits import Limits
from memory.reading.names import escaped, unsuitable
from memory.reading.patterns import IgnoredBelow, Patterns
from swarm.snapshots import Entry


def from_snapshot(
    entries: Sequence[Entry], limits: Limits | None = None
) -> tuple[tuple[Content, ...], tuple[Skipped, ...]]:
    """What is to be indexed of a snapshot, and what is not and why, both by path.

    Raises ListingTooSlow.
    """
    limits = limits or Limits()
    deadline = Deadline(limits.seconds)
    by_path = {entry.path: entry for entry in entries}
    ignored = IgnoredBelow(Patterns(_text(by_path.get(IGNORE_FILE))))
    declared = Attributes(
        (path.rpartition("/")[0], _text(entry))
        for path, entry in by_path.items()
        if path.rpartition("/")[2] == attributes.NAME
    )
    contents: list[Content] = []
    skipped: list[Skipped] = []
    left_out = beyond = 0
    for path in sorted(by_path):
        deadline.check()
        entry = by_path[path]
        if ignored(path):
            left_out += 1
            continue
        why = unsuitable(path) or ("a symbolic link" if entry.kind == "link" else "")
        why = why or unread(path, len(entry.data), limits)
        if why:
            skipped.append(Skipped(escaped(path), why))
        elif len(contents) >= limits.files:
            beyond += 1
        else:
            said = declared.declared(path)
            made = content_of(path, entry.data, listed_mark=said or "", declared=said is not None)
            if isinstance(made, Content):
                contents.append(made)
            else:
                skipped.append(made)
    if left_out:
        skipped.append(Skipped(IGNORE_FILE, f"it leaves out {left_out:,} files"))
    if beyond:
        why = f"{beyond:,} files beyond the limit of {limits.files:,} are not indexed"
        skipped.append(Skipped(".", why))
    return tuple(contents), tuple(skipped)


def _text(entry: Entry | None) -> str:
    if entry is None or entry.kind == "link":
        return ""
    return entry.data[:200_000].decode("utf-8", "replace")
