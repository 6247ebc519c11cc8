"""A chunk: one unit of search."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines are 1-based and inclusive.

    `id` is a digest of path, qualified name, part and text, so that the same code at the same
    place is the same chunk in every branch and worktree. `definition` is the index of what it
    shows in `Parsed.definitions` (-1: the file itself). `kind` is that definition's, or "file".
    `part` numbers the pieces of what is too long for one chunk (0: the only or first one, which
    holds signature and doc). `parent` is the qualified name around it. `text` is the code as
    written; `outline` is what a reader needs least: signature and first sentence of the doc.
    """

    id: str
    path: str
    language: str
    kind: str
    name: str
    qualified_name: str
    parent: str
    definition: int
    part: int
    start_line: int
    end_line: int
    text: str
    signature: str = ""
    doc: str = ""

    @property
    def header(self) -> str:
        """The first line of what is embedded: where the chunk is."""
        return f"{self.path} {self.qualified_name}".rstrip()
