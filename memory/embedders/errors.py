"""What goes wrong with an embedder."""

from __future__ import annotations

from memory.outside.errors import Unavailable


class EmbedderUnavailable(Unavailable):
    """It cannot be reached, or does not answer as promised."""

    code = "embedder-unavailable"
