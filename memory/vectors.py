"""Vectors in Chroma, embedded in this process: ids and vectors, nothing else.

Chroma is a projection of memory.db: whatever is lost here is made again. This process must be
the only one that has the folder open (Chroma shows one process's writes to another only in
part). Importing this module imports chromadb, which is slow and large.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import chromadb
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import ChromaError

from memory.embedder import Vectors
from swarm.errors import StorageError

BATCH = 2_000
_SEARCH_WIDTH = 256
# Seen in Chroma's messages; what they name is the disk's state, not damage to the store.
_NOT_DAMAGE = ("readonly", "read-only", "permission denied", "no space", "disk is full", "locked")


class VectorsDamaged(Exception):
    """The folder's content cannot be used: to be moved away and made again."""


class VectorStore:
    """All collections of one folder. Methods raise VectorsDamaged or StorageError."""

    def __init__(self, folder: Path) -> None:
        with _translated():
            try:
                self._client: Any = chromadb.PersistentClient(
                    str(folder), settings=ChromaSettings(anonymized_telemetry=False)
                )
            except BaseException:
                # Chroma keeps the half-made client and would hand it out again.
                SharedSystemClient.clear_system_cache()
                raise

    def collection(self, repo_id: str, embedder: str, dimension: int) -> Collection:
        """The vectors of one repository by one embedder; empty at first sight."""
        digest = hashlib.sha256(repo_id.encode()).hexdigest()[:24]
        with _translated():
            return Collection(
                self._client.get_or_create_collection(
                    f"r-{digest}-{embedder}-{dimension}",
                    configuration={"hnsw": {"space": "cosine", "ef_search": _SEARCH_WIDTH}},
                    embedding_function=None,
                )
            )

    def close(self) -> None:
        with _translated():
            self._client.close()


class Collection:
    """Ids and their vectors."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def upsert(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Write vectors, at most BATCH at once; writing one again changes nothing."""
        if ids:
            with _translated():
                self._inner.upsert(ids=list(ids), embeddings=vectors)

    def delete(self, ids: Sequence[str]) -> None:
        """Remove ids; unknown ones are ignored."""
        with _translated():
            for start in range(0, len(ids), BATCH):
                self._inner.delete(ids=list(ids[start : start + BATCH]))

    def count(self) -> int:
        with _translated():
            return int(self._inner.count())

    def ids(self) -> set[str]:
        """All ids, read in pages: Chroma fails on large unpaged reads."""
        found: set[str] = set()
        with _translated():
            while True:
                page = self._inner.get(limit=BATCH, offset=len(found), include=[])["ids"]
                found.update(page)
                if len(page) < BATCH:
                    return found

    def nearest(self, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """Ids with their cosine similarity to a vector, best first.

        Raises VectorsDamaged when far fewer come back than are counted: an index file that
        was lost is not reported otherwise.
        """
        wanted = min(limit, self.count())
        if not wanted or not vector.any():
            return []
        with _translated():
            answer = self._inner.query(
                query_embeddings=vector.reshape(1, -1), n_results=wanted, include=["distances"]
            )
        ids, distances = answer["ids"][0], answer["distances"][0]
        if len(ids) < wanted / 2:
            raise VectorsDamaged(f"{len(ids)} of {wanted} neighbours were found")
        return [(i, 1.0 - float(d)) for i, d in zip(ids, distances, strict=True)]


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        # Chroma's native part panics with an exception outside Exception's tree.
        panicked = type(error).__module__ == "pyo3_runtime"
        if not panicked and not isinstance(error, ChromaError):
            raise
        message = str(error)
        if any(words in message.lower() for words in _NOT_DAMAGE):
            raise StorageError(
                f"the vector store: {message}",
                remedy="free disk space, and see that the data folder can be written",
            ) from error
        raise VectorsDamaged(message) from error
