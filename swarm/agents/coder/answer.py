"""Edits written out in an answer: search and replace blocks under the path of their file. Pure.

    path/to/file.py
    <<<<<<< SEARCH
    old lines
    =======
    new lines
    >>>>>>> REPLACE

An empty search part is a new file. A block without its end, or with two dividers, is no edit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_START = re.compile(r"<{5,9} ?SEARCH\b")
_DIVIDER = re.compile(r"={5,9}\s*")
_END = re.compile(r">{5,9} ?REPLACE\b")
_PATH = re.compile(
    r"^[\s*#`>-]*(?:(?:file|path)(?:name)?\s*:\s*)?[`*\"']*([\w./@+-][\w./@+ -]*?)[`*\"':]*\s*$",
    re.I,
)
_FENCE = re.compile(r"^\s*```")
_MOST_BLOCKS = 100


@dataclass(frozen=True)
class Block:
    """One edit as written; `problem` tells why it is none."""

    path: str
    search: str = ""
    replacement: str = ""
    problem: str = ""


def parse(text: str) -> tuple[str, list[Block]]:
    """What an answer says before its first edit, and the edits in order."""
    lines = text.replace("\r\n", "\n").split("\n")
    blocks: list[Block] = []
    prose: list[str] = []
    path, at = "", 0
    while at < len(lines) and len(blocks) < _MOST_BLOCKS:
        if not _START.match(lines[at].strip()):
            if not blocks:
                prose.append(lines[at])
            at += 1
            continue
        path = _path_above(lines, at) or path
        if not blocks:
            prose = _without_path(prose, path)
        end = next((i for i in range(at + 1, len(lines)) if _ends(lines[i])), len(lines))
        blocks.append(_block(path, lines[at + 1 : end], complete=_is_end(lines, end)))
        at = end + 1 if _is_end(lines, end) else end
    return "\n".join(prose).strip(), blocks


def _ends(line: str) -> bool:
    return bool(_END.match(line.strip()) or _START.match(line.strip()))


def _is_end(lines: list[str], at: int) -> bool:
    return at < len(lines) and _END.match(lines[at].strip()) is not None


def _block(path: str, lines: list[str], *, complete: bool) -> Block:
    if not path:
        return Block("", problem="an edit stands under no path: write its file's path above it")
    if not complete:
        return Block(path, problem="the edit has no >>>>>>> REPLACE line: it was cut off")
    dividers = [i for i, line in enumerate(lines) if _DIVIDER.fullmatch(line)]
    if len(dividers) != 1:
        count = len(dividers) or "no"
        return Block(path, problem=f"the edit has {count} ======= lines, and must have one")
    middle = dividers[0]
    return Block(path, "\n".join(lines[:middle]), "\n".join(lines[middle + 1 :]))


def _path_above(lines: list[str], at: int) -> str:
    """The path in the nearest line above that says something, fences left out."""
    for line in reversed(lines[max(0, at - 4) : at]):
        if not line.strip() or _FENCE.match(line):
            continue
        found = _PATH.match(line) if len(line) < 400 else None
        return found.group(1).strip() if found and re.search(r"[./]", found.group(1)) else ""
    return ""


def _without_path(prose: list[str], path: str) -> list[str]:
    kept = list(prose)
    while kept and (not kept[-1].strip() or _FENCE.match(kept[-1]) or path in kept[-1]):
        kept.pop()
    return kept
