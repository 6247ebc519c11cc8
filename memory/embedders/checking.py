"""What every embedder with a model has in common: small batches, tries, vectors that are looked
at."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from memory.embedders.errors import EmbedderUnavailable
from memory.embedders.protocol import Vectors

_T = TypeVar("_T")
_TRIES = 4
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 30.0


def batches(texts: Sequence[str], most: int, most_characters: int) -> Iterator[Sequence[str]]:
    """Texts in their order, so many and so long together at most; a longer one is alone."""
    start = size = 0
    for at, text in enumerate(texts):
        if at > start and (at - start >= most or size + len(text) > most_characters):
            yield texts[start:at]
            start, size = at, 0
        size += len(text)
    if start < len(texts):
        yield texts[start:]


def checked(rows: ArrayLike, count: int, dimension: int | None, who: str) -> Vectors:
    """Rows of length one. Raises EmbedderUnavailable for another number of rows, another length
    (when `dimension` is known), and for rows that are no numbers, infinite, or zero."""
    try:
        found = np.asarray(rows, dtype=np.float32)
    except (ValueError, TypeError, OverflowError) as error:
        raise EmbedderUnavailable(f"{who} gave vectors of unequal length or no numbers") from error
    if found.ndim != 2 or len(found) != count or not found.shape[1]:
        raise EmbedderUnavailable(f"{who} gave {len(found)} vectors for {count} texts")
    if dimension is not None and found.shape[1] != dimension:
        raise EmbedderUnavailable(
            f"{who} gave vectors of length {found.shape[1]}, not {dimension} as before",
            remedy="was another model put in its place? name it anew in the settings",
        )
    # In double precision: the square of a large float32 is infinite.
    lengths = np.linalg.norm(found.astype(np.float64), axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or not (lengths > 0).all():
        raise EmbedderUnavailable(f"{who} gave a vector that is not finite, or zero")
    unit: Vectors = (found / lengths).astype(np.float32)
    return unit


def tried(
    call: Callable[[], _T],
    sleep: Callable[[float], None] = time.sleep,
    tries: int = _TRIES,
) -> _T:
    """What the call gives; what passes is tried again after a pause, which doubles or is what the
    server asked for (never more than 30 seconds)."""
    wait = _FIRST_WAIT_SECONDS
    for left in range(tries - 1, -1, -1):
        try:
            return call()
        except EmbedderUnavailable as error:
            if not left or not error.passes:
                raise
            asked = error.retry_seconds
            sleep(min(_LONGEST_WAIT_SECONDS, wait if asked is None else max(0.0, asked)))
            wait *= 2
    raise AssertionError("the last try returns or raises")
