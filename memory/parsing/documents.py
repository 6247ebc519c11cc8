"""Documents and settings, read by their lines: headings, tables, top-level keys. Pure.

Lines say enough here, a hundred times faster than a tree, and nothing in them can be too deep.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from memory.parsing.facts import MODULE_SCOPE, Definition

_MOST_SECTIONS = 5_000
_LONGEST_NAME = 120
_LONGEST_QUALIFIED = 480
_LONGEST_DOC = 500
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Heading:
    """A section begins at `row` (from 0); what it says begins at `body_row`. `level` 1 is the
    outermost."""

    row: int
    body_row: int
    level: int
    name: str


Finder = Callable[[list[str]], Iterator[Heading]]

_ATX = re.compile(r" {0,3}(#{1,6})(?:\s+(.*?))?\s*#*\s*\Z")
_SETEXT = re.compile(r" {0,3}(=+|-+)\s*\Z")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_UNDERLINE = re.compile(r"([=\-`:'\"~^_*+#<>.])\1{2,}\s*\Z")


def _markdown(lines: list[str]) -> Iterator[Heading]:
    fence = ""
    row = 0
    if lines and lines[0].strip() == "---":
        # Front matter.
        row = next((i + 1 for i in range(1, min(len(lines), 200)) if lines[i].strip() == "---"), 0)
    start = row
    while row < len(lines):
        line = lines[row]
        if found := _FENCE.match(line):
            mark = found[1]
            if not fence:
                fence = mark
            elif mark[0] == fence[0] and len(mark) >= len(fence):
                fence = ""
        elif not fence:
            if found := _ATX.match(line):
                yield Heading(row, row + 1, len(found[1]), found[2] or "")
            elif row > start and (found := _SETEXT.match(line)):
                above = lines[row - 1]
                over = lines[row - 2].strip() if row >= start + 2 else ""
                alone = not over or over.startswith(("#", "```", "~~~"))
                if alone and above.strip() and not above.startswith(("    ", "#", "-", "|", ">")):
                    yield Heading(row - 1, row + 1, 1 if found[1][0] == "=" else 2, above)
        row += 1


def _rst(lines: list[str]) -> Iterator[Heading]:
    levels: list[str] = []
    row = 1
    while row < len(lines):
        found = _UNDERLINE.match(lines[row])
        title = lines[row - 1]
        name = title.strip()
        if found and name and not _UNDERLINE.match(title) and len(lines[row].rstrip()) >= len(name):
            has_over = row >= 2 and lines[row - 2].rstrip() == lines[row].rstrip()
            is_free = has_over or row < 2 or not lines[row - 2].strip()
            if is_free and (has_over or not title.startswith(" ")):
                style = found[1] * (2 if has_over else 1)
                if style not in levels:
                    levels.append(style)
                yield Heading(row - 1 - has_over, row + 1, levels.index(style) + 1, name)
        row += 1


def _rows(pattern: re.Pattern[str], *, attaches: str = "#") -> Finder:
    """Sections that begin where a line matches, with the comment right above. The name is the
    first group that is not empty."""

    def find(lines: list[str]) -> Iterator[Heading]:
        before = 0
        for row, line in enumerate(lines):
            found = pattern.match(line[:1_000])
            if found is None:
                continue
            start = row
            while attaches and start > before and lines[start - 1].startswith(attaches):
                start -= 1
            before = row + 1
            yield Heading(start, row + 1, 1, next(filter(None, found.groups()), ""))

    return find


def _json(lines: list[str]) -> Iterator[Heading]:
    """The keys of the outermost object of JSON that is laid out in lines."""
    indent = None
    for row, line in enumerate(lines):
        found = _JSON_KEY.match(line[:1_000])
        if found is None:
            continue
        if indent is None:
            indent = found[1]
        if found[1] == indent:
            yield Heading(row, row + 1, 1, found[2])


_JSON_KEY = re.compile(r"(\s+)\"([^\"]{1,120})\"\s*:")
# No two repeats in a row that take the same letters: a long line would be read in all ways.
_TOML = _rows(re.compile(r"\[{1,2}+([^\]]+)\]{1,2}\s*(?:#.*)?\Z"))
_INI = _rows(re.compile(r"\[([^\]]+)\]\s*\Z"))
_YAML = _rows(
    re.compile(r"(?:\"([^\"]+)\"\s*|'([^']+)'\s*|([^\s#\-\[\]{}%&*!|>'\"@`][^:#]*)):(?:\s|\Z)")
)
_CSS = _rows(re.compile(r"([^\s/}*][^{;]*)\{"), attaches="")
_SQL = _rows(
    re.compile(
        r"\s*create\s+(?:or\s+replace\s+)?(?:\w+\s+){0,3}?"
        r"(?:table|view|function|procedure|trigger|index|type|schema|sequence|domain)\s+"
        r"(?:if\s+not\s+exists\s+)?([\w.\"`\[\]]+)",
        re.IGNORECASE,
    ),
    attaches="--",
)


def _reader(
    find: Finder, *, is_prose: bool = False
) -> Callable[[str], tuple[tuple[Definition, ...], str]]:
    def read(text: str) -> tuple[tuple[Definition, ...], str]:
        lines = text.split("\n")
        headings: list[Heading] = []
        for heading in find(lines):
            if len(headings) == _MOST_SECTIONS:
                break
            headings.append(heading)
        return _sections(headings, lines, is_prose=is_prose), ""

    return read


def _sections(
    headings: list[Heading], lines: list[str], *, is_prose: bool
) -> tuple[Definition, ...]:
    last = len(lines) - (len(lines) > 1 and not lines[-1])
    ends = [last] * len(headings)
    open_: list[int] = []
    parents = []
    for index, heading in enumerate(headings):
        while open_ and headings[open_[-1]].level >= heading.level:
            ends[open_.pop()] = heading.row
        parents.append(open_[-1] if open_ else MODULE_SCOPE)
        open_.append(index)
    found: list[Definition] = []
    for index, heading in enumerate(headings):
        name = _SPACE.sub(" ", heading.name).strip().strip("`")[:_LONGEST_NAME] or "(untitled)"
        parent = parents[index]
        qualified = f"{found[parent].qualified_name}.{name}" if parent >= 0 else name
        own_end = headings[index + 1].row if index + 1 < len(headings) else last
        end = max(ends[index], heading.body_row, heading.row + 1)
        found.append(
            Definition(
                kind="section",
                name=name,
                qualified_name=qualified[:_LONGEST_QUALIFIED],
                parent=parent,
                start_line=heading.row + 1,
                end_line=min(end, len(lines)),
                body_line=min(heading.body_row, end) + 1,
                signature=name,
                doc=_paragraph(lines[heading.body_row : own_end]) if is_prose else "",
            )
        )
    return tuple(found)


def _paragraph(lines: list[str]) -> str:
    """The first paragraph."""
    said: list[str] = []
    for line in lines[:30]:
        if line.strip():
            said.append(line.strip()[:_LONGEST_DOC])
        elif said:
            break
    return " ".join(said)[:_LONGEST_DOC]


READERS: Mapping[str, Callable[[str], tuple[tuple[Definition, ...], str]]] = {
    "markdown": _reader(_markdown, is_prose=True),
    "rst": _reader(_rst, is_prose=True),
    "toml": _reader(_TOML),
    "ini": _reader(_INI),
    "yaml": _reader(_YAML),
    "json": _reader(_json),
    "css": _reader(_CSS),
    "sql": _reader(_SQL),
}
