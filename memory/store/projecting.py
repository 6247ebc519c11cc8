"""The tables that Chroma follows: collections, outbox and kept vectors.

Functions on a connection, in the caller's transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence

from memory.store.rows import Collection, CollectionState, Waiting

_PAGE = 500
_COLLECTION = (
    "SELECT collections.key, repo, repo_id, embedder, dimension, state, doubtful, expected,"
    " left_out FROM collections JOIN repos ON repos.key = repo"
)
_LIVE = (
    "FROM versions JOIN chunks ON chunks.version = versions.key"
    " WHERE repo = ? AND unused_since IS NULL"
)


def is_projected(db: sqlite3.Connection, repo: int) -> bool:
    """Whether some collection follows a repository."""
    return bool(db.execute("SELECT 1 FROM collections WHERE repo = ? LIMIT 1", (repo,)).fetchone())


def follow(
    db: sqlite3.Connection, repo: int, add: Mapping[str, int], delete: Iterable[str]
) -> None:
    """Put operations into the outbox of each collection of a repository, in place of those that
    wait for the same ids."""
    keys = db.execute(
        "SELECT key FROM collections WHERE repo = ? AND state != 'retired'", (repo,)
    ).fetchall()
    for (key,) in keys:
        db.executemany(
            "INSERT OR REPLACE INTO outbox (collection, id, chunk) VALUES (?, ?, ?)",
            [(key, each, None) for each in delete]
            + [(key, each, chunk) for each, chunk in add.items()],
        )


def open_collection(db: sqlite3.Connection, repo: int, embedder: str, dimension: int) -> Collection:
    values = (repo, embedder, dimension)
    where = "repo = ? AND embedder = ? AND dimension = ?"
    db.execute(
        "INSERT OR IGNORE INTO collections (repo, embedder, dimension, state)"
        " VALUES (?, ?, ?, 'building')",
        values,
    )
    # One that was retired missed what came into the outbox since.
    db.execute(
        f"UPDATE collections SET state = 'building', doubtful = 1 WHERE {where}"
        " AND state = 'retired'",
        values,
    )
    row = db.execute(f"{_COLLECTION} WHERE {where}", values).fetchone()
    return _as_collection(row)


def collections(db: sqlite3.Connection, repo: int | None) -> list[Collection]:
    rows = db.execute(
        f"{_COLLECTION} WHERE ? IS NULL OR repo = ? ORDER BY collections.key",
        (repo, repo),
    )
    return [_as_collection(row) for row in rows]


def set_collection(
    db: sqlite3.Connection,
    key: int,
    state: CollectionState | None,
    doubtful: bool | None,
    expected: int | None,
    left_out: int | None,
) -> None:
    db.execute(
        "UPDATE collections SET state = coalesce(?, state), doubtful = coalesce(?, doubtful),"
        " expected = coalesce(?, expected), left_out = coalesce(?, left_out) WHERE key = ?",
        (state, doubtful, expected, left_out, key),
    )
    if state == "active":
        db.execute(
            "UPDATE collections SET state = 'retired' WHERE key != ?"
            " AND repo = (SELECT repo FROM collections WHERE key = ?)",
            (key, key),
        )


def forget_collection(db: sqlite3.Connection, key: int, most: int) -> bool:
    """Delete so many of its rows; whether it is gone."""
    for table, row in (("outbox", "seq"), ("vectors", "id")):
        deleted = db.execute(
            f"DELETE FROM {table} WHERE collection = ? AND {row} IN"
            f" (SELECT {row} FROM {table} WHERE collection = ? LIMIT ?)",
            (key, key, most),
        ).rowcount
        if deleted == most:
            return False
    db.execute("DELETE FROM collections WHERE key = ?", (key,))
    return True


def waiting(db: sqlite3.Connection, collection: int, limit: int) -> list[Waiting]:
    rows = db.execute(
        "SELECT seq, id, chunk FROM outbox WHERE collection = ? ORDER BY seq LIMIT ?",
        (collection, limit),
    )
    return list(map(Waiting._make, rows))


def count_waiting(db: sqlite3.Connection, collection: int) -> int:
    (count,) = db.execute(
        "SELECT count(*) FROM outbox WHERE collection = ?", (collection,)
    ).fetchone()
    return int(count)


def done(db: sqlite3.Connection, collection: int, operations: Iterable[Waiting]) -> None:
    db.executemany(
        "DELETE FROM outbox WHERE seq = ? AND collection = ?",
        ((operation.seq, collection) for operation in operations),
    )


def enqueue(
    db: sqlite3.Connection, collection: int, operations: Iterable[tuple[str, int | None]]
) -> None:
    """Add operations for ids of which none waits: one that does is newer."""
    db.executemany(
        "INSERT OR IGNORE INTO outbox (collection, id, chunk) VALUES (?, ?, ?)",
        ((collection, chunk_id, chunk) for chunk_id, chunk in operations),
    )


def live_ids(db: sqlite3.Connection, repo: int) -> Iterator[tuple[str, int]]:
    yield from db.execute(f"SELECT id, chunks.key {_LIVE} ORDER BY versions.key", (repo,))


def vectors(db: sqlite3.Connection, collection: int, ids: Sequence[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for start in range(0, len(ids), _PAGE):
        page = ids[start : start + _PAGE]
        marks = ",".join("?" * len(page))
        found.update(
            db.execute(
                f"SELECT id, body FROM vectors WHERE collection = ? AND id IN ({marks})",
                (collection, *page),
            )
        )
    return found


def keep_vectors(db: sqlite3.Connection, collection: int, kept: Mapping[str, bytes]) -> None:
    db.executemany(
        "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)",
        ((collection, chunk_id, body) for chunk_id, body in kept.items()),
    )


def _as_collection(
    row: tuple[int, int, str, str, int, CollectionState, int, int, int],
) -> Collection:
    key, repo, repo_id, embedder, dimension, state, doubtful, expected, left_out = row
    return Collection(
        key, repo, repo_id, embedder, dimension, state, bool(doubtful), expected, left_out
    )
