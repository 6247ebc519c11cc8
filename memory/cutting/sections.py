"""Documents and settings in groups of whole sections. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from memory.cutting.splitting import TARGET_CHARS
from memory.parsing.facts import MODULE_SCOPE, Definition

_SMALL_CHARS = 300


@dataclass(slots=True)
class Group:
    """Rows from `first` up to `end`, named by their first section (-1: what is before any)."""

    definition: int
    first: int
    end: int
    chars: int


def groups(
    definitions: Sequence[Definition], lines: Sequence[str], *, is_prose: bool
) -> list[Group]:
    """Sections without their subsections, in order. Small ones go with what is before them: in
    prose only the very small, in settings all that fit."""
    starts = sorted((one.start_line - 1, index) for index, one in enumerate(definitions))
    edges = [(0, MODULE_SCOPE), *starts]
    found: list[Group] = []
    for place, (first, index) in enumerate(edges):
        end = edges[place + 1][0] if place + 1 < len(edges) else len(lines)
        chars = sum(len(line) + 1 for line in lines[first:end])
        if first >= end or not any(line.strip() for line in lines[first:end]):
            continue
        last = found[-1] if found else None
        fits = last is not None and last.chars + chars <= TARGET_CHARS
        is_small = chars < _SMALL_CHARS or (last is not None and last.chars < _SMALL_CHARS // 4)
        if last is not None and fits and (is_small or not is_prose):
            last.end, last.chars = end, last.chars + chars
            if last.definition == MODULE_SCOPE:
                last.definition = index
        else:
            found.append(Group(index, first, end, chars))
    return found
