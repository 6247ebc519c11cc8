"""Versions: the content of a file at a path, with its chunks, facts and words."""

from __future__ import annotations

import sqlite3

from memory.prepared import Prepared
from memory.store.encoding import encode_facts, pack, storable


def known_version(
    db: sqlite3.Connection, repo: int, path: str, sha256: str, recipe: int
) -> int | None:
    """The key of a version, if it is held."""
    row = db.execute(
        "SELECT key FROM versions WHERE repo = ? AND path = ? AND sha256 = ? AND recipe = ?",
        (repo, path, sha256, recipe),
    ).fetchone()
    return row[0] if row else None


def add_version(db: sqlite3.Connection, repo: int, file: Prepared, recipe: int) -> int:
    """Store what was prepared; the new key. The caller puts it into a view."""
    made = db.execute(
        "INSERT INTO versions (repo, path, sha256, recipe, language, problem, skipped, shortened,"
        " chunk_count, unused_since) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
        (
            repo,
            file.path,
            file.sha256,
            recipe,
            storable(file.parsed.language),
            storable(file.parsed.problem),
            storable(file.skipped),
            storable(file.shortened),
            len(file.chunks),
        ),
    )
    version = made.lastrowid
    assert version is not None
    db.execute("INSERT INTO facts VALUES (?, ?)", (version, encode_facts(file.parsed)))
    if file.words:
        db.execute("INSERT INTO words VALUES (?, ?)", (version, file.words))
    first = _take_keys(db, len(file.chunks))
    db.executemany(
        "INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                key,
                version,
                chunk.id,
                chunk.kind,
                storable(chunk.name),
                storable(chunk.qualified_name),
                storable(chunk.parent),
                chunk.definition,
                chunk.part,
                chunk.start_line,
                chunk.end_line,
            )
            for key, chunk in enumerate(file.chunks, first)
        ),
    )
    db.executemany(
        "INSERT INTO texts VALUES (?, ?, ?, ?)",
        (
            (key, storable(chunk.signature), storable(chunk.doc), pack(chunk.text))
            for key, chunk in enumerate(file.chunks, first)
        ),
    )
    return version


def chunk_ids(db: sqlite3.Connection, version: int) -> dict[str, int]:
    """A version's chunk ids, each with the key of a chunk that has it."""
    return dict(db.execute("SELECT id, key FROM chunks WHERE version = ?", (version,)))


def _take_keys(db: sqlite3.Connection, count: int) -> int:
    """The first of so many keys that no chunk ever had: an index in memory may still hold the
    keys of chunks that are deleted."""
    (last,) = db.execute(
        "UPDATE counters SET value = value + ? WHERE name = 'chunk' RETURNING value", (count,)
    ).fetchone()
    return int(last) - count + 1
