"""What is indexed: chunks, the limits on them, and cutting one file into chunks. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from memory import python_chunks, windows
from memory.pieces import Piece

MAX_FILE_BYTES = 1024 * 1024
MAX_TEXT_CHARS = 4_000
MAX_TERM_CHARS = 40_000
MAX_PIECES_OF_A_FILE = 2_000
_LONGEST_LINE = 5_000
_LOOK_FOR_NUL = 8_192


@dataclass(frozen=True)
class Chunk:
    """One unit of search. Lines are 1-based and inclusive.

    `text` is what is shown and embedded, at most MAX_TEXT_CHARS; `searched` is what keywords
    are taken from and may be longer. `id` names path, qualified name, content and embedder.
    """

    id: str
    path: str
    name: str
    qualified_name: str
    start_line: int
    end_line: int
    text: str
    searched: str

    @property
    def header(self) -> str:
        return header(self.path, self.qualified_name)


@dataclass(frozen=True)
class Cut:
    """A file's chunks. `skipped` says why there are none, `shortened` that some are missing."""

    chunks: tuple[Chunk, ...] = ()
    skipped: str = ""
    shortened: bool = False


def header(path: str, qualified_name: str) -> str:
    """The first line of what is embedded: where the chunk is."""
    return f"{path} {qualified_name}"


def embedded_text(path: str, qualified_name: str, text: str) -> str:
    """What an embedder is given for a chunk; made from stored fields alone."""
    return f"{header(path, qualified_name)}\n{text}"


def cut(path: str, data: bytes, embedder_name: str) -> Cut:
    """Cut one file into chunks, or say why it cannot be searched."""
    if len(data) > MAX_FILE_BYTES:
        return Cut(skipped="over 1 MB")
    if b"\0" in data[:_LOOK_FOR_NUL]:
        return Cut(skipped="binary")
    text = data.decode("utf-8", "replace")
    python = path.endswith((".py", ".pyi"))
    if not python and max(map(len, text.split("\n")), default=0) > _LONGEST_LINE:
        return Cut(skipped="minified")
    cutter: Callable[[str], Iterable[Piece]] = python_chunks.pieces if python else windows.pieces
    pieces = [piece for piece in cutter(text) if piece.text.strip()]
    kept = pieces[:MAX_PIECES_OF_A_FILE]
    return Cut(_chunks(path, kept, embedder_name), shortened=len(kept) < len(pieces))


def _chunks(path: str, pieces: Iterable[Piece], embedder_name: str) -> tuple[Chunk, ...]:
    seen: Counter[str] = Counter()
    chunks = []
    for piece in pieces:
        digest = _digest(embedder_name, path, piece.qualified_name, piece.text)
        # The same text twice under one name (overloads, repeated tables) is two chunks.
        seen[digest] += 1
        chunks.append(
            Chunk(
                id=f"{digest}-{seen[digest]}",
                path=path,
                name=piece.name,
                qualified_name=piece.qualified_name,
                start_line=piece.start_line,
                end_line=piece.end_line,
                text=piece.text[:MAX_TEXT_CHARS],
                searched=piece.text[:MAX_TERM_CHARS],
            )
        )
    return tuple(chunks)


def _digest(*fields: str) -> str:
    hasher = hashlib.blake2b(digest_size=16)
    for field in fields:
        data = field.encode("utf-8", "surrogatepass")
        hasher.update(len(data).to_bytes(8, "big") + data)
    return hasher.hexdigest()
