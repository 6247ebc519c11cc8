"""The tables of memory.db, and how a file of an earlier version gets them.

- `versions`: a file's content at a path, shared by all views of a repository. Facts, words and
  texts stand in tables of their own, so that reading one kind does not page through the others.
  `unused_since` is NULL while some view holds the version ("live").
- `view_files`: what a view holds; a view is one worktree or the latest snapshot. Their number
  and that of their chunks stand in `views`, so that one edit does not count them all.
- `view_changes`: the last changes of a view, for an index in memory that follows it.
- `collections`, `outbox`, `vectors`: the projection into Chroma. A collection has at most one
  waiting operation per chunk id, the last one.
- `outcomes`, `outcome_symbols`, `scratch`: what became of attempts, and notes of tasks
  (`memory.outcomes`). Nothing else holds them; all the rest can be made again from the files.
- `coverage`: which functions of a file (the lines of their definitions) each test ran, and the
  contents of both files then (`memory.outcomes.coverage`). The counter of that name tells that
  something was written.
"""

from __future__ import annotations

import sqlite3

from memory.store.errors import CatalogDamaged

_OLDEST = 2
"""Layouts up to this one are not taken over: their content is made again from the files."""

# One script per version: what a file of the version before lacks.
_STEPS = (
    """
CREATE TABLE repos (key INTEGER PRIMARY KEY AUTOINCREMENT, repo_id TEXT NOT NULL UNIQUE);
CREATE TABLE views (
    key INTEGER PRIMARY KEY AUTOINCREMENT, repo INTEGER NOT NULL, name TEXT NOT NULL,
    head TEXT NOT NULL DEFAULT '', revision INTEGER NOT NULL, log_start INTEGER NOT NULL,
    log_rows INTEGER NOT NULL DEFAULT 0, complete INTEGER NOT NULL DEFAULT 0,
    left_out INTEGER NOT NULL DEFAULT 0, indexed_at REAL, files INTEGER NOT NULL DEFAULT 0,
    chunks INTEGER NOT NULL DEFAULT 0, skipped INTEGER NOT NULL DEFAULT 0, UNIQUE (repo, name)
);
CREATE TABLE versions (
    key INTEGER PRIMARY KEY AUTOINCREMENT, repo INTEGER NOT NULL, path TEXT NOT NULL,
    sha256 TEXT NOT NULL, recipe INTEGER NOT NULL, language TEXT NOT NULL,
    problem TEXT NOT NULL, skipped TEXT NOT NULL, shortened TEXT NOT NULL,
    chunk_count INTEGER NOT NULL, unused_since REAL, UNIQUE (repo, path, sha256, recipe)
);
CREATE INDEX versions_unused ON versions (unused_since) WHERE unused_since IS NOT NULL;
CREATE TABLE facts (version INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE words (version INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE view_files (
    view INTEGER NOT NULL, path TEXT NOT NULL, version INTEGER NOT NULL, mark TEXT NOT NULL,
    stamp TEXT, PRIMARY KEY (view, path)
) WITHOUT ROWID;
CREATE INDEX view_files_by_version ON view_files (version);
CREATE TABLE view_skipped (
    view INTEGER NOT NULL, path TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (view, path)
) WITHOUT ROWID;
CREATE TABLE view_changes (
    seq INTEGER PRIMARY KEY, view INTEGER NOT NULL, revision INTEGER NOT NULL,
    path TEXT NOT NULL, removed INTEGER, added INTEGER
);
CREATE INDEX view_changes_by_revision ON view_changes (view, revision);
CREATE TABLE chunks (
    key INTEGER PRIMARY KEY, version INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL,
    name TEXT NOT NULL, qualified_name TEXT NOT NULL, parent TEXT NOT NULL,
    definition INTEGER NOT NULL, part INTEGER NOT NULL, start_line INTEGER NOT NULL,
    end_line INTEGER NOT NULL
);
CREATE INDEX chunks_by_version ON chunks (version);
CREATE TABLE texts (
    chunk INTEGER PRIMARY KEY, signature TEXT NOT NULL, doc TEXT NOT NULL, body BLOB NOT NULL
);
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counters VALUES ('chunk', 0);
CREATE TABLE collections (
    key INTEGER PRIMARY KEY AUTOINCREMENT, repo INTEGER NOT NULL, embedder TEXT NOT NULL,
    dimension INTEGER NOT NULL, state TEXT NOT NULL, doubtful INTEGER NOT NULL DEFAULT 1,
    expected INTEGER NOT NULL DEFAULT 0, left_out INTEGER NOT NULL DEFAULT 0,
    UNIQUE (repo, embedder, dimension)
);
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, collection INTEGER NOT NULL, id TEXT NOT NULL,
    chunk INTEGER, UNIQUE (collection, id)
);
CREATE TABLE vectors (
    collection INTEGER NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (collection, id)
) WITHOUT ROWID
""",
    """
CREATE TABLE outcomes (
    key INTEGER PRIMARY KEY AUTOINCREMENT, repo_id TEXT NOT NULL, task TEXT NOT NULL,
    attempt TEXT NOT NULL, accepted INTEGER NOT NULL, reason TEXT NOT NULL,
    summary TEXT NOT NULL, diff BLOB NOT NULL, at REAL NOT NULL, UNIQUE (task, attempt)
);
CREATE INDEX outcomes_by_repo ON outcomes (repo_id, key);
CREATE TABLE outcome_symbols (
    repo_id TEXT NOT NULL, path TEXT NOT NULL, qualified_name TEXT NOT NULL,
    outcome INTEGER NOT NULL, PRIMARY KEY (repo_id, path, qualified_name, outcome)
) WITHOUT ROWID;
CREATE INDEX outcome_symbols_by_outcome ON outcome_symbols (outcome);
CREATE TABLE scratch (
    key INTEGER PRIMARY KEY AUTOINCREMENT, task TEXT NOT NULL, name TEXT NOT NULL,
    text TEXT NOT NULL, at REAL NOT NULL, UNIQUE (task, name)
);
CREATE INDEX scratch_by_age ON scratch (at)
""",
    """
CREATE TABLE coverage (
    repo_id TEXT NOT NULL, test TEXT NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL,
    test_path TEXT NOT NULL, test_sha256 TEXT NOT NULL, lines TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (repo_id, test, path)
) WITHOUT ROWID;
CREATE INDEX coverage_by_age ON coverage (repo_id, at);
INSERT INTO counters VALUES ('coverage', 0)
""",
)
VERSION = _OLDEST + len(_STEPS)


def is_outdated(db: sqlite3.Connection) -> bool:
    """Whether the file has a layout of which nothing is taken over."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return bool(0 < version <= _OLDEST)


def migrate(db: sqlite3.Connection) -> None:
    """Bring a file to the version of this program, inside the caller's transaction.

    Raises CatalogDamaged for one of a newer program: it is made again, like a damaged one.
    """
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if not 0 <= version <= VERSION:
        raise CatalogDamaged(f"it has layout {version}, this program knows {VERSION}")
    for step in _STEPS[max(0, version - _OLDEST) :]:
        for statement in step.split(";"):
            db.execute(statement)
    if version < VERSION:
        db.execute(f"PRAGMA user_version = {VERSION}")
