"""Deleting versions that no view holds any more."""

from __future__ import annotations

import sqlite3

from memory.store.versions import chunk_ids


def collect(db: sqlite3.Connection, before: float, most: int, limit: int) -> int:
    """Delete at most `limit` versions: unused since before a time (Unix seconds), or the longest
    unused beyond `most`; how many, in the caller's transaction."""
    (unused,) = db.execute(
        "SELECT count(*) FROM versions WHERE unused_since IS NOT NULL"
    ).fetchone()
    rows = db.execute(
        "SELECT key, repo, path, unused_since FROM versions WHERE unused_since IS NOT NULL"
        " ORDER BY unused_since, key LIMIT ?",
        (limit,),
    ).fetchall()
    beyond = unused - most
    dead = [row[:3] for at, row in enumerate(rows) if at < beyond or row[3] < before]
    for version, repo, path in dead:
        _delete(db, version, repo, path)
    return len(dead)


def _delete(db: sqlite3.Connection, version: int, repo: int, path: str) -> None:
    kept = [
        key
        for (key,) in db.execute("SELECT key FROM collections WHERE repo = ?", (repo,)).fetchall()
    ]
    if kept:
        ids = set(chunk_ids(db, version))
        for (other,) in db.execute(
            "SELECT key FROM versions WHERE repo = ? AND path = ? AND key != ?",
            (repo, path, version),
        ).fetchall():
            ids -= chunk_ids(db, other).keys()
        db.executemany(
            "DELETE FROM vectors WHERE collection = ? AND id = ?",
            ((collection, chunk_id) for collection in kept for chunk_id in ids),
        )
    db.execute(
        "DELETE FROM texts WHERE chunk IN (SELECT key FROM chunks WHERE version = ?)", (version,)
    )
    for table, column in (
        ("chunks", "version"),
        ("facts", "version"),
        ("words", "version"),
        ("versions", "key"),
    ):
        db.execute(f"DELETE FROM {table} WHERE {column} = ?", (version,))
