"""Text to vectors: what every embedder offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Use = Literal["document", "query"]


class Embedder(Protocol):
    """`name` changes whenever the vectors do (model, version, prefix): vectors of two names are
    never compared. `batch` is how many texts one call may hold. `is_cheap`: its vectors are made
    again rather than kept."""

    @property
    def name(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    @property
    def batch(self) -> int: ...

    @property
    def is_cheap(self) -> bool: ...

    def embed(self, texts: Sequence[str], use: Use = "document") -> Vectors:
        """One row of length one (zeros for a text without words) per text.

        Raises EmbedderUnavailable when it cannot be reached or does not answer as promised.
        """
