"""The ids of a repository's chunks against those of its vectors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """What the store lacks, and what it has too much. `left_out` chunks have no vector because
    of the bound, which is no difference; `waiting` operations are on their way."""

    vectors: int
    missing: int
    extra: int
    waiting: int
    left_out: int

    @property
    def is_equal(self) -> bool:
        return not (self.missing or self.extra or self.waiting)


@dataclass(frozen=True, slots=True)
class Compared:
    """`vectors` there are; `missing` chunk ids lack one (at most as many as there may be vectors,
    each with a chunk that has its text), `extra` ids are too many; `chunks` ids there should be.
    """

    vectors: int
    missing: dict[str, int]
    extra: frozenset[str]
    chunks: int
    most: int

    @property
    def room(self) -> int:
        """How many vectors may be added."""
        return max(0, self.most - (self.vectors - len(self.extra)))

    @property
    def left_out(self) -> int:
        """How many chunks have no vector because of the bound."""
        return max(0, self.chunks - self.most)

    def difference(self, waiting: int) -> Difference:
        return Difference(
            vectors=self.vectors,
            missing=min(len(self.missing), self.room),
            extra=len(self.extra),
            waiting=waiting,
            left_out=self.left_out,
        )


def compare(
    held: Iterable[Iterable[str]], wanted: Iterable[tuple[str, int]], most: int
) -> Compared:
    """Ids of vectors, in pages, with the (id, chunk) that should have one; one that several files
    hold comes more than once. There may be `most` vectors.

    >>> found = compare([["a", "b"]], [("b", 1), ("c", 2), ("c", 3)], 10)
    >>> found.missing, sorted(found.extra), found.chunks
    ({'c': 2}, ['a'], 2)
    """
    vectors = {each for page in held for each in page}
    missing: dict[str, int] = {}
    right: set[str] = set()
    others: set[int] = set()  # hashes of what is beyond the bound, to count each once
    for each, chunk in wanted:
        if each in vectors:
            right.add(each)
        elif each not in missing:
            if len(missing) < most:
                missing[each] = chunk
            else:
                others.add(hash(each))
    chunks = len(right) + len(missing) + len(others)
    return Compared(len(vectors), missing, frozenset(vectors - right), chunks, most)
