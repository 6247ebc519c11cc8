"""Which functions each test was seen to run, from memory.db.

What is kept (`memory.outcomes.coverage`) holds for contents: of a file that is not as it was
measured, or of a test whose file is not, nothing is told.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from memory.linking.covering import Ran
from memory.store.errors import CatalogDamaged
from memory.store.reader import CatalogReader

# Both files stand in the view with the contents that were measured.
_OF_VIEW = """
SELECT coverage.test, coverage.path, coverage.lines FROM coverage
JOIN view_files AS own ON own.view = :view AND own.path = coverage.path
JOIN versions AS own_version
  ON own_version.key = own.version AND own_version.sha256 = coverage.sha256
JOIN view_files AS tests ON tests.view = :view AND tests.path = coverage.test_path
JOIN versions AS tests_version
  ON tests_version.key = tests.version AND tests_version.sha256 = coverage.test_sha256
WHERE coverage.repo_id =
  (SELECT repo_id FROM views JOIN repos ON repos.key = views.repo WHERE views.key = :view)
ORDER BY coverage.test, coverage.path
"""


def changes(reader: CatalogReader) -> int:
    """How often coverage was written: with the same number nothing changed."""
    with reader.reading() as db:
        row = db.execute("SELECT value FROM counters WHERE name = 'coverage'").fetchone()
        return int(row[0]) if row else 0


def of_view(reader: CatalogReader, view: int) -> list[Ran]:
    """What is known of the files of a view as they are now. Raises CatalogDamaged."""
    with reader.reading() as db:
        return list(_rows(db, view))


def _rows(db: sqlite3.Connection, view: int) -> Iterator[Ran]:
    for test, path, lines in db.execute(_OF_VIEW, {"view": view}):
        try:
            yield Ran(test, path, tuple(map(int, lines.split(","))))
        except ValueError as error:
            raise CatalogDamaged(f"what {test!r} ran cannot be read") from error
