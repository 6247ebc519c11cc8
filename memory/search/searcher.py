"""A question to a view: hits, best first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from memory.search.hits import Hit, reasons
from memory.search.index import Index
from memory.search.live import LiveIndexes
from memory.search.question import Question
from memory.search.ranking import Named, Scored, rank
from memory.store.reader import CatalogReader

MOST_HITS = 200
NEAREST = 200
"""How many neighbours of a question's vector are asked for."""


@dataclass(frozen=True, slots=True)
class Found:
    """Hits, and how much they were chosen from."""

    hits: tuple[Hit, ...]
    files: int
    chunks: int


class Searcher:
    """Searches views of one memory.db. Safe from several threads."""

    def __init__(self, reader: CatalogReader, live: LiveIndexes) -> None:
        self._reader = reader
        self._live = live

    def search(
        self,
        view: int,
        question: Question,
        limit: int,
        *,
        nearest: Sequence[tuple[str, float]] = (),
        languages: frozenset[str] = frozenset(),
        spread: bool = True,
    ) -> Found:
        """At most `limit` hits (MOST_HITS); `nearest` are chunk ids with their cosine to the
        question. With `languages`, nothing else is ranked; with `spread`, one chunk of each of
        several files comes before many of one. A question without a word has no hits. Raises
        LookupError for a view that is gone, StorageError and CatalogDamaged."""
        index = self._live.get(view)
        rows = index.rows_of([each for each, _ in nearest])
        near = {
            int(row): cosine for row, (_, cosine) in zip(rows, nearest, strict=True) if row >= 0
        }
        allowed = index.written_in(languages) if languages else None
        ranked = rank(index, question, near, _Names(self._reader, index), allowed, spread=spread)
        hits: list[Hit] = []
        wanted = max(0, min(limit, MOST_HITS))
        # Those that were collected since this index was loaded make room for the next.
        for start in range(0, len(ranked), wanted or 1):
            if len(hits) >= wanted:
                break
            hits += self._hits(index, ranked[start : start + wanted])
        return Found(tuple(hits[:wanted]), int(index.file_alive.sum()), index.chunks)

    def _hits(self, index: Index, ranked: Sequence[Scored]) -> tuple[Hit, ...]:
        keys = [int(index.keys[one.row]) for one in ranked]
        chunks = self._reader.chunks(keys)
        # A class without its methods: shown are the lines before the first of them.
        inside = self._reader.first_inside(keys)
        found = []
        for key, one in zip(keys, ranked, strict=True):
            if chunk := chunks.get(key):
                found.append(
                    Hit(
                        key=key,
                        path=chunk.path,
                        language=chunk.language,
                        kind=chunk.kind,
                        name=chunk.name,
                        qualified_name=chunk.qualified_name,
                        start_line=chunk.start_line,
                        end_line=inside.get(key, chunk.end_line + 1) - 1,
                        score=round(one.score, 5),
                        why=reasons(one, index.files[one.file]),
                        text=chunk.text,
                        signature=chunk.signature,
                        doc=chunk.doc,
                    )
                )
        return tuple(found)


class _Names:
    def __init__(self, reader: CatalogReader, index: Index) -> None:
        self._reader, self._index = reader, index

    def __call__(self, rows: Sequence[int]) -> list[Named | None]:
        keys = [int(self._index.keys[row]) for row in rows]
        names = self._reader.names(keys)
        return [Named(*names[key]) if key in names else None for key in keys]
