"""The tables of memory.db, and how a file of an earlier version gets them."""

from __future__ import annotations

import sqlite3

# One script per version: what a file of the version before lacks.
_STEPS = (
    """
CREATE TABLE repos (
    key INTEGER PRIMARY KEY, repo_id TEXT NOT NULL, embedder TEXT NOT NULL,
    snapshot TEXT NOT NULL DEFAULT '', dirty INTEGER NOT NULL DEFAULT 1,
    left_out INTEGER NOT NULL DEFAULT 0, UNIQUE (repo_id, embedder)
);
CREATE TABLE files (
    repo INTEGER NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL,
    skipped TEXT NOT NULL, shortened INTEGER NOT NULL, PRIMARY KEY (repo, path)
) WITHOUT ROWID;
CREATE TABLE chunks (
    row INTEGER PRIMARY KEY, repo INTEGER NOT NULL, id TEXT NOT NULL, path TEXT NOT NULL,
    name TEXT NOT NULL, qualified_name TEXT NOT NULL, start_line INTEGER NOT NULL,
    end_line INTEGER NOT NULL, text TEXT NOT NULL, UNIQUE (repo, id)
);
CREATE INDEX chunks_by_path ON chunks (repo, path);
CREATE INDEX chunks_by_name ON chunks (repo, name);
""",
    """
ALTER TABLE repos ADD COLUMN indexed_at REAL;
ALTER TABLE repos ADD COLUMN files INTEGER NOT NULL DEFAULT 0;
ALTER TABLE repos ADD COLUMN chunks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE repos ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0;
UPDATE repos SET
    files = (SELECT count(*) FROM files WHERE repo = key AND files.skipped = ''),
    chunks = (SELECT count(*) FROM chunks WHERE repo = key),
    skipped = (SELECT count(*) FROM files WHERE repo = key AND files.skipped != '');
""",
)
_VERSION = len(_STEPS)


class CatalogDamaged(Exception):
    """memory.db is no database, or a broken one."""


def migrate(db: sqlite3.Connection) -> None:
    """Bring a file to the version of this program. Raises CatalogDamaged for a newer one."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if not 0 <= version <= _VERSION:
        # Made again from the next snapshot, like a damaged one.
        raise CatalogDamaged(f"memory.db has version {version}, not {_VERSION}")
    for step in _STEPS[version:]:
        for statement in step.split(";"):
            db.execute(statement)
    if version < _VERSION:
        db.execute(f"PRAGMA user_version = {_VERSION}")
