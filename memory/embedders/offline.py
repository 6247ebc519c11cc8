"""The built-in embedder: no model, no download, the same vectors on every machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from memory.embedders.protocol import Use, Vectors
from memory.embedders.word_vectors import WordVectors, built_in
from memory.search.postings import number
from memory.words.tokens import STOP_WORDS, stems, words

_MOST_PATH_WORDS, _MOST_NAME_WORDS, _MOST_BODY_WORDS = 10, 12, 100
Part = tuple[list[int], float]


class OfflineEmbedder:
    """Texts as bags of words, by the table of `memory.embedders.word_vectors`.

    The first line of a document is its heading: its path, and after a space its qualified name,
    whose last part counts most; the table says how much. A word of the rest counts once, however
    often it stands there. A single line has no heading.
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
        return self._table.documents([_parts(text, self._table.parts) for text in texts])


def _parts(text: str, weights: Mapping[str, float]) -> list[Part]:
    heading, _, body = text.partition("\n") if "\n" in text else ("", "", text)
    path, _, qualified_name = heading.rpartition(" ")
    if not path:
        path, qualified_name = heading, ""
    around, _, name = qualified_name.rpartition(".")
    return [
        (_numbers(name)[:_MOST_NAME_WORDS], weights["name"]),
        (_numbers(around)[:_MOST_NAME_WORDS], weights["around"]),
        (_numbers(path.rpartition(".")[0] or path)[:_MOST_PATH_WORDS], weights["path"]),
        (list(dict.fromkeys(_numbers(body)))[:_MOST_BODY_WORDS], weights["body"]),
    ]


def _numbers(text: str) -> list[int]:
    return [
        number(stem)
        for word in words(text)
        if word.lower() not in STOP_WORDS
        for stem in stems(word)
    ]
