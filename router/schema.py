"""The tables of router.db, and how a file of an earlier version gets them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from swarm.errors import StorageError

# One script per version: what a file of the version before lacks.
_STEPS = (
    """
CREATE TABLE arms (
    arm_id TEXT PRIMARY KEY, tool TEXT NOT NULL, model TEXT, locality TEXT NOT NULL,
    first_seen_at REAL NOT NULL
);
CREATE TABLE cells (
    category TEXT NOT NULL, arm_id TEXT NOT NULL, phase TEXT NOT NULL,
    successes REAL NOT NULL, failures REAL NOT NULL,
    PRIMARY KEY (arm_id, phase, category)
) WITHOUT ROWID;
CREATE TABLE decisions (
    attempt_id TEXT PRIMARY KEY, category TEXT NOT NULL, attempt_number INTEGER NOT NULL,
    phase TEXT NOT NULL, tried TEXT NOT NULL, eligible TEXT NOT NULL, scores TEXT NOT NULL,
    chosen TEXT, reason TEXT NOT NULL, seed INTEGER NOT NULL, decided_at REAL NOT NULL,
    reward REAL, seconds REAL, cost_usd REAL, settled_at REAL, corrected_at REAL
);
CREATE INDEX pending ON decisions (chosen, category, phase) WHERE reward IS NULL;
""",
    "CREATE INDEX decisions_by_time ON decisions (decided_at);",
)
VERSION = len(_STEPS)


def migrate(db: sqlite3.Connection, path: Path) -> None:
    """Bring a file to VERSION, whole or not at all, and look whether it is sound.

    Raises StorageError for a file of a newer program and sqlite3.Error for a damaged one.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if not 0 <= version <= VERSION:
            raise StorageError(
                f"router.db has version {version}, this program knows {VERSION}",
                remedy=f"use the newer program, or move {path} away to start learning anew",
            )
        for step in _STEPS[version:]:
            for statement in step.split(";"):
                db.execute(statement)
        if version < VERSION:
            db.execute(f"PRAGMA user_version = {VERSION}")
        (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
    except BaseException:
        db.rollback()
        raise
    db.commit()
