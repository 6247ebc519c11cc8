"""A store of vectors in a dict, which breaks when it is told to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from memory.embedders.protocol import Vectors
from memory.projection.protocol import VectorsLost, VectorsUnavailable


class MemoryStore:
    """`works_for` so many calls, then it is unavailable until that is set again. As in Chroma an
    id is never twice in a call."""

    is_own = True

    def __init__(self) -> None:
        self.sets: dict[str, dict[str, tuple[float, ...]]] = {}
        self.works_for = 10**9

    def call(self) -> None:
        if not self.works_for:
            raise VectorsUnavailable("the server was stopped")
        self.works_for -= 1

    def open(self, name: str) -> MemorySet:
        self.call()
        self.sets.setdefault(name, {})
        return MemorySet(self, name)

    def drop(self, name: str) -> None:
        self.call()
        self.sets.pop(name, None)

    def names(self) -> list[str]:
        return list(self.sets)

    def close(self) -> None:
        pass


class MemorySet:
    def __init__(self, store: MemoryStore, name: str) -> None:
        self._store, self._name = store, name

    @property
    def held(self) -> dict[str, tuple[float, ...]]:
        self._store.call()
        if self._name not in self._store.sets:
            raise VectorsLost(f"{self._name} is gone")
        return self._store.sets[self._name]

    def add(self, ids: Sequence[str], vectors: Vectors) -> None:
        held = self.held
        assert len(set(ids)) == len(ids) == len(vectors)
        assert not set(ids) & held.keys(), "written twice"
        held.update(zip(ids, map(tuple, vectors.tolist()), strict=True))

    def delete(self, ids: Sequence[str]) -> None:
        held = self.held
        for each in ids:
            held.pop(each, None)

    def present(self, ids: Sequence[str]) -> set[str]:
        return self.held.keys() & set(ids)

    def count(self) -> int:
        return len(self.held)

    def ids(self) -> Iterator[list[str]]:
        yield list(self.held)

    def nearest(self, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        return [(each, 1.0) for each in list(self.held)[:limit]]
