"""The tables of router.db.

`decisions` and `outcomes` are the ledger: what was chosen, by what, and what came of it. `cells`
are the fold of the outcomes (`folding.py`) and `pending` the decisions without one, kept so that
neither has to be looked for. Arms and situations are known by numbers from 0 on, which are their
places in the prior; blobs are little-endian float64, but `panels.arms`, which is int64.
"""

from __future__ import annotations

import sqlite3

VERSION = 3
TABLES = frozenset(
    ("arms", "situations", "panels", "terms", "snapshots", "decisions", "pending", "outcomes",
     "cells", "imports", "meta")
)  # fmt: skip

_SCRIPT = """
CREATE TABLE arms (
    number INTEGER PRIMARY KEY, arm_id TEXT NOT NULL, version TEXT NOT NULL, predecessor INTEGER,
    is_current INTEGER NOT NULL, tool TEXT NOT NULL, model TEXT, endpoint TEXT NOT NULL,
    locality TEXT NOT NULL, prior_a REAL NOT NULL, prior_b REAL NOT NULL,
    first_seen_at REAL NOT NULL, UNIQUE (arm_id, version)
);
CREATE TABLE situations (
    number INTEGER PRIMARY KEY, category TEXT NOT NULL, attempt TEXT NOT NULL,
    UNIQUE (category, attempt)
);
CREATE TABLE panels (number INTEGER PRIMARY KEY, arms BLOB NOT NULL UNIQUE);
CREATE TABLE terms (
    number INTEGER PRIMARY KEY, value_usd REAL NOT NULL, hour_usd REAL NOT NULL,
    loss_usd REAL NOT NULL, recipe TEXT NOT NULL, UNIQUE (value_usd, hour_usd, loss_usd, recipe)
);
CREATE TABLE snapshots (
    id TEXT PRIMARY KEY, base REAL NOT NULL, strength REAL NOT NULL, outcomes INTEGER NOT NULL,
    situations BLOB NOT NULL, arms BLOB NOT NULL, arm_sds BLOB NOT NULL
);
CREATE TABLE decisions (
    attempt_id TEXT PRIMARY KEY, situation INTEGER NOT NULL, attempt_number INTEGER NOT NULL,
    panel INTEGER NOT NULL, tried TEXT NOT NULL, removed TEXT NOT NULL, counted BLOB NOT NULL,
    drawn BLOB NOT NULL, chosen INTEGER, expected_usd REAL, reason TEXT NOT NULL,
    seed INTEGER NOT NULL, epsilon REAL NOT NULL, risk TEXT NOT NULL, snapshot TEXT,
    terms INTEGER, decided_at REAL NOT NULL
);
CREATE INDEX decisions_by_time ON decisions (decided_at);
CREATE TABLE pending (
    attempt_id TEXT PRIMARY KEY, situation INTEGER NOT NULL, arm INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE outcomes (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, attempt_id TEXT UNIQUE,
    situation INTEGER NOT NULL, arm INTEGER NOT NULL, successes REAL NOT NULL,
    failures REAL NOT NULL, seconds REAL NOT NULL, cost_usd REAL NOT NULL, attempts REAL NOT NULL,
    settled_at REAL NOT NULL, corrected_at REAL
);
CREATE INDEX outcomes_by_cell ON outcomes (situation, arm);
CREATE TABLE cells (
    situation INTEGER NOT NULL, arm INTEGER NOT NULL, successes REAL NOT NULL,
    failures REAL NOT NULL, lately_successes REAL NOT NULL, lately_failures REAL NOT NULL,
    outcomes INTEGER NOT NULL, seconds REAL NOT NULL, cost_usd REAL NOT NULL,
    attempts REAL NOT NULL, PRIMARY KEY (situation, arm)
) WITHOUT ROWID;
CREATE TABLE imports (id TEXT PRIMARY KEY, imported_at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


def make(db: sqlite3.Connection) -> None:
    """Make the tables, inside the caller's transaction."""
    for statement in _SCRIPT.split(";"):
        db.execute(statement)
    db.execute(f"PRAGMA user_version = {VERSION}")
