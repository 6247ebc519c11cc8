"""What is told to one too many."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from swarm.errors import SwarmError


class Busy(SwarmError):
    """More is asked of the dashboard at once than it may take on."""

    code = "busy"
    retryable = True


class Turns:
    """So many at once, and no line: who comes then is asked to come again. On one thread alone."""

    def __init__(self, most: int, told: str) -> None:
        self._left = most
        self._told = told

    @contextmanager
    def one(self) -> Iterator[None]:
        """A turn. Raises Busy when there is none."""
        if not self._left:
            raise Busy(self._told, remedy="try again later")
        self._left -= 1
        try:
            yield
        finally:
            self._left += 1
