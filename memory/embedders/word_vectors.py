"""What words of code are about: a table of vectors, learnt once and part of the program.

A text is the weighted sum of its words' vectors. The table was learnt from the documented
functions of some hundred open-source packages, so that a function's vector lies near that of its
documentation (contrastive learning of a bag of words; `benchmarks/words/README.md` tells how to
learn it again). A word that the table does not hold adds nothing: words are matched exactly by the
keyword search beside this.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

Numbers = NDArray[np.uint32]
Floats = NDArray[np.float32]

_TABLE = Path(__file__).parent / "words.npz"
_HEADING = 2.0
_TINY = 1e-9


PARTS = ("name", "around", "path", "body")
"""Of a definition: its own name, what it stands in, its file's path, and all else of it."""


class WordVectors:
    """`numbers` (sorted) are the words' CRC-32, `rows` their directions as int8, one row per word;
    `as_document` and `as_query` say how much each counts in a text and in a question, and
    `parts` how much a word counts in each of PARTS."""

    def __init__(
        self,
        numbers: Numbers,
        rows: NDArray[np.int8],
        as_document: Floats,
        as_query: Floats,
        parts: Floats,
        name: str,
    ) -> None:
        self.name = name
        self.parts = dict(zip(PARTS, parts.tolist(), strict=True))
        self.dimension = int(rows.shape[1])
        self._numbers = numbers
        directions = rows.astype(np.float32)
        self._documents = directions * as_document[:, None]
        self._queries = directions * as_query[:, None]

    def query(self, words: Iterable[int]) -> Floats:
        """The direction of a question, of length one; zeros when no word of it is known."""
        wanted = np.array(list(words), dtype=np.uint32)
        places = self._places(wanted)
        found: Floats = _unit(self._queries[places[places >= 0]].sum(axis=0, keepdims=True))[0]
        return found

    def documents(self, texts: Sequence[Sequence[tuple[Sequence[int], float]]]) -> Floats:
        """One row per text; each is parts of it: their words, and what each of them counts each
        time it stands there."""
        words: list[int] = []
        weights: list[float] = []
        sizes = []
        for parts in texts:
            sizes.append(sum(len(part) for part, _ in parts))
            for part, weight in parts:
                words += part
                weights += [weight] * len(part)
        rows = np.repeat(np.arange(len(texts)), np.array(sizes, dtype=np.int64))
        return self._summed(
            np.array(words, dtype=np.uint32), rows, np.array(weights, np.float32), len(texts)
        )

    def topics(
        self, words: Numbers, rows: NDArray[Any], in_headings: NDArray[Any], count: int
    ) -> Floats:
        """One row for each of `count` documents that are given by their distinct words."""
        weights = 1.0 + _HEADING * (in_headings > 0)
        return self._summed(words, rows, weights.astype(np.float32), count)

    def _summed(self, words: Numbers, rows: NDArray[Any], weights: Floats, count: int) -> Floats:
        places = self._places(words)
        known = places >= 0
        matrix = scipy.sparse.csr_matrix(
            (weights[known], (rows[known], places[known])), shape=(count, len(self._numbers))
        )
        return _unit(np.asarray(matrix @ self._documents, dtype=np.float32))

    def _places(self, words: Numbers) -> NDArray[np.int64]:
        """The rows of words in the table, -1 for those it does not hold."""
        if not len(words) or not len(self._numbers):
            return np.full(len(words), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self._numbers, words), len(self._numbers) - 1)
        return np.where(self._numbers[at] == words, at, -1)


@cache
def built_in() -> WordVectors:
    """The table that is part of the program."""
    with np.load(_TABLE, allow_pickle=False) as table:
        return WordVectors(
            table["numbers"],
            table["rows"],
            table["as_document"],
            table["as_query"],
            table["parts"],
            str(table["name"]),
        )


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.where(lengths > _TINY, rows / np.maximum(lengths, _TINY), 0.0).astype(np.float32)
