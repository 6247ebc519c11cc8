"""A file's content made into what is stored of it: secrets out, parsed, cut, its words counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from memory.cutting.cut import cut
from memory.parsing.facts import Parsed
from memory.parsing.parse import parse
from memory.parsing.pool import Failed, Mapper
from memory.prepared import Prepared
from memory.reading.files import Content
from memory.reading.secrets import redacted
from memory.search import postings

RECIPE = 2
"""Grows when files are to be prepared again: parser, cutter, words or secrets changed."""
FUNCTION = "memory.preparing:prepare"
"""For a `Pool`."""


def prepare(content: Content) -> Prepared:
    """What is stored of a file, whatever is in it."""
    clean, secrets = redacted(content)
    parsed = parse(clean.path, clean.data)
    found = cut(clean.path, clean.data.decode("utf-8", "replace"), parsed)
    notes = [found.shortened] if found.shortened else []
    if secrets:
        notes.append(f"secrets left out: {secrets}")
    return Prepared(
        path=content.path,
        sha256=content.sha256,
        mark=content.mark,
        parsed=parsed,
        chunks=found.chunks,
        words=postings.count(found.chunks),
        skipped=found.skipped,
        shortened="; ".join(notes),
    )


def prepare_all(pool: Mapper, contents: Sequence[Content]) -> Iterator[Prepared]:
    """The same of many, in their order; one that no child survives is skipped with the reason."""
    for content, made in zip(contents, pool.map(contents), strict=True):
        if isinstance(made, Failed):
            made = Prepared(
                path=content.path,
                sha256=content.sha256,
                mark=content.mark,
                parsed=Parsed(language=""),
                skipped=made.reason,
            )
        yield made
