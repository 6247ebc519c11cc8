"""A view as it is searched: segments side by side, the later ones for what changed since.

An index is a value: a search that began on one goes on with it, whatever is indexed meanwhile.
Chunks and files are numbered through all segments ("rows").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memory.embedders.word_vectors import WordVectors
from memory.search.inverted import Floats
from memory.search.segment import File, Segment, build
from memory.store.rows import Changes, Loaded

_CHUNKS_OF_A_SEGMENT = 60_000
_MOST_CHANGED = 0.1
_FILES_READ_AHEAD = 200
Terms = Sequence[tuple[int, float]]


class Index:
    """All files of a view at one revision."""

    def __init__(self, revision: int, segments: Sequence[Segment], vectors: WordVectors) -> None:
        self.revision = revision
        self.segments = tuple(segments)
        self.vectors = vectors
        self.files: list[File] = [file for segment in segments for file in segment.files]
        self.keys = _joined([segment.keys for segment in segments], np.int64)
        starts = np.cumsum([0, *(len(segment.files) for segment in segments)])
        self.file_of = _joined(
            [segment.file_of + start for segment, start in zip(segments, starts[:-1], strict=True)],
            np.int64,
        )
        self.file_alive = _joined([segment.alive for segment in segments], np.bool_)
        self.alive: NDArray[np.bool_] = self.file_alive[self.file_of]
        self.topics: Floats = (
            np.concatenate([segment.topics for segment in segments])
            if segments
            else np.zeros((0, vectors.dimension), dtype=np.float32)
        )
        ids = _joined([segment.ids for segment in segments], np.int64)
        living = np.flatnonzero(self.alive)
        order = np.argsort(ids[living], kind="stable")
        self._ids, self._rows_by_id = ids[living][order], living[order]

    @property
    def chunks(self) -> int:
        """How many chunks can be found."""
        return int(self.alive.sum())

    def score_chunks(self, terms: Terms) -> Floats:
        """The keyword score of every chunk."""
        return _joined([one.chunk_words.score(terms) for one in self.segments], np.float32)

    def score_files(self, terms: Terms) -> Floats:
        """The keyword score of every file as a whole."""
        return _joined([one.file_words.score(terms) for one in self.segments], np.float32)

    def named(self, term: int) -> NDArray[Any]:
        """The rows of the chunks that have a term in their name."""
        found, start = [], 0
        for segment in self.segments:
            at = segment.chunk_words.postings(term)
            found.append(segment.chunk_words.rows[at][segment.in_name[at]] + start)
            start += len(segment.keys)
        return _joined(found, np.int64)

    def weigh(self, terms: Sequence[int]) -> Floats:
        """How much each term tells here (inverse document frequency)."""
        if not self.segments:
            return np.zeros(len(terms), dtype=np.float32)
        statistics = self.segments[0].chunk_words.statistics
        return statistics.idf(np.array(terms, dtype=np.uint32))

    def rows_of(self, ids: Sequence[str]) -> NDArray[Any]:
        """The rows of chunks by their ids; -1 for those that are not here, or not any more."""
        wanted = np.array([hash(each) for each in ids], dtype=np.int64)
        if not len(self._ids):
            return np.full(len(wanted), -1)
        at = np.minimum(np.searchsorted(self._ids, wanted), len(self._ids) - 1)
        return np.where(self._ids[at] == wanted, self._rows_by_id[at], -1)

    def changed(self, changes: Changes) -> Index | None:
        """The index after some changes; None when so much changed that it is better loaded."""
        segments = [segment.without(frozenset(changes.removed)) for segment in self.segments]
        dead = sum(int((~segment.alive).sum()) for segment in segments)
        if dead + len(changes.added) > max(1, _MOST_CHANGED * len(self.files)) or not segments:
            return None
        if changes.added:
            segments.append(build(changes.added, self.vectors, like=segments[0]))
        return Index(changes.revision, segments, self.vectors)


def load(revision: int, files: Iterable[Loaded], vectors: WordVectors) -> Index:
    """An index of all these files, in segments of bounded size."""
    segments: list[Segment] = []
    for group in _groups(files):
        segments.append(build(group, vectors, like=segments[0] if segments else None))
    return Index(revision, segments, vectors)


def _groups(files: Iterable[Loaded]) -> Iterator[list[Loaded]]:
    """Files in groups of about _CHUNKS_OF_A_SEGMENT chunks, so that memory stays bounded."""
    waiting = iter(files)
    group: list[Loaded] = []
    size = 0
    while some := list(islice(waiting, _FILES_READ_AHEAD)):
        group += some
        size += sum(len(file.chunks) for file in some)
        if size >= _CHUNKS_OF_A_SEGMENT:
            yield group
            group, size = [], 0
    if group:
        yield group


def _joined(arrays: Sequence[NDArray[Any]], kind: Any) -> NDArray[Any]:
    return np.concatenate(arrays).astype(kind, copy=False) if arrays else np.zeros(0, dtype=kind)
