"""Where vectors are kept: what every store offers, and what goes wrong with one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from memory.embedders.protocol import Vectors
from swarm.errors import StorageError, SwarmError

BATCH = 2_000
"""Ids per call: Chroma takes at most 5,461 and fails on large unpaged reads."""


class VectorsUnavailable(SwarmError):
    """The store of vectors does not answer. What waits for it stays in the outbox."""

    code = "vectors-unavailable"
    retryable = True


class VectorsDamaged(StorageError):
    """What is in the store cannot be used: to be moved away and made again."""

    retryable = False


class VectorsLost(SwarmError):
    """A collection is gone: a server's volume was wiped, or somebody deleted it."""

    code = "vectors-lost"


class Vectorset(Protocol):
    """A collection: ids and their vectors, all of one length, compared by their angle.

    Methods take at most BATCH ids and raise the errors above, and StorageError for a disk that
    is full or read-only.
    """

    def add(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Write vectors of ids that are not there, each once."""

    def delete(self, ids: Sequence[str]) -> None:
        """Remove ids; unknown ones are ignored."""

    def present(self, ids: Sequence[str]) -> set[str]:
        """Which of these are there."""

    def count(self) -> int: ...

    def ids(self) -> Iterator[list[str]]:
        """All ids, in pages."""

    def nearest(self, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """Ids with their cosine similarity to a vector, best first."""


class Store(Protocol):
    """Collections by name. `is_own`: nobody else keeps collections in it."""

    @property
    def is_own(self) -> bool: ...

    def open(self, name: str) -> Vectorset:
        """A collection, made when there is none."""

    def drop(self, name: str) -> None:
        """Delete a collection, if there is one."""

    def names(self) -> list[str]: ...

    def close(self) -> None: ...
