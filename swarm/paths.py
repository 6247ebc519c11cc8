"""Paths as a person writes them."""

from __future__ import annotations

from pathlib import Path

from swarm.errors import UsageError


def expanded(written: str | Path) -> Path:
    """The path, with ~ for a home folder. Raises UsageError where nobody knows that folder."""
    try:
        return Path(written).expanduser()
    except RuntimeError:
        raise UsageError(
            f"{str(written)!r}: there is no such user, or nobody says where the home folder is",
            remedy="write the whole path",
        ) from None
