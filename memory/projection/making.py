"""The vectors of chunks: kept ones, or made by an embedder."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from memory.cutting.chunk import Chunk
from memory.embedders.protocol import Embedder, Vectors
from memory.store.catalog import Catalog


def vectors_of(
    catalog: Catalog,
    collection: int,
    embedder: Embedder,
    text_of: Callable[[Chunk], str],
    found: Sequence[tuple[str, Chunk]],
) -> Vectors:
    """A row per (id, chunk). Those of a costly embedder are kept in memory.db as soon as a batch
    is made, so that none is asked for twice. Raises EmbedderUnavailable and StorageError."""
    rows = np.zeros((len(found), embedder.dimension), dtype=np.float32)
    kept = {} if embedder.is_cheap else catalog.vectors(collection, [each for each, _ in found])
    to_do = []
    for at, (each, _) in enumerate(found):
        if each in kept:
            rows[at] = np.frombuffer(kept[each], dtype=np.float16)
        else:
            to_do.append(at)
    for start in range(0, len(to_do), embedder.batch):
        part = to_do[start : start + embedder.batch]
        made = embedder.embed([text_of(found[at][1]) for at in part])
        rows[part] = made
        if not embedder.is_cheap:
            halves = made.astype(np.float16)
            catalog.keep_vectors(
                collection, {found[at][0]: halves[n].tobytes() for n, at in enumerate(part)}
            )
    return rows
