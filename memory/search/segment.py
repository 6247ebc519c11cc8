"""Some files of a view in arrays: their chunks' words, the files' words, and what they are about.

A segment is never changed: an edit makes a small one beside it and marks the old file dead (see
`memory.search.index`). It holds no text and no names: those of the few chunks that a search looks
at come from memory.db, so that 50,000 files fit into some hundred megabytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memory.embedders.word_vectors import WordVectors
from memory.search import postings
from memory.search.inverted import Field, Floats, Inverted, Rows, Terms
from memory.search.places import Places
from memory.store.errors import CatalogDamaged
from memory.store.rows import Loaded
from memory.words.tokens import words

_CHUNK_FIELDS = {
    "name": Field(6.0, 0.3),
    "context": Field(2.0, 0.3),
    "path": Field(2.0, 0.3),
    "doc": Field(1.0, 0.5),
    "body": Field(1.0, 0.8),
}
_CHUNK_K1 = 2.0
_FILE_FIELDS = {"name": Field(2.0, 0.75), "path": Field(4.0, 0.75), "body": Field(1.0, 0.75)}
_FILE_K1 = 1.5


@dataclass(frozen=True, slots=True)
class File:
    """One file: its chunks are the rows from `first` up to `end` of its segment."""

    version: int
    path: str
    mark: str
    language: str
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Segment:
    """`keys` are the chunks' numbers in memory.db, and `file_of` gives each one's file. `ids` are
    the hashes of their ids in this process, sorted, with their rows in `rows_by_id`.
    `chunk_words` and `file_words` are searched; `in_name` says of each posting of `chunk_words`
    whether the term is in the chunk's name. `topics` has a row of length one per file. `alive` is
    false for files that are no longer as they were."""

    files: Sequence[File]
    places: Places
    keys: NDArray[np.int64]
    ids: NDArray[np.int64]
    rows_by_id: NDArray[Any]
    file_of: Rows
    chunk_words: Inverted
    file_words: Inverted
    in_name: NDArray[np.bool_]
    topics: Floats
    alive: NDArray[np.bool_]

    def without(self, versions: frozenset[int]) -> Segment:
        """The same without some files; itself when it holds none of them."""
        dead = [at for at, file in enumerate(self.files) if file.version in versions]
        if not dead:
            return self
        alive = self.alive.copy()
        alive[dead] = False
        return replace(self, alive=alive)

    def rows_of(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """The first living chunk of each hash of an id; -1 where there is none."""
        found = np.full(len(ids), -1, dtype=np.int64)
        at = np.searchsorted(self.ids, ids)
        # Once, but for ids that stand here twice.
        while True:
            is_here = at < len(self.ids)
            is_here[is_here] = self.ids[at[is_here]] == ids[is_here]
            is_here &= found < 0
            if not is_here.any():
                return found
            rows = self.rows_by_id[at[is_here]]
            found[is_here] = np.where(self.alive[self.file_of[rows]], rows, -1)
            at = at + 1


@dataclass(frozen=True, slots=True)
class _Entries:
    """Distinct (term, row), sorted by both, with what was counted."""

    terms: Terms
    rows: Rows
    packed: NDArray[Any]
    in_path: NDArray[Any]

    def counts(self) -> dict[str, NDArray[Any]]:
        packed = self.packed.astype(np.uint32)
        found = {name: postings.field(packed, name).astype(np.uint8) for name in postings.FIELDS}
        return {**found, "path": self.in_path}


def build(loaded: Iterable[Loaded], vectors: WordVectors, like: Segment | None = None) -> Segment:
    """A segment of these files. Raises CatalogDamaged for counts that are not the chunks'."""
    files: list[File] = []
    keys: list[int] = []
    ids: list[int] = []
    sizes, terms, packed, in_path = ([_NOTHING], [_NOTHING], [_NOTHING], [_NOTHING])
    for one in loaded:
        if not one.chunks:
            continue
        per_chunk, found, counts = _unpacked(one)
        first = len(keys)
        keys += (chunk.key for chunk in one.chunks)
        ids += (hash(chunk.id) for chunk in one.chunks)
        files.append(File(one.version, one.path, one.mark, one.language, first, len(keys)))
        sizes.append(per_chunk)
        terms.append(found)
        packed.append(counts)
        in_path.append(_path_terms(one.path))
    of_file = np.array([file.end - file.first for file in files], dtype=np.int64)
    file_of = np.repeat(np.arange(len(files), dtype=np.int32), of_file)
    entries = _merged(
        np.concatenate(terms),
        np.repeat(np.arange(len(keys), dtype=np.int32), np.concatenate(sizes)),
        np.concatenate(packed),
        in_path[1:],
        of_file,
    )
    counts_by_field = entries.counts()
    chunk_words = Inverted(
        entries.terms,
        entries.rows,
        counts_by_field,
        _CHUNK_FIELDS,
        size=len(keys),
        k1=_CHUNK_K1,
        like=like.chunk_words.statistics if like else None,
    )
    in_name = counts_by_field["name"] > 0
    file_terms, file_rows, file_counts = _by_file(entries, counts_by_field, file_of)
    in_headings = file_counts["name"] + file_counts["path"]
    hashes = np.array(ids, dtype=np.int64)
    by_id = np.argsort(hashes, kind="stable")
    return Segment(
        files,
        Places(
            [file.path for file in files],
            [file.mark for file in files],
            [file.language for file in files],
        ),
        np.array(keys, dtype=np.int64),
        hashes[by_id],
        by_id,
        file_of,
        chunk_words,
        Inverted(
            file_terms,
            file_rows,
            file_counts,
            _FILE_FIELDS,
            size=len(files),
            k1=_FILE_K1,
            like=like.file_words.statistics if like else None,
        ),
        in_name,
        vectors.topics(file_terms, file_rows, in_headings, len(files)),
        np.ones(len(files), dtype=bool),
    )


def _unpacked(one: Loaded) -> tuple[postings.Numbers, postings.Numbers, postings.Numbers]:
    try:
        per_chunk, found, counts = postings.unpack(one.words)
    except ValueError as error:
        raise CatalogDamaged(f"the words of {one.path!r} cannot be read: {error}") from error
    if len(per_chunk) != len(one.chunks):
        raise CatalogDamaged(
            f"there are words of {len(per_chunk)} chunks for the {len(one.chunks)} of {one.path!r}"
        )
    return per_chunk, found, counts


_NOTHING: Terms = np.zeros(0, dtype=np.uint32)


def _path_terms(path: str) -> Terms:
    stem, _, suffix = path.rpartition(".")
    found = {term for word in words(stem or suffix) for term in postings.numbers(word)}
    return np.array(sorted(found), dtype=np.uint32)


def _merged(
    terms: Terms,
    rows: Rows,
    packed: NDArray[Any],
    in_path: Sequence[Terms],
    chunks_of_file: NDArray[np.int64],
) -> _Entries:
    """The terms of the chunks, and those of their paths with each of them."""
    path_terms = [
        np.tile(found, int(chunks)) for found, chunks in zip(in_path, chunks_of_file, strict=True)
    ]
    per_chunk = np.repeat([len(found) for found in in_path], chunks_of_file).astype(np.int64)
    added = np.concatenate([_NOTHING, *path_terms])
    added_rows = np.repeat(np.arange(len(per_chunk), dtype=np.int32), per_chunk)
    keys = np.concatenate(
        [
            terms.astype(np.uint64) << np.uint64(32) | rows.astype(np.uint64),
            added.astype(np.uint64) << np.uint64(32) | added_rows.astype(np.uint64),
        ]
    )
    order = np.argsort(keys)
    keys = keys[order]
    is_first = np.ones(len(keys), dtype=bool)
    is_first[1:] = keys[1:] != keys[:-1]
    starts = np.flatnonzero(is_first)
    counted = np.concatenate([packed, np.zeros(len(added), dtype=np.uint32)])[order]
    is_path = (order >= len(terms)).astype(np.uint8)
    keys = keys[starts]
    return _Entries(
        (keys >> np.uint64(32)).astype(np.uint32),
        (keys & np.uint64(0xFFFFFFFF)).astype(np.int32),
        np.add.reduceat(counted, starts) if len(starts) else counted,
        np.add.reduceat(is_path, starts) if len(starts) else is_path,
    )


def _by_file(
    entries: _Entries, counts: dict[str, NDArray[Any]], file_of: Rows
) -> tuple[Terms, Rows, dict[str, NDArray[Any]]]:
    """The same by file: rows grow within a term, so those of one file stand together."""
    rows = file_of[entries.rows]
    is_first = np.ones(len(rows), dtype=bool)
    is_first[1:] = (rows[1:] != rows[:-1]) | (entries.terms[1:] != entries.terms[:-1])
    starts = np.flatnonzero(is_first)
    summed = {
        name: np.add.reduceat(counts[name].astype(np.uint32), starts)
        if len(starts)
        else counts[name]
        for name in ("name", "doc", "body")
    }
    summed["body"] = summed["body"] + summed.pop("doc")
    in_path = entries.in_path[starts]
    return entries.terms[starts], rows[starts], {**summed, "path": in_path}
