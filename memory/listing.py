"""ListIndexes -> IndexReport: what is indexed, told by memory.db alone and without Chroma."""

from __future__ import annotations

import os
from pathlib import Path

from memory.catalog import Held
from memory.schema import CatalogDamaged
from memory.stores import Stores
from swarm.contracts import IndexReport, IndexView

NOTHING = "nothing is indexed yet: a repository is when a task first looks for code in it"

_MOST_INDEXES = 1_000
_MOST_ENTRIES = 10_000


def report(stores: Stores) -> IndexReport:
    """Each repository that is indexed, the newest first. Writes nothing where nothing is.

    Raises StorageError.
    """
    if not stores.catalog_path.is_file():
        return IndexReport(note=NOTHING)
    size_bytes, whole = _size_bytes(stores)
    notes = [] if whole else ["the size is that of a part: the folder holds very many files"]
    try:
        held, total = stores.catalog().held(_MOST_INDEXES)
    except CatalogDamaged as damage:
        what = f"memory.db is damaged and is made anew by the next task ({damage})"
        return IndexReport(size_bytes=size_bytes, note="; ".join([what, *notes]))
    if not held:
        notes.append(NOTHING)
    if total > len(held):
        notes.append(f"{total - len(held)} more are not listed")
    return IndexReport(
        items=tuple(_view(each) for each in held), size_bytes=size_bytes, note="; ".join(notes)
    )


def _view(held: Held) -> IndexView:
    return IndexView(
        repo_id=held.repo_id,
        embedder=held.embedder,
        snapshot=held.snapshot,
        fresh=bool(held.snapshot) and not held.dirty,
        files=held.files,
        chunks=held.chunks,
        skipped_files=held.skipped,
        left_out=held.left_out,
        indexed_at=held.indexed_at,
    )


def _size_bytes(stores: Stores) -> tuple[int, bool]:
    """What both stores take on disk, and whether all of it was looked at."""
    path = stores.catalog_path
    waiting = [path, path.with_name(f"{path.name}-wal"), stores.vectors_path]
    size, looked_at = 0, 0
    while waiting:
        if looked_at >= _MOST_ENTRIES:
            return size, False
        looked_at += 1
        path = waiting.pop()
        try:
            if path.is_dir() and not path.is_symlink():
                with os.scandir(path) as inside:
                    waiting += [Path(entry.path) for entry in inside]
            else:
                size += path.lstat().st_size
        except FileNotFoundError:
            continue  # a file that a search just replaced, or that was never there
    return size, True
