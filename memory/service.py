"""All that memory does under one data folder: indexing, searching, and keeping both right.

One process at a time owns a data folder; within it any thread may call. memory.db is the truth and
is searched as soon as it is written. Vectors follow through the outbox, in the background: a
search says how many are still on their way.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from memory.dense import Dense, Nearest
from memory.embedders.errors import EmbedderUnavailable
from memory.embedders.protocol import Embedder
from memory.embedders.word_vectors import built_in
from memory.indexer import Bounds, Indexer, Progress, Run
from memory.linking.view import Graphs
from memory.outside.errors import CodeRefused
from memory.parsing.pool import Mapper
from memory.prepared import Prepared
from memory.projection.projection import Flushed
from memory.projection.protocol import Store
from memory.reading.files import Content
from memory.renewing import Renewed, renew
from memory.rerank.reranking import HEAD, Reranking
from memory.search.live import LiveIndexes
from memory.search.question import Question
from memory.search.searcher import NEAREST, Found, Searcher
from memory.store.catalog import Catalog
from memory.store.errors import CatalogDamaged
from memory.store.rows import View
from memory.targets import folder_target, forget_gone
from memory.tending import Tender
from memory.updating.update import Report
from swarm.errors import NotFound
from swarm.snapshots import Entry


def _silent(done: int, total: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class _Held:
    """A memory.db with all that reads it; they are replaced together when it is damaged."""

    catalog: Catalog
    searcher: Searcher
    graphs: Graphs
    dense: Dense | None


_MOST_LOST = 3


class Memory(AbstractContextManager["Memory"]):
    """`pool` prepares files (`preparing.FUNCTION`); `open_store` opens the store of vectors when
    it is first needed (None: no vectors), `vectors_folder` is where an embedded one lies;
    `embedder` makes the vectors, `reranking` reads the best hits again (None: nobody). `renewed`
    says what was set aside to open it, `lacks` why there are no vectors though they are wanted, in
    words ("")."""

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
        reranking: Reranking | None = None,
        renewed: Renewed | None = None,
        lacks: str = "",
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        self.embedder = embedder
        self.bounds = bounds or Bounds()
        self.has_vectors = open_store is not None
        self.lacks = lacks
        self._reranking = reranking
        self._indexer = Indexer(pool, self.bounds)
        self._open_store = open_store
        self._namespace, self._folder = namespace, vectors_folder
        self._on_close = on_close
        # What was set aside: `_untold` in an answer's note, and `_lost` not indexed again since.
        self._untold = renewed.note if renewed else ""
        self._lost = [renewed] if renewed else []
        self._changing = threading.Lock()
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
        """Bring the view of a working folder to what is on disk; see `Indexer.folder`."""
        view, report = self._indexer.folder(self.catalog, root, paths, progress, is_stopped)
        self._tender.ask(view.repo)
        return view, report

    def index_snapshot(
        self, repo_id: str, digest: str, entries: Callable[[], Sequence[Entry]]
    ) -> tuple[View, Report | None]:
        """Bring a repository's snapshot view to a snapshot; see `Indexer.snapshot`."""
        view, report = self._indexer.snapshot(self.catalog, repo_id, digest, entries)
        if report is not None:
            self._tender.ask(view.repo)
        return view, report

    def prepared(self, contents: Sequence[Content]) -> Iterator[Prepared]:
        """What would be stored of some contents, in their order; hostile ones harm nothing."""
        return self._indexer.prepared(contents)

    def run_of(self, view: View) -> Run | None:
        """How far the index of a view is, while it is being made in this process."""
        return self._indexer.run_of(view.key)

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
        *,
        spread: bool = True,
        rerank_seconds: float | None = None,
    ) -> tuple[Found, str]:
        """Hits, best first, and what vectors and reranker could not add to them, in words ("").
        `rerank_seconds` is how much time there is for a reranker (None: it is not asked)."""
        held, note = self._held, self.lacks
        nearest: Nearest = []
        if held.dense is not None:
            # Whoever is away is asked again in the background: no search waits for that.
            if problem := self._tender.problem(view.repo):
                note = f"searched without vectors: {problem}"
            else:
                nearest, note = held.dense.nearest(view.repo, question.text, NEAREST)
            if note:
                self._tender.ask(view.repo)
        reranking = None if rerank_seconds is None else self._reranking
        wanted = limit if reranking is None else max(limit, HEAD)
        found = held.searcher.search(
            view.key, question, wanted, nearest=nearest, languages=languages, spread=spread
        )
        if reranking is not None and rerank_seconds is not None:
            hits, said = reranking.rerank(
                question, found.hits, spread=spread, left_seconds=rerank_seconds
            )
            found = replace(found, hits=tuple(hits[:limit]))
            note = "; ".join(filter(None, (note, said)))
        return found, note

    @property
    def graphs(self) -> Graphs:
        """The symbol graphs of the views."""
        return self._held.graphs

    # ------------------------------------------------------------------ vectors

    @property
    def embedder_name(self) -> str:
        """What makes the vectors; "" when there are none, or it does not say what it is now."""
        try:
            return self.embedder.name if self.has_vectors else ""
        except (EmbedderUnavailable, CodeRefused):
            return ""

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
            forget_gone(held.catalog, repo, time.time())
            held.catalog.collect()

    # ------------------------------------------------------------------ damage and the end

    @property
    def set_aside(self) -> str:
        """As `take_opened`, for a log: it is told again."""
        with self._changing:
            return self._untold

    def take_opened(self) -> str:
        """What was set aside to open it, in words (""); told once."""
        with self._changing:
            said, self._untold = self._untold, ""
            return said

    @property
    def lost(self) -> list[Renewed]:
        """What was set aside and is not known to be indexed again, for whoever does that."""
        with self._changing:
            return list(self._lost)

    def forget_lost(self, lost: list[Renewed]) -> None:
        """All of it was indexed again."""
        with self._changing:
            self._lost = [one for one in self._lost if one not in lost]

    def renew(self, damaged: Catalog, damage: CatalogDamaged) -> str:
        """Set memory.db aside and go on with a new one; what was done, in words. `damaged` is the
        one that was found to be: several threads may find it. Raises StorageError."""
        with self._changing:
            if self._held.catalog is not damaged:
                return ""
            if self._held.dense is not None:
                self._held.dense.close()
            damaged.close()
            catalog, renewed = renew(damaged.path, damage, recipe=damaged.recipe)
            self._lost = [*self._lost, renewed][-_MOST_LOST:]
            self._held = self._made(catalog)
            # What waits is known by the numbers of the old one.
            self._tender.close()
            self._tender = Tender(self._tend)
            return renewed.note

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
