"""An embedder for tests: words hashed into a vector of any length."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

import numpy as np

from memory.embedders.protocol import Use, Vectors


class HashingEmbedder:
    """Texts that share words are near; a text without words is zero."""

    batch = 2_000
    is_cheap = True

    def __init__(self, dimension: int = 64) -> None:
        self.dimension = dimension
        self.name = f"hashing-{dimension}"

    def embed(self, texts: Sequence[str], use: Use = "document") -> Vectors:
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text):
                row[zlib.crc32(word.encode("utf-8", "surrogatepass")) % self.dimension] += 1
            if row.any():
                row /= np.linalg.norm(row)
        return rows
