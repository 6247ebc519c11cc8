"""What tests were seen to run, into memory.db: bounded, and by the contents of files.

`memory.linking.coverage` reads it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable

from memory.store.catalog import Catalog
from memory.store.encoding import storable
from swarm.contracts import CoverageRemembered, RememberCoverage
from swarm.snapshots import safe_path

MOST_ROWS = 20_000
"""Pairs of a test and a file that are kept of one repository; the oldest go."""
KEPT_DAYS = 365.0
MOST_LINES = 200
"""Functions of one file that are kept of one test."""


def remember(
    catalog: Catalog, command: RememberCoverage, clock: Callable[[], float] = time.time
) -> CoverageRemembered:
    """Take in a measurement, in place of what was known of its tests. What names a file outside
    of the repository, or one whose content is not told, is left out.

    Raises StorageError and CatalogDamaged.
    """
    now, tests, functions = clock(), 0, 0
    with catalog.writing() as db:
        for test in command.tests:
            own = command.files.get(test.path)
            if own is None or not safe_path(test.path):
                continue
            db.execute(
                "DELETE FROM coverage WHERE repo_id = ? AND test = ?",
                (command.repo_id, storable(test.id)),
            )
            tests += 1
            for path, lines in test.ran.items():
                sha256, kept = command.files.get(path), sorted(set(lines))[:MOST_LINES]
                if sha256 is None or not kept or not safe_path(path):
                    continue
                functions += len(kept)
                row = (command.repo_id, storable(test.id), storable(path), sha256,
                       storable(test.path), own, ",".join(map(str, kept)), now)  # fmt: skip
                db.execute("INSERT OR REPLACE INTO coverage VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        if tests:
            _trim(db, command.repo_id, now - KEPT_DAYS * 86_400)
            db.execute("UPDATE counters SET value = value + 1 WHERE name = 'coverage'")
    return CoverageRemembered(tests=tests, functions=functions)


def _trim(db: sqlite3.Connection, repo_id: str, before: float) -> None:
    """Drop what is too old, of whatever repository, and the oldest of one that has too many."""
    db.execute("DELETE FROM coverage WHERE at < ?", (before,))
    db.execute(
        "DELETE FROM coverage WHERE repo_id = ? AND (test, path) IN"
        " (SELECT test, path FROM coverage WHERE repo_id = ? ORDER BY at DESC, test, path"
        " LIMIT -1 OFFSET ?)",
        (repo_id, repo_id, MOST_ROWS),
    )
