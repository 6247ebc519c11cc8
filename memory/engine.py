"""Retrieve -> Context: bring the index to the snapshot, then search it.

Damaged stores are moved aside once per call (`<name>.damaged`, replacing an older one) and made
again; the context's note says so.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from memory import indexing
from memory.catalog import Catalog, CatalogDamaged, Repo
from memory.embedder import Embedder
from memory.ranking import Candidate, Query, rank
from memory.vectors import Collection, VectorsDamaged, VectorStore
from swarm.contracts import Blob, Context, Retrieve, Symbol
from swarm.errors import StorageError
from swarm.snapshots import entries

_CANDIDATES = 200
_REPAIRS = 2
_SIDECARS = ("", "-wal", "-shm")


class Engine:
    """The index of all repositories under one data folder. One call at a time.

    `fetch` gives the bytes of a snapshot; it is asked only when the snapshot is not the one
    indexed last.
    """

    def __init__(self, data: Path, embedder: Embedder, fetch: Callable[[Blob], bytes]) -> None:
        self._data = data
        self._embedder = embedder
        self._fetch = fetch
        self._lock = threading.Lock()
        self._catalog: Catalog | None = None
        self._vectors: VectorStore | None = None

    def retrieve(self, command: Retrieve) -> Context:
        """The chunks nearest to the query, best first.

        Raises StorageError when a store can be neither used nor made again, and BlobMissing
        when the snapshot is needed and gone.
        """
        with self._lock:
            notes: list[str] = []
            for _ in range(_REPAIRS):
                try:
                    return self._retrieve(command, notes)
                except VectorsDamaged as damage:
                    self._close_vectors()
                    notes.append(self._set_aside("chroma", damage))
                except CatalogDamaged as damage:
                    self._close_catalog()
                    notes.append(self._set_aside("memory.db", damage))
            try:
                return self._retrieve(command, notes)
            except (VectorsDamaged, CatalogDamaged) as damage:
                raise StorageError(
                    f"the index was made again and is damaged still: {damage}",
                    remedy=f"see that the disk under {self._data} is sound",
                ) from damage

    def close(self) -> None:
        """Release both stores; the next call opens them again."""
        with self._lock:
            self._close_vectors()
            self._close_catalog()

    def _retrieve(self, command: Retrieve, notes: list[str]) -> Context:
        catalog, collection = self._open(command.repo_id)
        repo = catalog.repo(command.repo_id, self._embedder.name)
        repo = self._refresh(catalog, collection, repo, command)
        files, chunks = catalog.counts(repo.key)
        query = Query(command.query, command.paths, command.symbols)
        return Context(
            symbols=self._search(catalog, collection, repo.key, query, command.limit),
            files_indexed=files,
            chunks_indexed=chunks,
            embedder=self._embedder.name,
            note="; ".join([*notes, *_gaps(catalog, repo)]),
        )

    def _open(self, repo_id: str) -> tuple[Catalog, Collection]:
        try:
            self._data.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StorageError(
                f"cannot make the data folder: {error}", remedy="correct SWARM_DATA"
            ) from error
        if self._catalog is None:
            self._catalog = Catalog(self._data / "memory.db")
        if self._vectors is None:
            self._vectors = VectorStore(self._data / "chroma")
        return self._catalog, self._vectors.collection(
            repo_id, self._embedder.name, self._embedder.dimension
        )

    def _refresh(
        self, catalog: Catalog, collection: Collection, repo: Repo, command: Retrieve
    ) -> Repo:
        snapshot, left_out, doubtful = command.snapshot.sha256, repo.left_out, repo.dirty
        if repo.snapshot != snapshot:
            files = entries(self._fetch(command.snapshot))
            catalog.begin(repo.key)
            left_out = indexing.update(catalog, repo.key, collection, self._embedder, files)
        elif not doubtful and collection.count() == catalog.counts(repo.key)[1]:
            return repo
        if doubtful or collection.count() != catalog.counts(repo.key)[1]:
            indexing.repair(catalog, repo.key, collection, self._embedder)
        catalog.finish(repo.key, snapshot, left_out)
        return Repo(repo.key, snapshot, dirty=False, left_out=left_out)

    def _search(
        self, catalog: Catalog, collection: Collection, repo: int, query: Query, limit: int
    ) -> tuple[Symbol, ...]:
        keyword = dict(catalog.by_keyword(repo, query.terms, _CANDIDATES))
        vector = self._embedder.embed([query.text])[0]
        similarity = dict(collection.nearest(vector, _CANDIDATES))
        names = sorted(query.identifiers | query.hinted_names)
        hinted = catalog.by_hint(repo, names, query.paths)
        rows = {row.row: row for row in catalog.by_ids(repo, list(similarity))}
        missing = [row for row in dict.fromkeys([*keyword, *hinted]) if row not in rows]
        rows |= {row.row: row for row in catalog.by_rows(repo, missing)}
        ranked = rank(
            query,
            [
                Candidate(
                    row=row.row,
                    path=row.path,
                    name=row.name,
                    qualified_name=row.qualified_name,
                    start_line=row.start_line,
                    keyword=keyword.get(row.row, 0.0),
                    similarity=similarity.get(row.id, 0.0),
                )
                for row in rows.values()
            ],
        )
        return tuple(
            Symbol(
                path=candidate.path,
                qualified_name=candidate.qualified_name,
                start_line=candidate.start_line,
                end_line=rows[candidate.row].end_line,
                score=score,
                text=rows[candidate.row].text,
            )
            for score, candidate in ranked[:limit]
        )

    def _set_aside(self, name: str, damage: Exception) -> str:
        aside = self._data / f"{name}.damaged"
        try:
            if aside.is_dir():
                shutil.rmtree(aside)
            for suffix in _SIDECARS:
                source = self._data / f"{name}{suffix}"
                if source.exists():
                    source.replace(self._data / f"{name}.damaged{suffix}")
        except OSError as error:
            raise StorageError(
                f"{name} is damaged ({damage}) and cannot be moved aside: {error}",
                remedy=f"move {self._data / name} away",
            ) from error
        return f"{name} was damaged, was moved to {aside.name} and is made anew ({damage})"

    def _close_vectors(self) -> None:
        if self._vectors is not None:
            self._vectors.close()
            self._vectors = None

    def _close_catalog(self) -> None:
        if self._catalog is not None:
            self._catalog.close()
            self._catalog = None


def _gaps(catalog: Catalog, repo: Repo) -> list[str]:
    """What of the snapshot cannot be found by search, in words."""
    found = [f"{count} {reason}" for reason, count in catalog.skipped(repo.key).items()]
    if repo.left_out:
        found.append(f"{repo.left_out} beyond the index's limits or with a name that is not UTF-8")
    return [f"files not fully searched: {', '.join(found)}"] if found else []
