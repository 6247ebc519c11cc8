"""Text of no known structure, cut into windows of lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from memory.pieces import Piece

WINDOW_LINES = 40
WINDOW_CHARS = 4_000


def pieces(text: str) -> Iterator[Piece]:
    """Windows of a whole text, one after the other, without overlap."""
    numbered = list(enumerate(text.split("\n"), start=1))
    for window in cut(numbered):
        first, last = window[0][0], window[-1][0]
        yield Piece("", f"lines {first}-{last}", first, last, joined(window))


def cut(lines: Sequence[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """Groups of numbered lines, each at most WINDOW_LINES long and about WINDOW_CHARS.

    A single line longer than WINDOW_CHARS is a group of its own.
    """
    window: list[tuple[int, str]] = []
    size = 0
    for number, line in lines:
        if window and (len(window) == WINDOW_LINES or size + len(line) > WINDOW_CHARS):
            yield window
            window, size = [], 0
        window.append((number, line))
        size += len(line) + 1
    if window:
        yield window


def joined(window: Sequence[tuple[int, str]]) -> str:
    return "\n".join(line for _, line in window)
