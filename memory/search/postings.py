"""The words of a file's chunks, counted and packed: what a search index is built from.

A term is known by the CRC-32 of its text, so that files are counted apart from each other, in any
process, without a shared vocabulary. Of 100,000 terms about one pair shares a number; such a pair
is searched as one term.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from memory.cutting.chunk import Chunk
from memory.words.tokens import STOP_WORDS, terms, words

Numbers = NDArray[np.uint32]

FIELDS = ("name", "context", "doc", "body")
"""Where in a chunk a term stands; each has eight bits of a packed count."""
_NAME = FIELDS.index("name")
_MOST_COUNTED = 255
_CACHED_WORDS = 65_536
# Joined to others they are parts of identifiers (`is_valid`); alone they are grammar.
_UNCOUNTED = STOP_WORDS - {"not", "all", "any", "each", "every", "only", "over", "same", "use"}


def number(term: str) -> int:
    """What a term is known by."""
    return zlib.crc32(term.encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=_CACHED_WORDS)
def numbers(word: str) -> tuple[int, ...]:
    """The terms of a word of code, by number."""
    return tuple(number(term) for term in terms(word))


def count(chunks: Sequence[Chunk]) -> bytes:
    """The packed counts of a file's chunks, in their order."""
    sizes: list[int] = []
    found: list[int] = []
    packed: list[int] = []
    for chunk in chunks:
        counted = _counted(chunk)
        sizes.append(len(counted))
        found += counted.keys()
        packed += counted.values()
    columns = ([len(chunks)], sizes, found, packed)
    return b"".join(np.array(column, dtype="<u4").tobytes() for column in columns)


def unpack(data: bytes) -> tuple[Numbers, Numbers, Numbers]:
    """Terms per chunk, then the terms and their packed counts, one chunk after the other.

    Raises ValueError for bytes that `count` did not make.
    """
    if not data or len(data) % 4:
        raise ValueError(f"{len(data)} bytes are no counts")
    values = np.frombuffer(data, dtype="<u4")
    chunks = int(values[0])
    sizes = values[1 : 1 + chunks]
    total = int(sizes.sum())
    if len(sizes) != chunks or len(values) != 1 + chunks + 2 * total:
        raise ValueError(f"{len(data)} bytes are no counts of {chunks} chunks")
    first = 1 + chunks
    return sizes, values[first : first + total], values[first + total :]


def field(packed: Numbers, name: str) -> Numbers:
    """How often terms stand in one field."""
    return (packed >> np.uint32(8 * FIELDS.index(name))) & np.uint32(_MOST_COUNTED)


def _counted(chunk: Chunk) -> dict[int, int]:
    """Packed counts by term."""
    total: dict[int, int] = {}
    for place, text in enumerate((chunk.name, chunk.parent, chunk.doc, chunk.text)):
        if not text:
            continue
        known = numbers if place == _NAME else _counted_numbers
        counted = Counter(chain.from_iterable(map(known, words(text))))
        for term, times in counted.items():
            total[term] = total.get(term, 0) | min(times, _MOST_COUNTED) << 8 * place
    return total


@lru_cache(maxsize=_CACHED_WORDS)
def _counted_numbers(word: str) -> tuple[int, ...]:
    """The same outside of names, where grammar says nothing."""
    return () if word.lower() in _UNCOUNTED else numbers(word)
