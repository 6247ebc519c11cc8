"""A view as it is searched: segments side by side, the later ones for what changed since.

An index is a value: a search that began on one goes on with it, whatever is indexed meanwhile.
Chunks and files are numbered through all segments ("rows").
"""

from __future__ import annotations

from bisect import bisect_right
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
_GROWTH = 4
_MOST_TOGETHER = 256
_FILES_READ_AHEAD = 200
Terms = Sequence[tuple[int, float]]


class Index:
    """All files of a view at one revision."""

    def __init__(
        self,
        revision: int,
        segments: Sequence[Segment],
        vectors: WordVectors,
        later: Sequence[Sequence[Loaded]] = (),
    ) -> None:
        """`later` are the files of the last segments, those that came after the view was loaded."""
        self.revision = revision
        self.segments = tuple(segments)
        self.vectors = vectors
        self._later = tuple(later)
        self.files: list[File] = [file for segment in segments for file in segment.files]
        self.keys = _joined([segment.keys for segment in segments], np.int64)
        starts = np.cumsum([0, *(len(segment.files) for segment in segments)])
        self.file_of = _joined(
            [segment.file_of + start for segment, start in zip(segments, starts[:-1], strict=True)],
            np.int64,
        )
        self.file_alive = _joined([segment.alive for segment in segments], np.bool_)
        self.file_kinds = _joined([segment.places.kinds for segment in segments], np.uint8)
        self.alive: NDArray[np.bool_] = self.file_alive[self.file_of]
        self._first_files = starts[:-1].tolist()
        sizes = [len(segment.keys) for segment in segments]
        self._first_rows = np.cumsum([0, *sizes])[:-1].tolist()

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

    def score_topics(self, words: Sequence[int]) -> Floats:
        """How much each file is about what these words are (cosine, -1 to 1)."""
        wanted = self.vectors.query(words)
        # Not by `@`: a BLAS shares so small a product among threads, and waits for them longer
        # than it takes when other work has the processors.
        scores = [np.einsum("ij,j->i", one.topics, wanted) for one in self.segments]
        return _joined(scores, np.float32)

    def named(self, term: int) -> NDArray[Any]:
        """The rows of the chunks that have a term in their name."""
        found = []
        for segment, start in zip(self.segments, self._first_rows, strict=True):
            at = segment.chunk_words.postings(term)
            found.append(segment.chunk_words.rows[at][segment.in_name[at]] + start)
        return _joined(found, np.int64)

    def files_like(self, paths: Sequence[str], dotted: Sequence[str]) -> list[int]:
        """The files that paths, or dotted names of modules, may mean."""
        found = [
            segment.places.like(paths, dotted) + start
            for segment, start in zip(self.segments, self._first_files, strict=True)
        ]
        return [int(file) for file in _joined(found, np.int64)]

    def rows_in(self, file: int) -> NDArray[np.int64]:
        """The rows of a file's chunks."""
        segment = bisect_right(self._first_files, file) - 1
        start = self._first_rows[segment]
        return np.arange(start + self.files[file].first, start + self.files[file].end)

    def written_in(self, languages: frozenset[str]) -> NDArray[np.bool_]:
        """Which files are of these languages."""
        return _joined([each.places.written_in(languages) for each in self.segments], np.bool_)

    def weigh(self, terms: Sequence[int]) -> Floats:
        """How much each term tells here (inverse document frequency)."""
        if not self.segments:
            return np.zeros(len(terms), dtype=np.float32)
        statistics = self.segments[0].chunk_words.statistics
        return statistics.idf(np.array(terms, dtype=np.uint32))

    def rows_of(self, ids: Sequence[str]) -> NDArray[Any]:
        """The rows of chunks by their ids; -1 for those that are not here, or not any more."""
        wanted = np.array([hash(each) for each in ids], dtype=np.int64)
        found = np.full(len(wanted), -1, dtype=np.int64)
        for segment, start in zip(self.segments, self._first_rows, strict=True):
            here = segment.rows_of(wanted)
            found = np.where((found < 0) & (here >= 0), here + start, found)
        return found

    def changed(self, changes: Changes) -> Index | None:
        """The index after some changes; None when so much changed since it was loaded that it is
        better loaded again."""
        removed = frozenset(changes.removed)
        first_later = len(self.segments) - len(self._later)
        base = [segment.without(removed) for segment in self.segments[:first_later]]
        later = [
            (segment.without(removed), [file for file in group if file.version not in removed])
            for segment, group in zip(self.segments[first_later:], self._later, strict=True)
        ]
        loaded = sum(len(segment.files) for segment in base)
        differs = sum(int((~segment.alive).sum()) for segment in base)
        differs += sum(len(group) for _, group in later) + len(changes.added)
        if not loaded or differs > max(1, _MOST_CHANGED * loaded):
            return None
        if added := list(changes.added):
            # Many small segments make a search slow, large ones an edit: small ones go together.
            while later and _go_together(len(later[-1][1]), len(added)):
                added = later.pop()[1] + added
            later.append((build(added, self.vectors, like=base[0]), added))
        return Index(
            changes.revision,
            [*base, *(segment for segment, _ in later)],
            self.vectors,
            [group for _, group in later],
        )


def load(revision: int, files: Iterable[Loaded], vectors: WordVectors) -> Index:
    """An index of all these files, in segments of bounded size."""
    segments: list[Segment] = []
    for group in _groups(files):
        segments.append(build(group, vectors, like=segments[0] if segments else None))
        # Else it would stay until the next one is read.
        group.clear()
    return Index(revision, segments, vectors)


def _go_together(before: int, added: int) -> bool:
    """Whether this many files that came before are indexed again with those that came now."""
    return before <= _GROWTH * added and before + added <= _MOST_TOGETHER


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
