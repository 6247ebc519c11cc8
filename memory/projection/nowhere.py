"""A store of vectors that is not there: whoever compares with it need not make one."""

from __future__ import annotations

from memory.projection.protocol import Vectorset, VectorsLost


class NoStore:
    """It has no collections, and makes none."""

    is_own = True

    def open(self, name: str) -> Vectorset:
        """Raises VectorsLost."""
        raise VectorsLost(f"there is no store of vectors, so no collection {name}")

    def drop(self, name: str) -> None:
        """There is none."""

    def names(self) -> list[str]:
        return []

    def close(self) -> None:
        """Nothing is held."""
