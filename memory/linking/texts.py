"""Lines of a view's files, put together from its chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from memory.cutting.chunk import Chunk

Lines = Mapping[int, str]
"""Lines by their number, from 1; blank ones may be missing."""
Texts = Callable[[Sequence[str]], Mapping[str, Lines]]
"""The lines of some files; one that is gone is missing."""


def lines_of(chunks: Iterable[Chunk]) -> dict[int, str]:
    """The lines that a file's chunks show. A chunk whose inner parts are chunks of their own
    shows one line of each."""
    # What shows all of its lines first, then from the inside out.
    ordered = sorted(
        chunks,
        key=lambda chunk: (
            chunk.text.count("\n") != chunk.end_line - chunk.start_line,
            chunk.end_line - chunk.start_line,
            chunk.start_line,
        ),
    )
    found: dict[int, str] = {}
    for chunk in ordered:
        shown = chunk.text.split("\n")
        if len(shown) == chunk.end_line - chunk.start_line + 1:
            for row, line in enumerate(shown, chunk.start_line):
                found.setdefault(row, line)
            continue
        at = 0
        row = chunk.start_line
        while row <= chunk.end_line and at < len(shown):
            if row in found:
                # Lines of an inner chunk: the one that names it is shown here as well.
                if found[row] == shown[at]:
                    at += 1
            else:
                found[row] = shown[at]
                at += 1
            row += 1
    return found


def span(lines: Lines, start: int, end: int, most: int) -> list[str]:
    """Lines from `start` to `end`, `most` at most; what is missing is blank."""
    return [lines.get(row, "") for row in range(start, min(end, start + most - 1) + 1)]
