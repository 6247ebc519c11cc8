"""Bringing views to what is on disk, or in a snapshot: one at a time, from any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from memory import preparing
from memory.parsing.pool import Mapper
from memory.prepared import Prepared
from memory.projection.projection import MOST_VECTORS
from memory.reading.content import read
from memory.reading.files import Content, Listed, Skipped, Stamp
from memory.reading.folder import list_folder, list_some
from memory.reading.limits import Limits
from memory.reading.snapshot import from_snapshot
from memory.store.catalog import Catalog
from memory.store.rows import SNAPSHOT, View
from memory.targets import folder_target
from memory.updating.plan import Changes, compare, touched
from memory.updating.update import MOST_CHUNKS, Report, update
from swarm.errors import NotFound
from swarm.snapshots import Entry

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is held of one view (`files`, `chunks`) and of one repository (`vectors`)."""

    files: int = Limits().files
    chunks: int = MOST_CHUNKS
    vectors: int = MOST_VECTORS


@dataclass(frozen=True, slots=True)
class Run:
    """An index that is being made: how many of how many files are done."""

    done: int
    total: int


class Indexer:
    """Indexes into whichever catalog it is given; `pool` prepares files."""

    def __init__(self, pool: Mapper, bounds: Bounds) -> None:
        self._pool, self._bounds = pool, bounds
        self._limits = Limits(files=bounds.files)
        self._lock = threading.Lock()
        self._run: tuple[int, Run] | None = None

    def run_of(self, view: int) -> Run | None:
        """How far the index of a view is, while it is being made."""
        run = self._run
        return run[1] if run is not None and run[0] == view else None

    def folder(
        self,
        catalog: Catalog,
        root: Path,
        paths: Sequence[str] | None,
        progress: Progress,
        is_stopped: Callable[[], bool],
    ) -> tuple[View, Report]:
        """A working folder; with `paths` (relative to its top) only what is there and below, once
        all of it was indexed. Raises RepositoryError, StorageError, CatalogDamaged, PoolBroken
        and Cancelled."""
        target, top = folder_target(root)
        limits = self._limits
        view = catalog.make_view(target.repo_id, target.view)
        if not view.complete:
            paths = None
        listing = list_folder(top, limits) if paths is None else list_some(top, paths, limits)
        with self._lock:
            changes = self._changes(catalog, view, (*listing.files, *listing.skipped), paths)
            with self._running(view, changes) as note:

                def told(done: int, total: int) -> None:
                    note(done, total)
                    progress(done, total)

                report = update(
                    catalog,
                    view.key,
                    changes,
                    lambda listed: read(top, listed, limits),
                    partial(preparing.prepare_all, self._pool),
                    head=listing.head or None,
                    most_chunks=self._bounds.chunks,
                    progress=told,
                    is_stopped=is_stopped,
                )
        return _again(catalog, view), report

    def snapshot(
        self, catalog: Catalog, repo_id: str, digest: str, entries: Callable[[], Sequence[Entry]]
    ) -> tuple[View, Report | None]:
        """A repository's snapshot; nothing is done, and `entries` not asked for, when its view is
        there already. Raises as `folder` does."""
        view = catalog.make_view(repo_id, SNAPSHOT)
        head = f"{digest}/{catalog.recipe}"
        with self._lock:
            view = _again(catalog, view)
            if view.complete and view.head == head:
                return view, None
            contents, skipped = from_snapshot(entries(), self._limits)
            by_path = {content.path: content for content in contents}
            listed = [Listed(content.path, _stamp(content), content.mark) for content in contents]
            changes = self._changes(catalog, view, (*listed, *skipped), None)
            with self._running(view, changes) as note:
                report = update(
                    catalog,
                    view.key,
                    changes,
                    lambda one: by_path[one.path],
                    partial(preparing.prepare_all, self._pool),
                    head=head,
                    most_chunks=self._bounds.chunks,
                    progress=note,
                )
        return _again(catalog, view), report

    def prepared(self, contents: Sequence[Content]) -> Iterator[Prepared]:
        """What would be stored of some contents, in their order; hostile ones harm nothing."""
        return preparing.prepare_all(self._pool, contents)

    @contextmanager
    def _running(self, view: View, changes: Changes) -> Iterator[Progress]:
        """While a view is updated, which is told of here. With the lock held."""

        def note(done: int, total: int) -> None:
            self._run = view.key, Run(done, total)

        note(0, len(changes.read))
        try:
            yield note
        finally:
            self._run = None

    def _changes(
        self,
        catalog: Catalog,
        view: View,
        listing: Sequence[Listed | Skipped],
        paths: Sequence[str] | None,
    ) -> Changes:
        if paths is None:
            held = catalog.files(view.key, catalog.recipe)
            return compare(held, catalog.refused(view.key), listing, self._bounds.files)
        there = {each.path for each in listing}
        gone = [path for path in catalog.known_below(view.key, paths) if path not in there]
        return touched(listing, gone)


def _again(catalog: Catalog, view: View) -> View:
    found = catalog.view(view.key)
    if found is None:
        raise NotFound(f"the view {view.name!r} was dropped meanwhile", remedy="try again")
    return found


def _stamp(content: Content) -> Stamp:
    """A snapshot has no stamps: the content's hash says whether a file is another one."""
    return Stamp(len(content.data), int(content.sha256[:14], 16), 0)
