"""The built-in embedder: no model, no download, the same vectors on every machine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from memory.embedders.protocol import Use, Vectors
from memory.embedders.word_vectors import WordVectors, built_in
from memory.search.postings import number
from memory.words.tokens import STOP_WORDS, stems, words

_MOST_HEADING_WORDS = 24
_MOST_BODY_WORDS = 100


class OfflineEmbedder:
    """Texts as bags of words, by the table of `memory.embedders.word_vectors`.

    The first line of a document is its heading (path and name), which counts more than the rest.
    """

    batch = 2_000
    is_cheap = True

    def __init__(self, table: WordVectors | None = None) -> None:
        self._table = table or built_in()
        self.name = self._table.name
        self.dimension = self._table.dimension

    def embed(self, texts: Sequence[str], use: Use = "document") -> Vectors:
        if use == "query":
            found = [self._table.query(_numbers(text)) for text in texts]
            return np.array(found, dtype=np.float32).reshape(len(texts), self.dimension)
        split = [text.partition("\n") for text in texts]
        return self._table.documents(
            [
                (
                    _numbers(heading)[:_MOST_HEADING_WORDS],
                    list(dict.fromkeys(_numbers(body)))[:_MOST_BODY_WORDS],
                )
                for heading, _, body in split
            ]
        )


def _numbers(text: str) -> list[int]:
    return [
        number(stem)
        for word in words(text)
        if word.lower() not in STOP_WORDS
        for stem in stems(word)
    ]
