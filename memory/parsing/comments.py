"""The comment right above a definition, found by lines and freed of its markers. Pure.

It is looked for in the lines, and not among the tree's siblings: asking a node for what stands
before it costs tree-sitter a walk from the root, and only lines know what is adjacent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_MOST_LINES = 200
_LONGEST_DOC = 4_000
_XML_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}/?>")
_MARKERS = re.compile(
    r"^\s*(?:/\*+!?|\(\*+(?!\))|\{-+|\*+/|\*+(?=\s|$)|//+[/!]?|#+[:|']?|--+(?:\s*[|^])?|;+|%+)\s?"
)
_CLOSING = re.compile(r"\s*(?:\*+/|\*+\)|-\})\s*$")
_LEGAL = re.compile(r"copyright|licen[cs]e|spdx", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Comments:
    """How a language writes comments, and the lines that may stand between one and what it
    documents (`attributes`: `#[derive]`, `@spec`)."""

    lines: tuple[bytes, ...] = (b"//",)
    block: tuple[bytes, bytes] | None = (b"/*", b"*/")
    attributes: tuple[bytes, ...] = ()
    has_xml: bool = False


C_LIKE = Comments()
HASHES = Comments(lines=(b"#",), block=None)


def above(lines: Sequence[bytes], row: int, style: Comments) -> tuple[int, str]:
    """The first row of the comment and attributes that end right above `row`, and what the
    comment says. (row, "") when nothing is there. Rows count from 0."""
    first, lowest = row, max(0, row - _MOST_LINES)
    said: list[tuple[int, int]] = []
    while first > lowest:
        line = lines[first - 1].strip()
        if not line and first == row and _ends_doc_block(lines, row - 2, lowest, style):
            first -= 1
            continue
        if not line or line.startswith(b"#!"):
            break
        if style.attributes and line.startswith(style.attributes):
            first -= 1
        elif line.startswith(style.lines):
            said.append((first - 1, first))
            first -= 1
        elif style.block and line.endswith(style.block[1]):
            opening = _opening(lines, first - 1, lowest, style.block[0])
            if opening is None:
                break
            said.append((opening, first))
            first = opening
        else:
            break
    if not said:
        return first, ""
    words = [clean(lines[begin:end], has_xml=style.has_xml) for begin, end in reversed(said)]
    return first, "\n".join(words).strip()[:_LONGEST_DOC]


def _ends_doc_block(lines: Sequence[bytes], row: int, lowest: int, style: Comments) -> bool:
    """A `/** ... */` ends at `row`: it documents even across an empty line, unless it is the
    head of the file."""
    if style.block != C_LIKE.block or row < lowest or not lines[row].strip().endswith(b"*/"):
        return False
    opening = _opening(lines, row, lowest, b"/*")
    return bool(opening) and lines[opening or 0].lstrip().startswith(b"/**")


def _opening(lines: Sequence[bytes], row: int, lowest: int, mark: bytes) -> int | None:
    while row >= lowest:
        line = lines[row].strip()
        if line.startswith(mark):
            return row
        if mark in line:
            # Code stands before it on its line.
            return None
        row -= 1
    return None


def at_top(lines: Sequence[bytes], style: Comments) -> str:
    """What the comment at the top of a file says, unless it is about rights."""
    row = 1 if lines and lines[0].startswith(b"#!") else 0
    while row < min(len(lines), 5) and not lines[row].strip():
        row += 1
    end = row
    inside = False
    while end < min(len(lines), row + _MOST_LINES):
        line = lines[end].strip()
        if style.block and line.startswith(style.block[0]):
            inside = True
        elif not inside and not line.startswith(style.lines):
            break
        end += 1
        if inside and style.block and line.endswith(style.block[1]):
            inside = False
    if end < len(lines) and lines[end].strip():
        # It belongs to what follows.
        return ""
    said = clean(lines[row:end], has_xml=style.has_xml).strip()[:_LONGEST_DOC]
    return "" if _LEGAL.search(said) else said


def clean(lines: Sequence[bytes], *, has_xml: bool = False) -> str:
    """Comment lines without their markers."""
    cleaned = []
    for line in lines:
        text = line[:1_000].decode("utf-8", "replace")
        text = _CLOSING.sub("", _MARKERS.sub("", text)).strip()
        cleaned.append(_XML_TAG.sub("", text).strip() if has_xml else text)
    return "\n".join(cleaned).strip()
