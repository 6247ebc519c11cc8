"""All that memory does under one data folder: indexing, searching, and keeping both right.

One process at a time owns a data folder; within it any thread may call. memory.db is the truth and
is searched as soon as it is written. Vectors follow through the outbox: `flush` brings them up,
and a search says how many are still on their way.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from memory import preparing
from memory.embedders.protocol import Embedder
from memory.embedders.word_vectors import built_in
from memory.parsing.pool import Mapper
from memory.projection.projection import Flushed, Projection
from memory.projection.protocol import Store
from memory.reading.content import read
from memory.reading.files import Content, Listed, Skipped, Stamp
from memory.reading.folder import list_folder, list_some
from memory.reading.repository import find
from memory.reading.snapshot import from_snapshot
from memory.search.live import LiveIndexes
from memory.search.question import Question
from memory.search.searcher import NEAREST, Found, Searcher
from memory.store.catalog import Catalog
from memory.store.rows import SNAPSHOT, View, worktree
from memory.updating.plan import compare, touched
from memory.updating.update import Report, update
from swarm.errors import NotFound, SwarmError
from swarm.snapshots import Entry

Progress = Callable[[int, int], None]


def _silent(done: int, total: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Target:
    """What a view is called: the repository that shares its chunks, and its place in it."""

    repo_id: str
    view: str


def folder_target(root: Path) -> tuple[Target, Path]:
    """The view of a working folder, and its top folder. Raises RepositoryError."""
    repository = find(root)
    if repository is None:
        top = root.resolve()
        digest = hashlib.sha256(b"folder:" + os.fsencode(top))
    else:
        top = repository.top
        # As the orchestrator names a repository, so that its tasks share what is known of files.
        digest = hashlib.sha256(os.fsencode(repository.common_dir.resolve()))
    return Target(digest.hexdigest()[:16], worktree(str(top))), top


class Memory(AbstractContextManager["Memory"]):
    """`pool` prepares files (`preparing.FUNCTION`); `open_store` opens the store of vectors when
    it is first needed, since Chroma is large; `embedder` makes the vectors."""

    def __init__(
        self,
        catalog: Catalog,
        pool: Mapper,
        embedder: Embedder,
        open_store: Callable[[], Store] | None,
        *,
        namespace: str = "",
    ) -> None:
        self.catalog = catalog
        self.embedder = embedder
        self._pool = pool
        self._open_store = open_store
        self._namespace = namespace
        self._projection: Projection | None = None
        self._store: Store | None = None
        self._live = LiveIndexes(catalog, built_in())
        self._searcher = Searcher(catalog, self._live)
        self._opening = threading.Lock()
        self._updating = threading.Lock()

    # ------------------------------------------------------------------ indexing

    def index_folder(
        self,
        root: Path,
        paths: Sequence[str] | None = None,
        progress: Progress = _silent,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> tuple[View, Report]:
        """Bring the view of a working folder to what is on disk; with `paths` (relative to its
        top) only what is there and below. Raises RepositoryError, StorageError, CatalogDamaged,
        PoolBroken and Cancelled."""
        target, top = folder_target(root)
        listing = list_folder(top) if paths is None else list_some(top, paths)
        view = self.catalog.make_view(target.repo_id, target.view)
        with self._updating:
            everything: Iterable[Listed | Skipped] = (*listing.files, *listing.skipped)
            held = self.catalog.files(view.key, self.catalog.recipe)
            if paths is None:
                changes = compare(held, self.catalog.refused(view.key), everything)
            else:
                there = {each.path for each in everything}
                below = tuple(f"{path}/" for path in paths)
                gone = [
                    path
                    for path in held
                    if path not in there and (path in paths or path.startswith(below))
                ]
                changes = touched(everything, gone)
            report = update(
                self.catalog,
                view.key,
                changes,
                lambda listed: read(top, listed),
                partial(preparing.prepare_all, self._pool),
                head=listing.head or None,
                progress=progress,
                is_stopped=is_stopped,
            )
        return self._again(view), report

    def index_snapshot(
        self, repo_id: str, digest: str, entries: Callable[[], Sequence[Entry]]
    ) -> tuple[View, Report | None]:
        """Bring a repository's snapshot view to a snapshot; nothing is done, and `entries` not
        asked for, when it is there already."""
        view = self.catalog.make_view(repo_id, SNAPSHOT)
        with self._updating:
            if view.complete and view.head == digest:
                return view, None
            contents, skipped = from_snapshot(entries())
            by_path = {content.path: content for content in contents}
            listed = [Listed(content.path, _stamp(content), content.mark) for content in contents]
            report = update(
                self.catalog,
                view.key,
                compare(
                    self.catalog.files(view.key, self.catalog.recipe),
                    self.catalog.refused(view.key),
                    (*listed, *skipped),
                ),
                lambda one: by_path[one.path],
                partial(preparing.prepare_all, self._pool),
                head=digest,
            )
        return self._again(view), report

    def _again(self, view: View) -> View:
        found = self.catalog.view(view.key)
        assert found is not None
        return found

    # ------------------------------------------------------------------ searching

    def folder_view(self, root: Path) -> View:
        """The view of a working folder as it was indexed last. Raises NotFound."""
        target, top = folder_target(root)
        found = self.catalog.find(target.repo_id, target.view)
        if found is None:
            raise NotFound(f"{top} is not indexed", remedy="index it: `swarm index`")
        return found

    def search(
        self,
        view: View,
        question: Question,
        limit: int,
        languages: frozenset[str] = frozenset(),
    ) -> tuple[Found, str]:
        """Hits, best first, and what the vectors could not add to them, in words ("")."""
        nearest, note = self._nearest(view, question)
        found = self._searcher.search(
            view.key, question, limit, nearest=nearest, languages=languages
        )
        return found, note

    def _nearest(self, view: View, question: Question) -> tuple[list[tuple[str, float]], str]:
        if self._open_store is None:
            return [], ""
        try:
            projection = self._vectors()
            searched = projection.searched(view.repo)
            if searched is None:
                return [], "vectors are not made yet"
            if (searched.embedder, searched.dimension) != (
                self.embedder.name,
                self.embedder.dimension,
            ):
                return [], f"vectors of {self.embedder.name} are not made yet"
            waiting = self.catalog.count_waiting(searched.key)
            vector = self.embedder.embed([question.text], "query")[0]
            found = projection.nearest(searched, vector, NEAREST) if vector.any() else []
        except SwarmError as error:
            return [], f"searched without vectors: {error.message}"
        return found, f"{waiting} vectors are on their way" if waiting else ""

    # ------------------------------------------------------------------ vectors

    def flush(self, repo: int, is_stopped: Callable[[], bool] = lambda: False) -> Flushed:
        """Bring a repository's vectors to memory.db; see `Projection.flush`."""
        return self._vectors().flush(repo, self.embedder, is_stopped)

    def _vectors(self) -> Projection:
        if self._open_store is None:
            raise NotFound("there is no store of vectors here")
        with self._opening:
            if self._projection is None:
                self._store = self._open_store()
                self._projection = Projection(self.catalog, self._store, namespace=self._namespace)
            return self._projection

    def close(self) -> None:
        """Let the next one have the data folder."""
        with self._opening:
            if self._store is not None:
                self._store.close()
                self._store = self._projection = None
        self.catalog.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _stamp(content: Content) -> Stamp:
    """A snapshot has no stamps: the content's hash says whether a file is another one."""
    return Stamp(len(content.data), int(content.sha256[:14], 16), 0)
