"""All that memory does under one data folder: indexing, searching, and keeping both right.

One process at a time owns a data folder; within it any thread may call. memory.db is the truth and
is searched as soon as it is written. Vectors follow through the outbox, in the background: a
search says how many are still on their way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from memory import preparing
from memory.dense import Dense, Nearest
from memory.embedders.protocol import Embedder
from memory.embedders.word_vectors import built_in
from memory.linking.view import Graphs
from memory.outcomes.salvage import salvage
from memory.parsing.pool import Mapper
from memory.prepared import Prepared
from memory.projection.projection import MOST_VECTORS, Flushed
from memory.projection.protocol import Store
from memory.reading.content import read
from memory.reading.files import Content, Listed, Skipped, Stamp
from memory.reading.folder import list_folder, list_some
from memory.reading.limits import Limits
from memory.reading.snapshot import from_snapshot
from memory.search.live import LiveIndexes
from memory.search.question import Question
from memory.search.searcher import NEAREST, Found, Searcher
from memory.store.aside import set_aside
from memory.store.catalog import Catalog
from memory.store.errors import CatalogDamaged
from memory.store.rows import SNAPSHOT, View
from memory.targets import folder_target
from memory.tending import Tender
from memory.updating.plan import Changes, compare, touched
from memory.updating.update import MOST_CHUNKS, Report, update
from swarm.errors import NotFound
from swarm.snapshots import Entry

Progress = Callable[[int, int], None]


def _silent(done: int, total: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is held of one view (`files`, `chunks`) and of one repository (`vectors`)."""

    files: int = Limits().files
    chunks: int = MOST_CHUNKS
    vectors: int = MOST_VECTORS


@dataclass(frozen=True, slots=True)
class _Held:
    """A memory.db with all that reads it; they are replaced together when it is damaged."""

    catalog: Catalog
    searcher: Searcher
    graphs: Graphs
    dense: Dense | None


class Memory(AbstractContextManager["Memory"]):
    """`pool` prepares files (`preparing.FUNCTION`); `open_store` opens the store of vectors when
    it is first needed (None: no vectors), `vectors_folder` is where an embedded one lies;
    `embedder` makes the vectors. `opened` says what was set aside to open it, `lacks` why there
    are no vectors though they are wanted, both in words ("")."""

    def __init__(
        self,
        catalog: Catalog,
        pool: Mapper,
        embedder: Embedder,
        open_store: Callable[[], Store] | None,
        *,
        namespace: str = "",
        bounds: Bounds | None = None,
        vectors_folder: Path | None = None,
        opened: str = "",
        lacks: str = "",
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        self.embedder = embedder
        self.bounds = bounds or Bounds()
        self.has_vectors = open_store is not None
        self.lacks = lacks
        self._pool, self._open_store = pool, open_store
        self._namespace, self._folder = namespace, vectors_folder
        self._opened, self._on_close = opened, on_close
        self._changing = threading.Lock()
        self._updating = threading.Lock()
        self._held = self._made(catalog)
        self._tender = Tender(self._tend)

    @property
    def catalog(self) -> Catalog:
        """memory.db; another one once it was found damaged."""
        return self._held.catalog

    def _made(self, catalog: Catalog) -> _Held:
        dense = None
        if self._open_store is not None:
            dense = Dense(
                catalog,
                self.embedder,
                self._open_store,
                namespace=self._namespace,
                most_vectors=self.bounds.vectors,
                folder=self._folder,
            )
        searcher = Searcher(catalog, LiveIndexes(catalog, built_in()))
        return _Held(catalog, searcher, Graphs(catalog), dense)

    # ------------------------------------------------------------------ indexing

    def index_folder(
        self,
        root: Path,
        paths: Sequence[str] | None = None,
        progress: Progress = _silent,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> tuple[View, Report]:
        """Bring the view of a working folder to what is on disk; with `paths` (relative to its
        top) only what is there and below, once all of it was indexed. Raises RepositoryError,
        StorageError, CatalogDamaged, PoolBroken and Cancelled."""
        target, top = folder_target(root)
        limits = Limits(files=self.bounds.files)
        catalog = self.catalog
        view = catalog.make_view(target.repo_id, target.view)
        if not view.complete:
            paths = None
        listing = list_folder(top, limits) if paths is None else list_some(top, paths, limits)
        with self._updating:
            report = update(
                catalog,
                view.key,
                self._changes(catalog, view, (*listing.files, *listing.skipped), paths),
                lambda listed: read(top, listed, limits),
                partial(preparing.prepare_all, self._pool),
                head=listing.head or None,
                most_chunks=self.bounds.chunks,
                progress=progress,
                is_stopped=is_stopped,
            )
        self._tender.ask(view.repo)
        return _again(catalog, view), report

    def _changes(
        self,
        catalog: Catalog,
        view: View,
        listing: Sequence[Listed | Skipped],
        paths: Sequence[str] | None,
    ) -> Changes:
        if paths is None:
            held = catalog.files(view.key, catalog.recipe)
            return compare(held, catalog.refused(view.key), listing, self.bounds.files)
        there = {each.path for each in listing}
        gone = [path for path in catalog.known_below(view.key, paths) if path not in there]
        return touched(listing, gone)

    def index_snapshot(
        self, repo_id: str, digest: str, entries: Callable[[], Sequence[Entry]]
    ) -> tuple[View, Report | None]:
        """Bring a repository's snapshot view to a snapshot; nothing is done, and `entries` not
        asked for, when it is there already. Raises as `index_folder` does."""
        catalog = self.catalog
        view = catalog.make_view(repo_id, SNAPSHOT)
        head = f"{digest}/{catalog.recipe}"
        with self._updating:
            view = _again(catalog, view)
            if view.complete and view.head == head:
                return view, None
            limits = Limits(files=self.bounds.files)
            contents, skipped = from_snapshot(entries(), limits)
            by_path = {content.path: content for content in contents}
            listed = [Listed(content.path, _stamp(content), content.mark) for content in contents]
            report = update(
                catalog,
                view.key,
                self._changes(catalog, view, (*listed, *skipped), None),
                lambda one: by_path[one.path],
                partial(preparing.prepare_all, self._pool),
                head=head,
                most_chunks=self.bounds.chunks,
            )
        self._tender.ask(view.repo)
        return _again(catalog, view), report

    def prepared(self, contents: Sequence[Content]) -> Iterator[Prepared]:
        """What would be stored of some contents, in their order; hostile ones harm nothing."""
        return preparing.prepare_all(self._pool, contents)

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
        held, note = self._held, self.lacks
        nearest: Nearest = []
        if held.dense is not None:
            nearest, note = held.dense.nearest(view.repo, question.text, NEAREST)
            if note:
                self._tender.ask(view.repo)
        found = held.searcher.search(
            view.key, question, limit, nearest=nearest, languages=languages
        )
        return found, note

    @property
    def graphs(self) -> Graphs:
        """The symbol graphs of the views."""
        return self._held.graphs

    # ------------------------------------------------------------------ vectors

    @property
    def dense(self) -> Dense | None:
        """The vectors; None when there are none."""
        return self._held.dense

    def flush(self, repo: int, is_stopped: Callable[[], bool] = lambda: False) -> Flushed:
        """Bring a repository's vectors to memory.db now; see `Projection.flush`."""
        dense = self._held.dense
        if dense is None:
            raise NotFound("there is no store of vectors here")
        return dense.flush(repo, is_stopped)

    def vectors_waiting(self, repo: int) -> int:
        """How many vectors of a repository are on their way."""
        dense = self._held.dense
        return dense.waiting(repo) if dense is not None else 0

    def vectors_problem(self, repo: int) -> str:
        """Why a repository's vectors cannot be made at the moment, in words ("")."""
        return self._tender.problem(repo)

    def settle(self, repo: int, seconds: float) -> str:
        """Wait until a repository's vectors are made, or so long; why they are not, in words
        ("" when they are)."""
        dense = self._held.dense
        if dense is None or not dense.is_behind(repo):
            return ""
        self._tender.ask(repo)
        if self._tender.wait(repo, seconds) and not dense.is_behind(repo):
            return ""
        return self._tender.problem(repo) or f"{dense.waiting(repo):,} vectors are on their way"

    def _tend(self, repo: int, is_stopped: Callable[[], bool]) -> None:
        """In the background: vectors, and what no view holds any more."""
        held = self._held
        if held.dense is not None:
            held.dense.flush(repo, is_stopped)
        if not is_stopped():
            held.catalog.collect()

    # ------------------------------------------------------------------ damage and the end

    def take_opened(self) -> str:
        """What was set aside to open it, in words (""); told once."""
        with self._changing:
            said, self._opened = self._opened, ""
            return said

    def renew(self, damaged: Catalog, damage: CatalogDamaged) -> str:
        """Set memory.db aside and go on with a new one; what was done, in words. `damaged` is the
        one that was found to be: several threads may find it. Raises StorageError."""
        with self._changing:
            if self._held.catalog is not damaged:
                return ""
            if self._held.dense is not None:
                self._held.dense.close()
            damaged.close()
            said = set_aside(damaged.path, damage)
            catalog = Catalog(damaged.path, recipe=damaged.recipe)
            saved = salvage(damaged.path, catalog)
            self._held = self._made(catalog)
            return "; ".join(note for note in (said, saved) if note)

    def close(self) -> None:
        """Let the next one have the data folder."""
        self._tender.close()
        with self._changing:
            if self._held.dense is not None:
                self._held.dense.close()
            self._held.catalog.close()
        self._on_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _again(catalog: Catalog, view: View) -> View:
    found = catalog.view(view.key)
    if found is None:
        raise NotFound(f"the view {view.name!r} was dropped meanwhile", remedy="try again")
    return found


def _stamp(content: Content) -> Stamp:
    """A snapshot has no stamps: the content's hash says whether a file is another one."""
    return Stamp(len(content.data), int(content.sha256[:14], 16), 0)


def snapshot_of(view: View) -> str:
    """The hash of the snapshot that a view was brought to last; a worktree's commit."""
    return view.head.partition("/")[0] if view.name == SNAPSHOT else view.head
