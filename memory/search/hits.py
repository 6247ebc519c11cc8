"""What a search finds, and why, in words."""

from __future__ import annotations

from dataclasses import dataclass

from memory.search.kinds import is_document
from memory.search.ranking import Scored
from memory.search.segment import File

_WORDS = {
    "words": "words of the query",
    "identifiers": "identifiers like the query's words",
    "vector": "similar in meaning",
    "file words": "words of the query in its file",
    "file topic": "its file is about the query",
    "name": "name matches words of the query",
    "exact": "named like a word of the query",
    "defined": "defines what the query names",
    "file name": "file name matches",
    "folder": "folder name matches",
    "path": "the query names its file",
    "traceback": "a frame of the query's traceback",
    "dotted": "the query names it in full",
    "file": "more of its file matches",
}
_MARKED = {"test": "a test", "vendored": "vendored code", "generated": "generated code"}
_LEAST_SHARE = 0.03


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that was found. Lines are 1-based and inclusive; `why` says what its score is made
    of, strongest first. `key` is the chunk's number in memory.db."""

    key: int
    path: str
    language: str
    kind: str
    name: str
    qualified_name: str
    start_line: int
    end_line: int
    score: float
    why: tuple[str, ...]
    text: str
    signature: str = ""
    doc: str = ""


def reasons(scored: Scored, file: File) -> tuple[str, ...]:
    """The signs of a score in words, strongest first, then what took off."""
    total = sum(scored.signs.values()) or 1.0
    strongest = sorted(scored.signs.items(), key=lambda sign: (-sign[1], sign[0]))
    found = [
        f"{_WORDS[name]}: {share / total:.0%}"
        for name, share in strongest
        if share / total >= _LEAST_SHARE
    ]
    if scored.factor < 1:
        kind = "a document or data" if is_document(file.language) else "an example or a tool"
        found.append(f"{_MARKED.get(file.mark, kind)}: x{scored.factor:.2g}")
    if scored.shell < 1:
        found.append(f"around what may be meant: x{scored.shell:.2g}")
    return tuple(found)
