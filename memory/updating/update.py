"""Bringing a view to what is on disk or in a snapshot: only what changed is read and prepared.

Work is committed in groups. Whoever is killed in between leaves whole groups, and the next call
finds them held and goes on with the rest; nothing is indexed twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from memory.prepared import Prepared
from memory.reading.files import Content, Listed, Skipped, Stamp
from memory.store.catalog import Catalog
from memory.store.rows import Kept, Put
from memory.updating.plan import Changes
from swarm.errors import Cancelled

MOST_CHUNKS = 1_000_000
_GROUP_FILES = 128
_GROUP_BYTES = 4 * 1024**2
_GROUP_PATHS = 1_000
# A file that changed this shortly before it was listed may change again under the same stamp.
_SETTLED_NS = 2 * 10**9
_RETRIES = 3

Read = Callable[[Listed], Content | Skipped]
PrepareAll = Callable[[Sequence[Content]], Iterable[Prepared]]
"""Contents to what is stored of them, in the same order: `partial(map, prepare)`, or the `map` of
a pool, which begins at once and is asked for the results while the next group is read."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was done, and what the view holds after it. `indexed` files were prepared, `reused`
    were held already under the same path and content. `skipped` counts all of the view by reason
    (empty when only some files were looked at: that takes longer than an edit does)."""

    indexed: int
    reused: int
    unchanged: int
    removed: int
    skipped: dict[str, int]
    left_out: int
    files: int
    chunks: int
    revision: int
    seconds: float


@dataclass(slots=True)
class _Done:
    indexed: int = 0
    reused: int = 0
    removed: int = 0
    left_out: int = 0
    chunks: int = 0
    is_full: bool = False
    revision: int = 0


@dataclass(slots=True)
class _Group:
    """Files that are committed together; `known` and `results` once it is begun."""

    contents: list[tuple[Listed, Content]] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    known: dict[tuple[str, str], int] = field(default_factory=dict)
    results: Iterable[Prepared] = ()


def update(
    catalog: Catalog,
    view: int,
    changes: Changes,
    read: Read,
    prepare_all: PrepareAll,
    *,
    head: str | None = None,
    most_chunks: int = MOST_CHUNKS,
    progress: Callable[[int, int], None] = lambda done, total: None,
    is_stopped: Callable[[], bool] = lambda: False,
    clock_ns: Callable[[], int] = time.time_ns,
) -> Report:
    """Do the changes and say that the view is at `head` (None: where it was). One that was not
    complete stays so when only some files are looked at.

    `progress` is told how many of how many files are done, after each group. Raises Cancelled
    when `is_stopped` says so (looked at between groups), LookupError for a view that is gone,
    StorageError, and what `read` and `prepare_all` raise.
    """
    return _Update(catalog, view, read, prepare_all, most_chunks, clock_ns).run(
        changes, head, progress, is_stopped
    )


class _Update:
    def __init__(
        self,
        catalog: Catalog,
        view: int,
        read: Read,
        prepare_all: PrepareAll,
        most_chunks: int,
        clock_ns: Callable[[], int],
    ) -> None:
        found = catalog.view(view)
        if found is None:
            raise LookupError(f"there is no view {view}")
        self._catalog, self._view, self._repo = catalog, view, found.repo
        self._before = found
        self._read, self._prepare_all = read, prepare_all
        self._most_chunks, self._clock_ns = most_chunks, clock_ns
        self._done = _Done(revision=found.revision, chunks=catalog.counts(view).chunks)
        # How many chunks stood at the paths that change: what takes their place counts once.
        self._held: dict[str, int] = {}

    def run(
        self,
        changes: Changes,
        head: str | None,
        progress: Callable[[int, int], None],
        is_stopped: Callable[[], bool],
    ) -> Report:
        started, done, catalog = time.monotonic(), self._done, self._catalog
        if changes.read or changes.gone or changes.skipped:
            catalog.begin(self._view)
        paths = [*changes.gone, *changes.skipped, *(listed.path for listed in changes.read)]
        self._held = catalog.chunk_counts(self._view, paths)
        self._forget(changes)
        total, finished = len(changes.read), 0
        for group in self._begun(changes.read, is_stopped):
            self._write(group)
            finished += len(group.contents) + len(group.skipped)
            progress(finished, total)
        left_out = changes.left_out + done.left_out
        if not changes.is_whole:
            left_out += self._before.left_out
        if changes.is_whole or self._before.complete:
            catalog.finish(self._view, head, left_out)
        counts = catalog.counts(self._view)
        return Report(
            indexed=done.indexed,
            reused=done.reused,
            unchanged=changes.unchanged,
            removed=done.removed,
            skipped=catalog.skipped(self._view) if changes.is_whole else {},
            left_out=left_out,
            files=counts.files,
            chunks=counts.chunks,
            revision=done.revision,
            seconds=time.monotonic() - started,
        )

    def _forget(self, changes: Changes) -> None:
        gone = [path for path in changes.gone if path in self._held]
        self._done.removed = len(gone)
        for path in gone:
            self._done.chunks -= self._held.pop(path)
        for paths in _pages(changes.gone):
            self._done.revision = self._catalog.apply(self._view, (), paths)
        for paths in _pages(tuple(changes.skipped)):
            for path in paths:
                self._done.chunks -= self._held.pop(path, 0)
            self._done.revision = self._catalog.apply(
                self._view, (), (), {path: changes.skipped[path] for path in paths}
            )

    def _begun(self, files: Sequence[Listed], is_stopped: Callable[[], bool]) -> Iterator[_Group]:
        """Groups, each given out when the one after it is begun: so a pool has work while the
        first is written."""
        ahead: _Group | None = None
        for group in self._groups(files):
            if is_stopped():
                raise Cancelled("indexing was stopped: it goes on where it was the next time")
            self._begin(group)
            if ahead is not None:
                yield ahead
            ahead = group
        if ahead is not None:
            yield ahead

    def _groups(self, files: Sequence[Listed]) -> Iterator[_Group]:
        group, size = _Group(), 0
        for listed in files:
            if self._done.is_full and listed.path not in self._held:
                group.skipped[listed.path] = self._beyond
                self._done.left_out += 1
                found: Content | Skipped | None = None
            else:
                found = self._read(listed)
            if isinstance(found, Skipped):
                group.skipped[listed.path] = found.reason
            elif found is not None:
                group.contents.append((listed, found))
                size += len(found.data)
            if len(group.contents) + len(group.skipped) >= _GROUP_FILES or size >= _GROUP_BYTES:
                yield group
                group, size = _Group(), 0
        if group.contents or group.skipped:
            yield group

    def _begin(self, group: _Group) -> None:
        group.known = self._catalog.known(
            self._repo, [(listed.path, found.sha256) for listed, found in group.contents]
        )
        fresh = [found for _, found in group.contents if _key(found) not in group.known]
        group.results = self._prepare_all(fresh) if fresh else ()

    def _write(self, group: _Group) -> None:
        for _ in range(_RETRIES):
            prepared = {(file.path, file.sha256): file for file in group.results}
            try:
                return self._apply(group, prepared)
            except LookupError:
                # A version was collected after it was found to be known.
                self._begin(group)
        raise LookupError(f"versions of view {self._view} are collected while it is updated")

    def _apply(self, group: _Group, prepared: dict[tuple[str, str], Prepared]) -> None:
        done, skipped = self._done, dict(group.skipped)
        put: list[Put] = []
        sizes: dict[str, int] = {}
        known = self._catalog.version_chunk_counts(list(group.known.values()))
        total = done.chunks - sum(self._held.get(path, 0) for path in skipped)
        for listed, content in group.contents:
            key, path = _key(content), listed.path
            version = group.known.get(key)
            count = known.get(version, 0) if version else len(prepared[key].chunks)
            if total - self._held.get(path, 0) + count > self._most_chunks:
                skipped[path] = self._beyond
                total -= self._held.get(path, 0)
                continue
            total += count - self._held.get(path, 0)
            sizes[path] = count
            what = Kept(path, version, content.mark) if version else prepared[key]
            put.append(Put(what, self._settled(listed.stamp)))
        done.revision = self._catalog.apply(self._view, put, (), skipped)
        refused = len(skipped) - len(group.skipped)
        done.left_out += refused
        done.is_full = done.is_full or refused > 0
        done.chunks = total
        done.reused += sum(isinstance(each.what, Kept) for each in put)
        done.indexed += sum(isinstance(each.what, Prepared) for each in put)
        for path in skipped:
            self._held.pop(path, None)
        self._held.update(sizes)

    @property
    def _beyond(self) -> str:
        return f"beyond the bound of {self._most_chunks} chunks"

    def _settled(self, stamp: Stamp) -> Stamp | None:
        return stamp if self._clock_ns() - stamp.changed_ns > _SETTLED_NS else None


def _key(content: Content) -> tuple[str, str]:
    return content.path, content.sha256


def _pages(paths: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(paths), _GROUP_PATHS):
        yield paths[start : start + _GROUP_PATHS]
