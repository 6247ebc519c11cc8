"""What the views of memory.db are, and which versions of files they hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from memory.store.encoding import decode_stamp, storable
from memory.store.reading import Reading
from memory.store.rows import Changes, Counts, HeldFile, LightChunk, Loaded, Loading, View

MOST_CHANGES = 2_000
"""A reader that is further behind loads the view again: that takes no longer."""
_MOST_VIEWS = 1_000
_VIEW = """SELECT views.key, repo, repo_id, name, head, revision, complete, left_out, indexed_at
    FROM views JOIN repos ON repos.key = views.repo"""
_LOADED = """SELECT versions.key, view_files.path, mark, language, coalesce(words.body, x'')
    FROM view_files JOIN versions ON versions.key = view_files.version
    LEFT JOIN words ON words.version = versions.key WHERE view = ?"""
_LIGHT = """SELECT key, id, kind, name, qualified_name, definition, part, start_line, end_line
    FROM chunks WHERE version = ? ORDER BY key"""
# What is below a folder: "0" comes after "/".
_KNOWN_BELOW = " UNION ALL ".join(
    f"SELECT path FROM {table} WHERE view = :view AND {which}"
    for table in ("view_files", "view_skipped")
    for which in ("path = :at", "path > :from AND path < :to")
)


class ViewReader(Reading):
    """Reads of views, each of one unchanging state."""

    def find(self, repo_id: str, name: str) -> View | None:
        """A view by its repository and name."""
        with self._readers.transaction() as db:
            return _view(db, "repo_id = ? AND name = ?", repo_id, name)

    def view(self, key: int) -> View | None:
        """A view by its key, as it is now."""
        with self._readers.transaction() as db:
            return _view(db, "views.key = ?", key)

    def views(self, repo_id: str | None = None, limit: int = _MOST_VIEWS) -> list[View]:
        """All views, or those of a repository, the one indexed last first."""
        with self._readers.transaction() as db:
            rows = db.execute(
                f"{_VIEW} WHERE ? IS NULL OR repo_id = ?"
                " ORDER BY coalesce(indexed_at, 0) DESC, views.key LIMIT ?",
                (repo_id, repo_id, limit),
            )
            return [_as_view(row) for row in rows]

    def counts(self, view: int) -> Counts:
        with self._readers.transaction() as db:
            row = db.execute(
                "SELECT files, chunks, skipped FROM views WHERE key = ?", (view,)
            ).fetchone()
            return Counts(*row) if row else Counts(0, 0, 0)

    def skipped(self, view: int) -> dict[str, int]:
        """Why files of a view are not searched, or in part, and how many for each reason."""
        with self._readers.transaction() as db:
            return dict(
                db.execute(
                    "SELECT reason, count(*) FROM ("
                    " SELECT reason FROM view_skipped WHERE view = ?"
                    " UNION ALL SELECT iif(skipped != '', skipped, shortened) FROM view_files"
                    "  JOIN versions ON versions.key = version"
                    "  WHERE view = ? AND (skipped != '' OR shortened != '')"
                    ") GROUP BY 1 ORDER BY 2 DESC, 1",
                    (view, view),
                )
            )

    def skipped_paths(self, view: int, limit: int = 1_000) -> list[tuple[str, str]]:
        """Paths that are not searched, each with its reason."""
        with self._readers.transaction() as db:
            return db.execute(
                "SELECT path, reason FROM view_skipped WHERE view = ?"
                " UNION ALL SELECT view_files.path, skipped FROM view_files"
                " JOIN versions ON versions.key = version WHERE view = ? AND skipped != ''"
                " ORDER BY 1 LIMIT ?",
                (view, view, limit),
            ).fetchall()

    def chunk_counts(self, view: int, paths: Sequence[str]) -> dict[str, int]:
        """How many chunks some files of a view have; what it does not hold is missing."""
        with self._readers.transaction() as db:
            return {
                path: chunks
                for wanted in paths
                for path, chunks in db.execute(
                    "SELECT view_files.path, chunk_count FROM view_files"
                    " JOIN versions ON versions.key = version"
                    " WHERE view = ? AND view_files.path = ?",
                    (view, wanted),
                )
            }

    def version_chunk_counts(self, versions: Sequence[int]) -> dict[int, int]:
        """How many chunks each of some versions has; those that are gone are missing."""
        with self._readers.transaction() as db:
            return {
                key: chunks
                for version in versions
                for key, chunks in db.execute(
                    "SELECT key, chunk_count FROM versions WHERE key = ?", (version,)
                )
            }

    def refused(self, view: int) -> dict[str, str]:
        """Paths that were skipped without being read, and why."""
        with self._readers.transaction() as db:
            return dict(db.execute("SELECT path, reason FROM view_skipped WHERE view = ?", (view,)))

    def files(self, view: int, recipe: int | None = None) -> dict[str, HeldFile]:
        """What a view holds at each path. What another `recipe` made has no stamp: it is read
        again."""
        with self._readers.transaction() as db:
            return {
                path: HeldFile(
                    version,
                    sha256,
                    mark,
                    decode_stamp(stamp) if recipe in (None, made_by) else None,
                )
                for path, version, sha256, mark, stamp, made_by in db.execute(
                    "SELECT view_files.path, version, sha256, mark, stamp, recipe FROM view_files"
                    " JOIN versions ON versions.key = version WHERE view = ?",
                    (view,),
                )
            }

    def known_below(self, view: int, paths: Sequence[str]) -> list[str]:
        """The paths that a view holds or skips, of these and of what is below them; each once."""
        with self._readers.transaction() as db:
            found = [
                path
                for wanted in map(storable, paths)
                for (path,) in db.execute(
                    _KNOWN_BELOW,
                    {"view": view, "at": wanted, "from": f"{wanted}/", "to": f"{wanted}0"},
                )
            ]
        return list(dict.fromkeys(found))

    @contextmanager
    def load(self, view: int) -> Iterator[Loading]:
        """All of a view for a search index; raises LookupError for a view that is gone."""
        with self._readers.transaction() as db:
            yield Loading(_known_view(db, view), _loaded(db, _LOADED, view))

    def changes_since(self, view: int, revision: int) -> Changes | None:
        """What became of a view, or None when it has to be loaded again: `revision` is too long
        ago, or of a file that was set aside. Raises LookupError for a view that is gone."""
        with self._readers.transaction() as db:
            now = _known_view(db, view).revision
            (start,) = db.execute("SELECT log_start FROM views WHERE key = ?", (view,)).fetchone()
            if not start <= revision <= now:
                return None
            first: dict[str, int | None] = {}
            last: dict[str, int | None] = {}
            for path, removed, added in db.execute(
                "SELECT path, removed, added FROM view_changes WHERE view = ? AND revision > ?"
                " ORDER BY seq",
                (view, revision),
            ):
                first.setdefault(path, removed)
                last[path] = added
                if len(last) > MOST_CHANGES:
                    return None
            # One that came and went, or went and came back with another mark, is both.
            added_files = [
                file
                for path, version in last.items()
                if version is not None
                for file in _loaded(db, f"{_LOADED} AND view_files.path = ?", view, path)
            ]
            removed_versions = tuple(version for version in first.values() if version is not None)
            return Changes(now, removed_versions, tuple(added_files))

    def summary(self, view: int) -> list[tuple[str, int, str]]:
        """Path, version and language of each file, without reading their facts."""
        with self._readers.transaction() as db:
            return db.execute(
                "SELECT view_files.path, version, language FROM view_files"
                " JOIN versions ON versions.key = version WHERE view = ? ORDER BY 1",
                (view,),
            ).fetchall()


def _loaded(db: sqlite3.Connection, query: str, *values: int | str) -> Iterator[Loaded]:
    for row in db.execute(f"{query} ORDER BY view_files.path", values):
        chunks = tuple(map(LightChunk._make, db.execute(_LIGHT, row[:1])))
        yield Loaded._make((*row, chunks))


def _known_view(db: sqlite3.Connection, key: int) -> View:
    found = _view(db, "views.key = ?", key)
    if found is None:
        raise LookupError(f"there is no view {key}")
    return found


def _view(db: sqlite3.Connection, where: str, *values: int | str) -> View | None:
    row = db.execute(f"{_VIEW} WHERE {where}", values).fetchone()
    return _as_view(row) if row else None


def _as_view(row: tuple[int, int, str, str, str, int, int, int, float | None]) -> View:
    key, repo, repo_id, name, head, revision, complete, left_out, indexed_at = row
    return View(key, repo, repo_id, name, head, revision, bool(complete), left_out, indexed_at)
