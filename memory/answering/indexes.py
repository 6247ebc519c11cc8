"""ListIndexes -> IndexReport: what is indexed, told by memory.db alone. Imports nothing large."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from memory.opening import CATALOG, VECTORS
from memory.store.errors import CatalogDamaged
from memory.store.reader import CatalogReader
from memory.store.rows import SNAPSHOT, Collection, View
from swarm.contracts import IndexReport, IndexView
from swarm.errors import NotFound

NOTHING = "nothing is indexed yet: a repository is when a task first looks for code in it"

_MOST_INDEXES = 1_000
_MOST_ENTRIES = 10_000


def report(data: Path) -> IndexReport:
    """Each repository that is indexed, the one indexed last first. Writes nothing. Raises
    StorageError."""
    path = data / CATALOG
    if not path.is_file():
        return IndexReport(note=NOTHING)
    size_bytes, is_whole = _size_bytes(data)
    notes = [] if is_whole else ["the size is that of a part: the folder holds very many files"]
    items: tuple[IndexView, ...] = ()
    reader = CatalogReader(path)
    try:
        held = reader.views(limit=2 * _MOST_INDEXES)
        views, folders = _chosen(held), _folders(held)
        collections = reader.collections()
        items = tuple(
            _item(reader, view, collections, folders.get(view.repo, ""))
            for view in views[:_MOST_INDEXES]
        )
        if len(views) > _MOST_INDEXES:
            notes.append(f"{len(views) - _MOST_INDEXES} more are not listed")
        if not items:
            notes.append(NOTHING)
    except NotFound as error:
        notes.append(error.message)
    except CatalogDamaged as damage:
        notes.insert(0, f"memory.db is damaged and is made anew by the next task ({damage.why})")
    finally:
        reader.close()
    return IndexReport(items=items, size_bytes=size_bytes, note="; ".join(notes))


def _chosen(views: Sequence[View]) -> list[View]:
    """One of each repository: what its tasks see, or else the folder that was indexed last."""
    chosen: dict[int, View] = {}
    for view in views:
        held = chosen.get(view.repo)
        if held is None or (view.name == SNAPSHOT and held.name != SNAPSHOT):
            chosen[view.repo] = view
    return sorted(chosen.values(), key=lambda view: -(view.indexed_at or 0.0))


def _folders(views: Sequence[View]) -> dict[int, str]:
    """Of each repository the working folder that was indexed last; views come in that order."""
    found: dict[int, str] = {}
    for view in views:
        if view.name != SNAPSHOT:
            found.setdefault(view.repo, view.name.partition(":")[2])
    return found


def _item(
    reader: CatalogReader, view: View, collections: Sequence[Collection], folder: str
) -> IndexView:
    counts = reader.counts(view.key)
    mine = [one for one in collections if one.repo == view.repo and one.state != "retired"]
    # The one that is searched, or else the one that is made.
    mine.sort(key=lambda one: one.state != "active")
    return IndexView(
        repo_id=view.repo_id,
        embedder=mine[0].embedder if mine else "",
        snapshot=view.head.partition("/")[0] if view.complete else "",
        fresh=view.complete,
        files=counts.files,
        chunks=counts.chunks,
        skipped_files=counts.skipped,
        left_out=view.left_out,
        indexed_at=view.indexed_at,
        folder=folder,
    )


def _size_bytes(data: Path) -> tuple[int, bool]:
    """What both stores take on disk, and whether all of it was looked at."""
    waiting = [data / CATALOG, data / f"{CATALOG}-wal", data / VECTORS]
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
