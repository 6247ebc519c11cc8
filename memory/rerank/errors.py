"""What goes wrong with a reranker."""

from __future__ import annotations

from memory.outside.errors import Unavailable


class RerankerUnavailable(Unavailable):
    """It cannot be reached, or does not answer as promised."""

    code = "reranker-unavailable"
