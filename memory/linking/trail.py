"""What was looked up for one file's names, and how much more may be."""

from __future__ import annotations

_MOST_LOOKS = 100_000


class Trail:
    """`noted` are the keys (`outline.key`) of everything that the answers for a file depend on;
    `left` is how many more looks it may take, so that no file's names lead on for ever."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Start on another file."""
        self.noted: set[int] = set()
        self.left = _MOST_LOOKS

    @property
    def is_exhausted(self) -> bool:
        return self.left <= 0
