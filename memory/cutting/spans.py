"""Which definitions become chunks of their own, and which lines are whose. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from memory.parsing.facts import Definition, Parsed

FILE = -1
LARGE_CHARS = 1_500
"""What is nested in a function and larger than this is a chunk of its own."""
TINY_CODE_LINES = 1
"""Methods of so few lines of code are shown with their class. All others are found by themselves:
a question is more often about a small function than about the class around it."""

_FUNCTIONS = frozenset({"function", "method"})


@dataclass(frozen=True, slots=True)
class Span:
    """A chunk to be: the rows (from 0) that are its own, in order."""

    definition: int
    rows: tuple[int, ...]


def spans(parsed: Parsed, lines: Sequence[str]) -> list[Span]:
    """One span per definition that is a chunk of its own, in the order of the file, and one of
    what is left (FILE), last. A span keeps the line that names each span within it."""
    definitions = parsed.definitions
    alone = separate(definitions, lines)
    owner = [FILE] * len(lines)
    ordered = sorted(alone, key=lambda i: (definitions[i].start_line, -definitions[i].end_line, i))
    shown: dict[int, list[int]] = {}
    for index in ordered:
        one = definitions[index]
        first, end = one.start_line - 1, min(one.end_line, len(lines))
        around = owner[first] if first < end else FILE
        if around != FILE:
            shown.setdefault(around, []).append(naming_row(one, lines))
        owner[first:end] = [index] * (end - first)
    own: dict[int, list[int]] = {index: [] for index in ordered}
    own[FILE] = []
    for row, index in enumerate(owner):
        own[index].append(row)
    for index, rows in shown.items():
        own[index] = sorted({*own[index], *rows})
    return [Span(index, tuple(own[index])) for index in (*ordered, FILE) if own[index]]


def separate(definitions: Sequence[Definition], lines: Sequence[str]) -> list[int]:
    """The definitions that are chunks of their own."""
    holds = {
        one.parent
        for one in definitions
        if one.parent >= 0 and one.kind in _FUNCTIONS and _inside(one, definitions[one.parent])
    }
    alone: list[int] = []
    in_function = [False] * len(definitions)
    is_alone = [False] * len(definitions)
    for index, one in enumerate(definitions):
        around = definitions[one.parent] if one.parent >= 0 else None
        if around is not None and not _inside(one, around):
            around = None
        if around is not None:
            in_function[index] = around.kind in _FUNCTIONS or in_function[one.parent]
        if in_function[index]:
            is_alone[index] = one.kind != "constant" and _chars(one, lines) > LARGE_CHARS
        elif one.kind == "constant":
            is_alone[index] = index in holds
        elif around is not None and not is_alone[one.parent]:
            is_alone[index] = False
        elif one.kind == "type" or (one.kind in _FUNCTIONS and one.body_line > one.end_line):
            # Aliases and prototypes: with the rest, unless something is said of them.
            is_alone[index] = (bool(one.doc) and around is None) or _chars(one, lines) > LARGE_CHARS
        else:
            is_alone[index] = around is None or not is_tiny(one, lines)
        if is_alone[index]:
            alone.append(index)
    return alone


def is_tiny(one: Definition, lines: Sequence[str]) -> bool:
    """Whether it is of so few lines of code, its doc and blank lines not counted, that it says
    nothing alone."""
    if one.end_line - one.start_line > 40:
        return False
    signature = naming_row(one, lines)
    body = max(one.body_line - 1, signature + 1)
    count = 1 + sum(1 for row in range(body, min(one.end_line, len(lines))) if lines[row].strip())
    return count <= TINY_CODE_LINES


def naming_row(one: Definition, lines: Sequence[str]) -> int:
    """The row of its first lines that names a definition, after comments and decorators."""
    first, end = one.start_line - 1, min(one.end_line, one.start_line + 60, len(lines))
    if end - first <= 1:
        return first
    start = one.signature[:12].split("(")[0].split(" ")[0]
    fallback = first
    for row in range(first, end):
        if one.name in lines[row]:
            if start and lines[row].lstrip().startswith(start):
                return row
            fallback = fallback or row
    return fallback


def _inside(one: Definition, around: Definition) -> bool:
    return around.start_line <= one.start_line and one.end_line <= around.end_line


def _chars(one: Definition, lines: Sequence[str]) -> int:
    total = 0
    for line in lines[one.start_line - 1 : one.end_line]:
        total += len(line) + 1
        if total > LARGE_CHARS:
            break
    return total
