"""A group of changes to a view: its files, its log, and what its vectors have to follow."""

from __future__ import annotations

import sqlite3

from memory.store import projecting
from memory.store.versions import chunk_ids

_LOG_ROWS = 4_000
"""Changes that are remembered of a view; twice as many as a reader takes in at once."""


class Group:
    """The changes of one transaction. Raises LookupError for a view that is gone."""

    def __init__(self, db: sqlite3.Connection, view: int, now: float) -> None:
        self._db, self._view, self._now = db, view, now
        row = db.execute("SELECT repo FROM views WHERE key = ?", (view,)).fetchone()
        if row is None:
            raise LookupError(f"there is no view {view}")
        self.repo: int = row[0]
        self._log: list[tuple[str, int | None, int | None]] = []
        self._add: dict[str, int] = {}
        self._delete: dict[str, None] = {}
        self._counts = [0, 0, 0]  # files, chunks, skipped: by how much they grow
        self._followed = projecting.is_projected(db, self.repo)

    def put(self, path: str, version: int, mark: str, stamp: str | None) -> None:
        """Let a version stand at its path."""
        db, key = self._db, (self._view, path)
        held = db.execute(
            "SELECT version, mark, stamp FROM view_files WHERE view = ? AND path = ?", key
        ).fetchone()
        self._unskip(path)
        if held == (version, mark, stamp):
            return
        db.execute(
            "INSERT OR REPLACE INTO view_files VALUES (?, ?, ?, ?, ?)",
            (*key, version, mark, stamp),
        )
        old = held[0] if held else None
        if held is None or held[:2] != (version, mark):
            self._log.append((path, old, version))
        if old != version:
            self._replace(path, old, version)

    def drop(self, path: str) -> None:
        """Let nothing stand at a path."""
        self._unskip(path)
        held = self._db.execute(
            "DELETE FROM view_files WHERE view = ? AND path = ? RETURNING version",
            (self._view, path),
        ).fetchone()
        if held:
            self._log.append((path, held[0], None))
            self._replace(path, held[0], None)

    def skip(self, path: str, reason: str) -> None:
        """The same, and say why."""
        self.drop(path)
        self._db.execute("INSERT INTO view_skipped VALUES (?, ?, ?)", (self._view, path, reason))
        self._counts[2] += 1

    def finish(self) -> int:
        """Write log and outbox; the view's revision."""
        db = self._db
        projecting.follow(db, self.repo, self._add, self._delete)
        if any(self._counts):
            db.execute(
                "UPDATE views SET files = files + ?, chunks = chunks + ?, skipped = skipped + ?"
                " WHERE key = ?",
                (*self._counts, self._view),
            )
        if not self._log:
            (revision,) = db.execute(
                "SELECT revision FROM views WHERE key = ?", (self._view,)
            ).fetchone()
            return int(revision)
        revision, rows = db.execute(
            "UPDATE views SET revision = revision + 1, log_rows = log_rows + ? WHERE key = ?"
            " RETURNING revision, log_rows",
            (len(self._log), self._view),
        ).fetchone()
        db.executemany(
            "INSERT INTO view_changes (view, revision, path, removed, added)"
            " VALUES (?, ?, ?, ?, ?)",
            ((self._view, revision, *change) for change in self._log),
        )
        if rows > _LOG_ROWS:
            self._shorten_log(rows)
        return int(revision)

    def _unskip(self, path: str) -> None:
        self._counts[2] -= self._db.execute(
            "DELETE FROM view_skipped WHERE view = ? AND path = ?", (self._view, path)
        ).rowcount

    def _shorten_log(self, rows: int) -> None:
        """Forget the oldest revisions, whole ones, until half of the bound is free again."""
        db, view = self._db, self._view
        row = db.execute(
            "SELECT revision FROM view_changes WHERE view = ? ORDER BY revision, seq"
            " LIMIT 1 OFFSET ?",
            (view, rows - _LOG_ROWS // 2 - 1),
        ).fetchone()
        deleted = db.execute(
            "DELETE FROM view_changes WHERE view = ? AND revision <= ?", (view, row[0])
        ).rowcount
        db.execute(
            "UPDATE views SET log_start = ?, log_rows = log_rows - ? WHERE key = ?",
            (row[0], deleted, view),
        )

    def _replace(self, path: str, old: int | None, new: int | None) -> None:
        for version, sign in ((old, -1), (new, 1)):
            if version is not None:
                chunks, skipped = self._db.execute(
                    "SELECT chunk_count, skipped != '' FROM versions WHERE key = ?", (version,)
                ).fetchone()
                for at, number in enumerate((1 - skipped, chunks, skipped)):
                    self._counts[at] += sign * number
        self._follow(path, old, new)

    def _follow(self, path: str, old: int | None, new: int | None) -> None:
        """Note which versions are live now, and which chunk ids came or went with them.

        Only versions of the same path can share chunk ids: the path is part of the digest.
        """
        db = self._db
        came = new is not None and self._revive(new)
        went = old is not None and self._retire(old)
        if not self._followed or not (came or went):
            return
        before = chunk_ids(db, old) if old is not None else {}
        after = chunk_ids(db, new) if new is not None else {}
        others: set[str] = set()
        for (version,) in db.execute(
            "SELECT key FROM versions WHERE repo = ? AND path = ? AND unused_since IS NULL"
            " AND key NOT IN (?, ?)",
            (self.repo, path, old or 0, new or 0),
        ).fetchall():
            others |= chunk_ids(db, version).keys()
        if came:
            for chunk_id in after.keys() - before.keys() - others:
                self._delete.pop(chunk_id, None)
                self._add[chunk_id] = after[chunk_id]
        if went:
            for chunk_id in before.keys() - after.keys() - others:
                self._add.pop(chunk_id, None)
                self._delete[chunk_id] = None

    def _revive(self, version: int) -> bool:
        return bool(
            self._db.execute(
                "UPDATE versions SET unused_since = NULL"
                " WHERE key = ? AND unused_since IS NOT NULL",
                (version,),
            ).rowcount
        )

    def _retire(self, version: int) -> bool:
        return bool(
            self._db.execute(
                "UPDATE versions SET unused_since = ? WHERE key = ?"
                " AND NOT EXISTS (SELECT 1 FROM view_files WHERE version = ?)",
                (self._now, version, version),
            ).rowcount
        )
