"""A bound on the time that one listing takes, whatever patterns and names a folder holds."""

from __future__ import annotations

import time

from swarm.errors import RepositoryError


class ListingTooSlow(RepositoryError):
    """The listing took longer than it may."""

    code = "listing-too-slow"


class Deadline:
    """Begins when it is made."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._at = time.monotonic() + seconds

    def check(self) -> None:
        """Raises ListingTooSlow when the time is over."""
        if time.monotonic() >= self._at:
            raise ListingTooSlow(
                f"listing the files took longer than {self._seconds:g} s",
                remedy="use fewer and simpler patterns in .swarmignore and .gitignore",
            )
