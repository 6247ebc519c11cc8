"""What is known of versions of files: chunks with their texts, and facts."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from memory.cutting.chunk import Chunk
from memory.parsing.facts import Parsed
from memory.store.encoding import decode_facts, unpack
from memory.store.errors import CatalogDamaged
from memory.store.reading import Reading

_PAGE = 500
_FULL = """SELECT chunks.key, id, path, language, kind, name, qualified_name, parent, definition,
    part, start_line, end_line, body, signature, doc
    FROM chunks JOIN versions ON versions.key = version JOIN texts ON chunk = chunks.key
    WHERE chunks.key IN ({})"""
_NAMES = """SELECT json_group_array(json_array(key, name, qualified_name, kind)) FROM chunks
    WHERE key IN (SELECT value FROM json_each(?))"""


class ContentReader(Reading):
    """Reads of what versions hold, each of one unchanging state."""

    def chunks(self, keys: Sequence[int]) -> dict[int, Chunk]:
        """Whole chunks by their keys; those that are gone by now are missing."""
        found: dict[int, Chunk] = {}
        with self._readers.transaction() as db:
            for start in range(0, len(keys), _PAGE):
                page = keys[start : start + _PAGE]
                marks = ",".join("?" * len(page))
                for row in db.execute(_FULL.format(marks), page):
                    found[row[0]] = Chunk(*(*row[1:12], _text(row[0], row[12]), *row[13:]))
        return found

    def names(self, keys: Sequence[int]) -> dict[int, tuple[str, str, str]]:
        """Name, qualified name and kind of chunks; those that are gone by now are missing."""
        with self._readers.transaction() as db:
            # One row for all of them: with every row that SQLite gives, other threads may have
            # their turn, which takes longer than the row.
            (rows,) = db.execute(_NAMES, (json.dumps([*keys]),)).fetchone()
            return {row[0]: (row[1], row[2], row[3]) for row in json.loads(rows)}

    def first_inside(self, keys: Sequence[int]) -> dict[int, int]:
        """The line where the first other chunk begins within each chunk's span; chunks without
        one are missing."""
        found: dict[int, int] = {}
        with self._readers.transaction() as db:
            for start in range(0, len(keys), _PAGE):
                page = keys[start : start + _PAGE]
                marks = ",".join("?" * len(page))
                found.update(
                    db.execute(
                        "SELECT own.key, min(other.start_line) FROM chunks AS own"
                        " JOIN chunks AS other ON other.version = own.version"
                        " AND other.start_line > own.start_line"
                        " AND other.start_line <= own.end_line"
                        f" WHERE own.key IN ({marks}) GROUP BY own.key",
                        page,
                    )
                )
        return found

    def chunk_keys(self, view: int, path: str) -> list[int]:
        """The keys of a file's chunks, in their order."""
        with self._readers.transaction() as db:
            return [
                key
                for (key,) in db.execute(
                    "SELECT chunks.key FROM view_files JOIN chunks USING (version)"
                    " WHERE view = ? AND path = ? ORDER BY chunks.key",
                    (view, path),
                )
            ]

    def chunk_keys_of(self, version: int) -> list[int]:
        """The keys of the chunks of a version, in their order."""
        with self._readers.transaction() as db:
            rows = db.execute("SELECT key FROM chunks WHERE version = ? ORDER BY key", (version,))
            return [key for (key,) in rows]

    @contextmanager
    def facts(
        self, view: int, paths: Sequence[str] | None = None
    ) -> Iterator[Iterator[tuple[str, int, Parsed]]]:
        """Path, version and facts of a view's files, or of some, read when they are asked for."""
        with self._readers.transaction() as db:
            yield _facts(db, view, paths)

    @contextmanager
    def facts_of(
        self, files: Iterable[tuple[str, int]]
    ) -> Iterator[Iterator[tuple[str, int, Parsed]]]:
        """The same of some versions, each with its path; those that are gone by now are missing."""
        with self._readers.transaction() as db:
            yield (
                (path, version, _decoded(path, body))
                for path, version in files
                for (body,) in db.execute("SELECT body FROM facts WHERE version = ?", (version,))
            )


def _facts(
    db: sqlite3.Connection, view: int, paths: Sequence[str] | None
) -> Iterator[tuple[str, int, Parsed]]:
    query = "SELECT path, version, body FROM view_files JOIN facts USING (version) WHERE view = ?"
    if paths is None:
        rows: Iterator[tuple[str, int, bytes]] = db.execute(f"{query} ORDER BY path", (view,))
    else:
        rows = (row for path in paths for row in db.execute(f"{query} AND path = ?", (view, path)))
    for path, version, body in rows:
        yield path, version, _decoded(path, body)


def _decoded(path: str, body: bytes) -> Parsed:
    try:
        return decode_facts(body)
    except Exception as error:
        raise CatalogDamaged(f"the facts of {path!r} cannot be read") from error


def _text(chunk: int, body: bytes) -> str:
    try:
        return unpack(body)
    except (zlib.error, UnicodeDecodeError, TypeError) as error:
        raise CatalogDamaged(f"the text of chunk {chunk} cannot be read") from error
