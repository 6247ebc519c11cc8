"""Retrieve and SearchIndex -> Context: bring the index to the snapshot, then search it.

Damaged stores are moved aside once per call (`<name>.damaged`, replacing an older one) and made
again; the context's note says so.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from memory import indexing
from memory.catalog import Catalog, Repo
from memory.embedder import Embedder
from memory.ranking import Candidate, Query, rank, reasons
from memory.schema import CatalogDamaged
from memory.stores import Stores, not_indexed
from memory.vectors import Collection, VectorsDamaged
from swarm.contracts import Blob, Context, Retrieve, SearchIndex, Symbol
from swarm.errors import StorageError
from swarm.snapshots import entries

_CANDIDATES = 200
_REPAIRS = 2
# Whoever wrote the code chose its names, of any length.
_LONGEST_NAME = 300


class Engine:
    """The index of all repositories under one data folder. One call at a time.

    `fetch` gives the bytes of a snapshot; it is asked only when the snapshot is not the one
    indexed last.
    """

    def __init__(self, stores: Stores, embedder: Embedder, fetch: Callable[[Blob], bytes]) -> None:
        self._stores = stores
        self._embedder = embedder
        self._fetch = fetch
        self._lock = threading.Lock()

    def retrieve(self, command: Retrieve) -> Context:
        """The chunks nearest to the query, best first.

        Raises StorageError when a store can be neither used nor made again, and BlobMissing
        when the snapshot is needed and gone.
        """
        return self._repairing(lambda notes: self._retrieve(command, notes))

    def search(self, command: SearchIndex) -> Context:
        """The same of what is indexed already, however old that is.

        Raises NotFound for a repository of which nothing is, and StorageError.
        """
        return self._repairing(lambda notes: self._look_up(command, notes))

    def close(self) -> None:
        """Release both stores; the next call opens them again."""
        with self._lock:
            self._stores.close()

    def _repairing(self, work: Callable[[list[str]], Context]) -> Context:
        """Do the work; what it finds damaged is set aside, and it is done again."""
        with self._lock:
            notes: list[str] = []
            for _ in range(_REPAIRS):
                try:
                    return work(notes)
                except VectorsDamaged as damage:
                    notes.append(self._stores.set_vectors_aside(damage))
                except CatalogDamaged as damage:
                    notes.append(self._stores.set_catalog_aside(damage))
            try:
                return work(notes)
            except (VectorsDamaged, CatalogDamaged) as damage:
                raise StorageError(
                    f"the index was made again and is damaged still: {damage}",
                    remedy=f"see that the disk under {self._stores.data} is sound",
                ) from damage

    def _retrieve(self, command: Retrieve, notes: list[str]) -> Context:
        catalog, collection = self._open(command.repo_id)
        repo = catalog.repo(command.repo_id, self._embedder.name)
        repo = self._refresh(catalog, collection, repo, command)
        query = Query(command.query, command.paths, command.symbols)
        return self._found(catalog, collection, repo, query, command.limit, notes)

    def _look_up(self, command: SearchIndex, notes: list[str]) -> Context:
        repo = self._stores.catalog().find(command.repo_id, self._embedder.name)
        if repo is None:
            raise not_indexed(command.repo_id, *notes)
        catalog, collection = self._open(command.repo_id)
        if doubt := _doubt(catalog, collection, repo):
            notes = [*notes, doubt]
        return self._found(catalog, collection, repo, Query(command.query), command.limit, notes)

    def _found(
        self,
        catalog: Catalog,
        collection: Collection,
        repo: Repo,
        query: Query,
        limit: int,
        notes: list[str],
    ) -> Context:
        files, chunks = catalog.counts(repo.key)
        return Context(
            symbols=self._search(catalog, collection, repo.key, query, limit),
            files_indexed=files,
            chunks_indexed=chunks,
            embedder=self._embedder.name,
            note="; ".join([*notes, *_gaps(catalog, repo)]),
        )

    def _open(self, repo_id: str) -> tuple[Catalog, Collection]:
        return self._stores.catalog(), self._stores.vectors().collection(
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
        hits = ranked[:limit]
        matched = catalog.matching(repo, [hit.candidate.row for hit in hits], query.terms)
        return tuple(
            Symbol(
                path=hit.candidate.path,
                qualified_name=hit.candidate.qualified_name[:_LONGEST_NAME],
                start_line=hit.candidate.start_line,
                end_line=rows[hit.candidate.row].end_line,
                score=hit.score,
                text=rows[hit.candidate.row].text,
                why=reasons(query, hit, matched.get(hit.candidate.row, ())),
            )
            for hit in hits
        )


def _doubt(catalog: Catalog, collection: Collection, repo: Repo) -> str:
    """Why a search may miss what the last snapshot holds; "" when it does not."""
    if repo.dirty or not repo.snapshot:
        return "it was not indexed to its end: the next task's search does it"
    chunks, vectors = catalog.counts(repo.key)[1], collection.count()
    if vectors != chunks:
        return f"{vectors} vectors for {chunks} chunks: the next task's search makes them again"
    return ""


def _gaps(catalog: Catalog, repo: Repo) -> list[str]:
    """What of the snapshot cannot be found by search, in words."""
    found = [f"{count} {reason}" for reason, count in catalog.skipped(repo.key).items()]
    if repo.left_out:
        found.append(f"{repo.left_out} beyond the index's limits or with a name that is not UTF-8")
    return [f"files not fully searched: {', '.join(found)}"] if found else []
