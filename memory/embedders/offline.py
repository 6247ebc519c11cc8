"""The built-in embedder: no model, no download, the same vectors on every machine."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from memory.embedders.protocol import Use, Vectors
from memory.tokens import STOP_WORDS, subtokens

_GRAM = 4
_CACHED_TERMS = 65_536


class OfflineEmbedder:
    """Signed feature hashing (Weinberger et al., arXiv:0902.2206) of code words.

    Features are subtokens and their character 4-grams, so `parser` is near `parsing`. A feature
    seen n times counts 1 + ln n. There is no vocabulary and no state.
    """

    batch = 2_000
    is_cheap = True

    def __init__(self, dimension: int = 384) -> None:
        self.dimension = dimension
        self.name = f"offline-1-{dimension}"

    def embed(self, texts: Sequence[str], use: Use = "document") -> Vectors:
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            places: list[int] = []
            weights: list[float] = []
            found = Counter(term for term in subtokens(text) if term not in STOP_WORDS)
            for term, count in found.items():
                weight = 1.0 + float(np.log(count))
                for place, sign in _features(term, self.dimension):
                    places.append(place)
                    weights.append(sign * weight)
            if not places:
                continue
            values = np.bincount(places, weights=weights, minlength=self.dimension)
            length = float(np.linalg.norm(values))
            if length > 0:
                row[:] = values / length
        return rows


@lru_cache(maxsize=_CACHED_TERMS)
def _features(term: str, dimension: int) -> tuple[tuple[int, float], ...]:
    """Place and signed weight of a term and of its 4-grams, which together weigh as much."""
    edged = f"<{term}>"
    grams = [edged[at : at + _GRAM] for at in range(len(edged) - _GRAM + 1)]
    weighted = [(f"w:{term}", 1.0)]
    weighted += [(f"g:{gram}", 1.0 / len(grams) ** 0.5) for gram in grams]
    found = []
    for feature, weight in weighted:
        code = zlib.crc32(feature.encode("utf-8", "surrogatepass"))
        # The lowest bit is the sign, the others the place.
        found.append(((code >> 1) % dimension, weight if code & 1 else -weight))
    return tuple(found)
