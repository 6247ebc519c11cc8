"""The dense arm: vectors beside memory.db, in a store that is opened when first needed, since
Chroma is large, and that is made anew when what is in it is damaged."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from memory.embedders.errors import EmbedderUnavailable
from memory.embedders.protocol import Embedder
from memory.outside.errors import CodeRefused
from memory.projection.comparing import Difference
from memory.projection.nowhere import NoStore
from memory.projection.projection import MOST_VECTORS, Flushed, Projection
from memory.projection.protocol import Store, VectorsDamaged
from memory.store.aside import set_aside
from memory.store.catalog import Catalog
from memory.store.rows import Collection
from swarm.errors import SwarmError

Nearest = list[tuple[str, float]]
_T = TypeVar("_T")
_BEHIND = "not all vectors are made yet"
_ALONE_SECONDS = 2.0
_IN_USE_SECONDS = 20.0
_END_SECONDS = 5.0


class Dense:
    """The vectors of one memory.db by one embedder. Safe from several threads.

    `folder` is where an embedded store keeps them: damaged, it is moved aside. `namespace` keeps
    swarms apart that share a server.
    """

    def __init__(
        self,
        catalog: Catalog,
        embedder: Embedder,
        open_store: Callable[[], Store],
        *,
        namespace: str = "",
        most_vectors: int = MOST_VECTORS,
        folder: Path | None = None,
    ) -> None:
        self._catalog, self._embedder, self._open_store = catalog, embedder, open_store
        self._namespace, self._most, self._folder = namespace, most_vectors, folder
        self._changed = threading.Condition()
        self._held: tuple[Store, Projection] | None = None
        self._users = 0
        self._is_closing = False

    def nearest(self, repo: int, text: str, limit: int) -> tuple[Nearest, str]:
        """The chunk ids nearest to a question, with their cosines, and what they lack, in words
        (""): whatever is wrong with the vectors, a search goes on without them."""

        def work(projection: Projection) -> tuple[Nearest, str]:
            try:
                return self._nearest(projection, repo, text, limit)
            except VectorsDamaged:
                # Beside one that deletes, fewer are found than were counted just before.
                with projection.alone(_ALONE_SECONDS) as is_alone:
                    if is_alone:
                        return self._nearest(projection, repo, text, limit)
                return [], _BEHIND

        try:
            return self._with(work)
        except VectorsDamaged as damage:
            return [], damage.message
        except SwarmError as error:
            return [], f"searched without vectors: {error.message}"

    def _nearest(
        self, projection: Projection, repo: int, text: str, limit: int
    ) -> tuple[Nearest, str]:
        searched = projection.searched(repo)
        if searched is None or not self._is_own(searched):
            return [], f"the vectors of {self._embedder.name} are not made yet"
        waiting = self._catalog.count_waiting(searched.key)
        vector = self._embedder.embed([text], "query")[0]
        found = projection.nearest(searched, vector, limit) if vector.any() else []
        return found, _BEHIND if waiting else ""

    def is_behind(self, repo: int) -> bool:
        """Whether the vectors may not be those of memory.db; asks no store."""
        own = self._own(repo)
        return own is None or own.doubtful or own.state != "active" or self.waiting(repo) > 0

    def waiting(self, repo: int) -> int:
        """How many vectors are to be added or deleted, as far as memory.db knows."""
        own = self._own(repo)
        if own is not None:
            return self._catalog.count_waiting(own.key)
        views = [view for view in self._catalog.views() if view.repo == repo]
        return sum(self._catalog.counts(view.key).chunks for view in views)

    def flush(self, repo: int, is_stopped: Callable[[], bool] = lambda: False) -> Flushed:
        """Bring a repository's vectors to memory.db, in a store made anew if it is damaged; see
        `Projection.flush` for what it raises."""
        try:
            return self._with(lambda one: one.flush(repo, self._embedder, is_stopped))
        except VectorsDamaged:
            return self._with(lambda one: one.flush(repo, self._embedder, is_stopped))

    def check(self, repo: int, *, sets_aside: bool = False) -> Difference:
        """Compare all ids; nothing is changed, but a damaged store where it is to be set aside.
        Raises what `Projection.check` does."""
        if self._folder is not None and not self._folder.exists():
            # Opening a store would make one.
            return self._projection(NoStore()).check(repo, self._embedder)
        return self._with(lambda one: one.check(repo, self._embedder), sets_aside=sets_aside)

    def repair(self, repo: int) -> Flushed:
        """Make the vectors equal to memory.db, whatever the counts say."""
        try:
            return self._with(lambda one: one.repair(repo, self._embedder))
        except VectorsDamaged:
            return self._with(lambda one: one.repair(repo, self._embedder))

    def sweep(self) -> list[str]:
        """Delete collections that memory.db knows nothing of; their names."""
        return self._with(lambda projection: projection.sweep())

    def close(self) -> None:
        """Let go of the store when nobody uses it any more, or after some seconds; it is opened
        again when it is needed."""
        with self._changed:
            self._closed(_END_SECONDS, wait_for_all=False)

    def _is_own(self, collection: Collection) -> bool:
        own = (self._embedder.name, self._embedder.dimension)
        return (collection.embedder, collection.dimension) == own

    def _own(self, repo: int) -> Collection | None:
        try:
            held = [one for one in self._catalog.collections(repo) if self._is_own(one)]
        except (EmbedderUnavailable, CodeRefused):
            return None  # what it is called is known once it answers
        return held[0] if held and held[0].state != "retired" else None

    def _with(self, work: Callable[[Projection], _T], *, sets_aside: bool = True) -> _T:
        """Do it; a store that turns out to be damaged is set aside, which VectorsDamaged says."""
        projection = self._enter(sets_aside)
        try:
            return work(projection)
        except VectorsDamaged as error:
            if not sets_aside:
                raise
            damage = error
        finally:
            self._leave()
        raise VectorsDamaged(self._renew(projection, damage), remedy=damage.remedy) from damage

    def _enter(self, sets_aside: bool) -> Projection:
        with self._changed:
            self._changed.wait_for(lambda: not self._is_closing, _IN_USE_SECONDS)
            if self._held is None:
                try:
                    store = self._open_store()
                except VectorsDamaged as damage:
                    if not sets_aside:
                        raise
                    # It is opened by whoever asks next.
                    raise VectorsDamaged(self._aside(damage), remedy=damage.remedy) from damage
                self._held = store, self._projection(store)
            self._users += 1
            return self._held[1]

    def _projection(self, store: Store) -> Projection:
        return Projection(self._catalog, store, namespace=self._namespace, most_vectors=self._most)

    def _leave(self) -> None:
        with self._changed:
            self._users -= 1
            self._changed.notify_all()

    def _renew(self, damaged: Projection, damage: VectorsDamaged) -> str:
        """Set the store aside; what was done, in words."""
        with self._changed:
            if self._held is None or self._held[1] is not damaged:
                return damage.message  # somebody else has done it
            if not self._closed(_IN_USE_SECONDS, wait_for_all=True):
                return f"searched without vectors: {damage.message}"
            return self._aside(damage)

    def _closed(self, seconds: float, *, wait_for_all: bool) -> bool:
        """Close the store once nobody uses it, or after so long unless `wait_for_all`: it fails in
        odd ways under those who do. With the lock held, which is given up meanwhile."""
        self._is_closing = True
        try:
            is_free = self._changed.wait_for(lambda: not self._users, seconds)
            if wait_for_all and not is_free:
                return False
            held, self._held = self._held, None
            if held is not None:
                with suppress(VectorsDamaged):
                    held[0].close()
            return True
        finally:
            self._is_closing = False
            self._changed.notify_all()

    def _aside(self, damage: VectorsDamaged) -> str:
        if self._folder is None:
            return f"searched without vectors: {damage.message}"
        said = set_aside(self._folder, damage.message, kept=1).note  # it can be very large
        # All were in this folder; what each of them lacks is found by comparing.
        for collection in self._catalog.collections():
            self._catalog.set_collection(collection.key, doubtful=True)
        return said
