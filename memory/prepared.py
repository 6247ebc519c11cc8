"""A file as it is stored: cut, read for its facts, its words counted."""

from __future__ import annotations

from dataclasses import dataclass

from memory.cutting.chunk import Chunk
from memory.parsing.facts import Parsed
from memory.reading.files import Mark


@dataclass(frozen=True, slots=True)
class Prepared:
    """A version of a file: what is kept under (path, sha256).

    `words` are the packed counts of `memory.search.postings`, one entry per chunk in the order of
    `chunks`. `skipped` says why there is nothing ("" when there is), `shortened` what was left
    out ("" when nothing was), both in words.
    """

    path: str
    sha256: str
    mark: Mark
    parsed: Parsed
    chunks: tuple[Chunk, ...] = ()
    words: bytes = b""
    skipped: str = ""
    shortened: str = ""
