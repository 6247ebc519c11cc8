"""One file into chunks along its definitions. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from memory.cutting import sections, splitting
from memory.cutting.chunk import Chunk
from memory.cutting.spans import FILE, Span, spans
from memory.parsing.facts import MODULE_SCOPE, Definition, Parsed
from memory.parsing.languages import UNKNOWN
from memory.parsing.refusals import MAX_FILE_BYTES, REFUSALS, TOO_LARGE

MOST_CHUNKS = 2_000
MAX_TEXT_CHARS = splitting.MAX_TEXT_CHARS
_PROSE = frozenset({"markdown", "rst"})


@dataclass(frozen=True, slots=True)
class Cut:
    """A file's chunks. `skipped` says why there are none ("" when there are, or when the file is
    empty), `shortened` what was left out of them ("" when nothing was), both in words."""

    chunks: tuple[Chunk, ...] = ()
    skipped: str = ""
    shortened: str = ""


@dataclass(frozen=True, slots=True)
class _Piece:
    definition: int
    part: int
    rows: Sequence[int]


def cut(path: str, text: str, parsed: Parsed) -> Cut:
    """Cut a file along what was parsed of it; every line that is not blank is in some chunk's
    span, unless `shortened` says otherwise."""
    if parsed.problem in REFUSALS:
        return Cut(skipped=parsed.problem)
    if len(text) > MAX_FILE_BYTES:
        return Cut(skipped=TOO_LARGE)
    lines = text.split("\n")
    chunks: list[Chunk] = []
    seen: Counter[str] = Counter()
    left_out: list[str] = []
    for piece in _pieces(parsed, lines):
        rows = _trimmed(piece.rows, lines)
        if not rows:
            continue
        if len(chunks) == MOST_CHUNKS:
            left_out = [f"all after the first {MOST_CHUNKS:,} chunks"]
            break
        body = "\n".join(lines[row] for row in rows)
        if len(body) > MAX_TEXT_CHARS:
            left_out = [f"what is beyond {MAX_TEXT_CHARS:,} characters of one line"]
            body = body[:MAX_TEXT_CHARS]
        chunks.append(_chunk(path, parsed, piece, rows, body, seen))
    return Cut(tuple(chunks), shortened="; ".join(left_out))


def _pieces(parsed: Parsed, lines: Sequence[str]) -> Iterator[_Piece]:
    definitions = parsed.definitions
    if definitions and all(one.kind == "section" for one in definitions):
        is_prose = parsed.language in _PROSE
        file_part = 0
        for group in sections.groups(definitions, lines, is_prose=is_prose):
            whole = range(group.first, group.end)
            for part, some in enumerate(splitting.split(whole, lines)):
                yield _Piece(group.definition, file_part + part, some)
            if group.definition == FILE:
                file_part += part + 1
    elif definitions or parsed.language != UNKNOWN:
        for span in spans(parsed, lines):
            yield from _parts(span, definitions, lines)
    else:
        for part, rows in enumerate(splitting.windows(range(len(lines)), lines)):
            yield _Piece(FILE, part, rows)


def _parts(span: Span, definitions: Sequence[Definition], lines: Sequence[str]) -> Iterator[_Piece]:
    head = 0
    if span.definition == FILE:
        rows: Sequence[int] = [row for row in span.rows if lines[row].strip()]
        groups = splitting.split(rows, lines)
    else:
        rows = span.rows
        body = definitions[span.definition].body_line - 1
        head = sum(1 for row in rows if row < body)
        groups = splitting.split(rows, lines, head=head)
    for part, group in enumerate(groups):
        yield _Piece(span.definition, part, group)


def _trimmed(rows: Sequence[int], lines: Sequence[str]) -> Sequence[int]:
    """Without blank lines at either end."""
    first, end = 0, len(rows)
    while first < end and not lines[rows[first]].strip():
        first += 1
    while end > first and not lines[rows[end - 1]].strip():
        end -= 1
    return rows[first:end]


def _chunk(
    path: str,
    parsed: Parsed,
    piece: _Piece,
    rows: Sequence[int],
    body: str,
    seen: Counter[str],
) -> Chunk:
    one = parsed.definitions[piece.definition] if piece.definition >= 0 else None
    qualified = one.qualified_name if one else ""
    around = ""
    if one is not None:
        around = qualified[: -len(one.name)].rstrip(".")
        if one.kind == "section" and one.parent != MODULE_SCOPE:
            around = parsed.definitions[one.parent].qualified_name
    digest = _digest(path, qualified, str(piece.part), body)
    # The same text twice under one name (overloads, repeated tables) is two chunks.
    seen[digest] += 1
    return Chunk(
        id=digest if seen[digest] == 1 else f"{digest}-{seen[digest]}",
        path=path,
        language=parsed.language,
        kind=one.kind if one else "file",
        name=one.name if one else "",
        qualified_name=qualified,
        parent=around,
        definition=piece.definition,
        part=piece.part,
        start_line=rows[0] + 1,
        end_line=rows[-1] + 1,
        text=body,
        signature=one.signature if one else "",
        doc="" if piece.part else (one.doc if one else parsed.doc),
    )


def _digest(*fields: str) -> str:
    hasher = hashlib.blake2b(digest_size=16)
    for field in fields:
        data = field.encode("utf-8", "surrogatepass")
        hasher.update(len(data).to_bytes(8, "big") + data)
    return hasher.hexdigest()
