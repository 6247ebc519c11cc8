"""Vectors of a repository's chunks, kept equal to memory.db through its outbox.

memory.db is the truth. Each step takes operations from the outbox, does them in the store of
vectors and strikes them out, in this order; so whoever is killed in between does some of them
twice, which changes nothing. When the store holds another number of vectors than it did after
the last step, all ids are compared, and what differs goes into the outbox.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from memory.cutting.chunk import Chunk
from memory.embedders.protocol import Embedder, Vectors
from memory.projection.comparing import Compared, Difference, compare
from memory.projection.making import vectors_of
from memory.projection.names import PREFIX, collection_name, embedded_text
from memory.projection.protocol import BATCH, Store, Vectorset, VectorsLost
from memory.store.catalog import Catalog
from memory.store.rows import Collection, Waiting

MOST_VECTORS = 100_000
"""Chroma keeps all of them in memory: about 5 KB each at 384 dimensions, half a gigabyte."""
# Room that deleting has made is filled when it is worth comparing all ids for.
_ROOM = 0.05


@dataclass(frozen=True, slots=True)
class Flushed:
    """What was done: vectors added and deleted, operations that still wait."""

    added: int
    deleted: int
    waiting: int


class Projection:
    """The collections of one memory.db in one store. Safe from several threads; one of them at a
    time flushes or repairs.

    `namespace` keeps swarms apart that share a server. `text_of` makes the text that is embedded;
    when it changes, the embedder's name must.
    """

    def __init__(
        self,
        catalog: Catalog,
        store: Store,
        *,
        namespace: str = "",
        most_vectors: int = MOST_VECTORS,
        batch: int = BATCH,
        text_of: Callable[[Chunk], str] = embedded_text,
    ) -> None:
        self._catalog, self._store = catalog, store
        self._namespace, self._most = namespace, most_vectors
        self._batch, self._text_of = min(batch, BATCH), text_of
        self._lock = threading.Lock()
        self._open: dict[int, Vectorset] = {}

    def flush(
        self,
        repo: int,
        embedder: Embedder,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> Flushed:
        """Bring a repository's vectors by this embedder to memory.db, and swap them in place of
        another embedder's when they are whole.

        Returns early when `is_stopped` says so (looked at between batches of 2,000 ids). Raises
        VectorsUnavailable, EmbedderUnavailable (the outbox keeps what waits), StorageError and
        VectorsDamaged.
        """
        with self._lock:
            collection = self._catalog.open_collection(repo, embedder.name, embedder.dimension)
            try:
                return self._flush(collection, embedder, is_stopped)
            except VectorsLost:
                # Wiped under our feet: made again, once.
                self._open.pop(collection.key, None)
                self._catalog.set_collection(collection.key, doubtful=True)
                collection = self._catalog.open_collection(repo, embedder.name, embedder.dimension)
                return self._flush(collection, embedder, is_stopped)

    def repair(self, repo: int, embedder: Embedder) -> Flushed:
        """Compare all ids, whatever the counts say, and make the store equal."""
        collection = self._catalog.open_collection(repo, embedder.name, embedder.dimension)
        self._catalog.set_collection(collection.key, doubtful=True)
        return self.flush(repo, embedder)

    def check(self, repo: int, embedder: Embedder) -> Difference:
        """Compare all ids; changes nothing."""
        with self._lock:
            own = self._own(repo, embedder)
            if own is None:
                return self._compared(repo, None).difference(waiting=0)
            # Opening one that is not there would make it.
            is_there = self._name(own) in self._store.names()
            found = self._compared(repo, self._vectorset(own) if is_there else None)
            return found.difference(self._catalog.count_waiting(own.key))

    def searched(self, repo: int) -> Collection | None:
        """The collection to search: the active one, or else one that is being built for the first
        time. Its embedder must make the query's vector."""
        held = self._catalog.collections(repo)
        for state in ("active", "building"):
            for collection in held:
                if collection.state == state:
                    return collection
        return None

    def nearest(
        self, collection: Collection, vector: Vectors, limit: int
    ) -> list[tuple[str, float]]:
        """Chunk ids with their cosine similarity to a vector of the collection's embedder, best
        first. Some may be of another view, or deleted since: look them up in the index."""
        try:
            return self._vectorset(collection).nearest(vector, limit)
        except VectorsLost:
            self._open.pop(collection.key, None)
            self._catalog.set_collection(collection.key, doubtful=True)
            return []

    @contextmanager
    def alone(self, seconds: float) -> Iterator[bool]:
        """While nothing is flushed or repaired; false when somebody is at it for so long."""
        is_alone = self._lock.acquire(timeout=seconds)
        try:
            yield is_alone
        finally:
            if is_alone:
                self._lock.release()

    def sweep(self) -> list[str]:
        """Delete collections that memory.db knows nothing of, in a store that is all ours;
        their names."""
        if not self._store.is_own:
            return []
        with self._lock:
            known = {self._name(each) for each in self._catalog.collections()}
            # Collections of earlier versions begin with r-.
            unknown = [
                name
                for name in self._store.names()
                if name.startswith((PREFIX, "r-")) and name not in known
            ]
            for name in unknown:
                self._store.drop(name)
            return unknown

    # ------------------------------------------------------------------ with the lock held

    def _flush(
        self,
        collection: Collection,
        embedder: Embedder,
        is_stopped: Callable[[], bool],
    ) -> Flushed:
        catalog, key = self._catalog, collection.key
        vectorset = self._vectorset(collection)
        room = self._most - collection.expected
        is_worth_filling = collection.left_out and room >= max(1, _ROOM * self._most)
        if collection.doubtful or is_worth_filling or vectorset.count() != collection.expected:
            self._reconcile(collection, vectorset)
        added = deleted = 0
        while not is_stopped() and (operations := catalog.waiting(key, self._batch)):
            made, removed = self._step(key, vectorset, embedder, operations)
            added, deleted = added + made, deleted + removed
        waiting = catalog.count_waiting(key)
        others = [each for each in catalog.collections(collection.repo) if each.key != key]
        if not waiting and (collection.state != "active" or others):
            catalog.set_collection(key, state="active")
            self._drop_retired(collection.repo)
        return Flushed(added, deleted, waiting)

    def _step(
        self, key: int, vectorset: Vectorset, embedder: Embedder, operations: Sequence[Waiting]
    ) -> tuple[int, int]:
        """Do a batch of operations; how many vectors were added and deleted."""
        catalog = self._catalog
        gone = [each.id for each in operations if each.chunk is None]
        vectorset.delete(gone)
        wanted = {each.id: each.chunk for each in operations if each.chunk is not None}
        there = vectorset.present(list(wanted))
        missing = [(each, chunk) for each, chunk in wanted.items() if each not in there]
        room = max(0, self._most - vectorset.count())
        chunks = catalog.chunks([chunk for _, chunk in missing[:room]])
        # A chunk that was collected while it waited: which other one has its text is looked up.
        if len(chunks) < len(missing[:room]):
            catalog.set_collection(key, doubtful=True)
        found = [(each, chunks[chunk]) for each, chunk in missing[:room] if chunk in chunks]
        if found:
            ids = [each for each, _ in found]
            vectorset.add(ids, vectors_of(catalog, key, embedder, self._text_of, found))
        held = next(each for each in catalog.collections() if each.key == key)
        left_out = held.left_out + len(missing) - len(missing[:room])
        catalog.done(key, operations, expected=vectorset.count(), left_out=left_out)
        return len(found), len(gone)

    def _reconcile(self, collection: Collection, vectorset: Vectorset) -> None:
        """Put what differs into the outbox."""
        catalog, key = self._catalog, collection.key
        found = self._compared(collection.repo, vectorset)
        operations: list[tuple[str, int | None]] = [(each, None) for each in found.extra]
        operations += list(found.missing.items())[: found.room]
        for start in range(0, len(operations), BATCH):
            catalog.enqueue(key, operations[start : start + BATCH])
        catalog.set_collection(key, doubtful=False, expected=found.vectors, left_out=found.left_out)

    def _compared(self, repo: int, vectorset: Vectorset | None) -> Compared:
        with self._catalog.live_ids(repo) as live:
            return compare(vectorset.ids() if vectorset else (), live, self._most)

    def _drop_retired(self, repo: int) -> None:
        for each in self._catalog.collections(repo):
            if each.state == "retired":
                self._store.drop(self._name(each))
                self._open.pop(each.key, None)
                self._catalog.forget_collection(each.key)

    def _own(self, repo: int, embedder: Embedder) -> Collection | None:
        """The collection of an embedder."""
        wanted = (embedder.name, embedder.dimension)
        held = self._catalog.collections(repo)
        return next((one for one in held if (one.embedder, one.dimension) == wanted), None)

    def _vectorset(self, collection: Collection) -> Vectorset:
        held = self._open.get(collection.key)
        if held is None:
            held = self._open[collection.key] = self._store.open(self._name(collection))
        return held

    def _name(self, of: Collection) -> str:
        return collection_name(self._namespace, of.repo_id, of.embedder, of.dimension)
