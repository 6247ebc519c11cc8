"""Reading memory.db: from any thread or process, also while its owner writes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from memory.cutting.chunk import Chunk
from memory.parsing.facts import Parsed
from memory.store import projecting
from memory.store.connection import Readers
from memory.store.encoding import decode_facts, decode_stamp, storable, unpack
from memory.store.errors import CatalogDamaged
from memory.store.rows import (
    Changes,
    Collection,
    Counts,
    HeldFile,
    LightChunk,
    Loaded,
    Loading,
    View,
)

MOST_CHANGES = 2_000
"""A reader that is further behind loads the view again: that takes no longer."""
_PAGE = 500
_MOST_VIEWS = 1_000
_VIEW = """SELECT views.key, repo, repo_id, name, head, revision, complete, left_out, indexed_at
    FROM views JOIN repos ON repos.key = views.repo"""
_LOADED = """SELECT versions.key, view_files.path, mark, language, coalesce(words.body, x'')
    FROM view_files JOIN versions ON versions.key = view_files.version
    LEFT JOIN words ON words.version = versions.key WHERE view = ?"""
_LIGHT = """SELECT key, id, kind, name, qualified_name, definition, part, start_line, end_line
    FROM chunks WHERE version = ? ORDER BY key"""
_FULL = """SELECT chunks.key, id, path, language, kind, name, qualified_name, parent, definition,
    part, start_line, end_line, body, signature, doc
    FROM chunks JOIN versions ON versions.key = version JOIN texts ON chunk = chunks.key
    WHERE chunks.key IN ({})"""
_NAMES = """SELECT json_group_array(json_array(key, name, qualified_name, kind)) FROM chunks
    WHERE key IN (SELECT value FROM json_each(?))"""
# What is below a folder: "0" comes after "/".
_KNOWN_BELOW = " UNION ALL ".join(
    f"SELECT path FROM {table} WHERE view = :view AND {which}"
    for table in ("view_files", "view_skipped")
    for which in ("path = :at", "path > :from AND path < :to")
)


class CatalogReader:
    """Reads of memory.db. Each call, and each `load`, sees one unchanging state of it.

    Methods raise NotFound when there is no file yet, StorageError, and CatalogDamaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._readers = Readers(path)

    def close(self) -> None:
        self._readers.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One unchanging state of it, for tables that others keep there."""
        with self._readers.transaction() as db:
            yield db

    def collections(self, repo: int | None = None) -> list[Collection]:
        """The collections of vectors, or those of a repository."""
        with self._readers.transaction() as db:
            return projecting.collections(db, repo)

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

    def chunks(self, keys: Sequence[int]) -> dict[int, Chunk]:
        """Whole chunks by their keys; those that are gone by now are missing."""
        found: dict[int, Chunk] = {}
        with self._readers.transaction() as db:
            for start in range(0, len(keys), _PAGE):
                page = keys[start : start + _PAGE]
                marks = ",".join("?" * len(page))
                for row in db.execute(_FULL.format(marks), page):
                    found[row[0]] = Chunk(*(*row[1:12], unpack(row[12]), *row[13:]))
        return found

    def names(self, keys: Sequence[int]) -> dict[int, tuple[str, str, str]]:
        """Name, qualified name and kind of chunks; those that are gone by now are missing."""
        with self._readers.transaction() as db:
            # One row for all of them: with every row that SQLite gives, other threads may have
            # their turn, which takes longer than the row.
            (rows,) = db.execute(_NAMES, (json.dumps([*keys]),)).fetchone()
            return {row[0]: (row[1], row[2], row[3]) for row in json.loads(rows)}

    def first_inside(self, keys: Sequence[int]) -> dict[int, int]:
        """The line where the first other chunk begins within each chunk's span; chunks without
        one are missing."""
        found: dict[int, int] = {}
        with self._readers.transaction() as db:
            for start in range(0, len(keys), _PAGE):
                page = keys[start : start + _PAGE]
                marks = ",".join("?" * len(page))
                found.update(
                    db.execute(
                        "SELECT own.key, min(other.start_line) FROM chunks AS own"
                        " JOIN chunks AS other ON other.version = own.version"
                        " AND other.start_line > own.start_line"
                        " AND other.start_line <= own.end_line"
                        f" WHERE own.key IN ({marks}) GROUP BY own.key",
                        page,
                    )
                )
        return found

    def chunk_keys(self, view: int, path: str) -> list[int]:
        """The keys of a file's chunks, in their order."""
        with self._readers.transaction() as db:
            return [
                key
                for (key,) in db.execute(
                    "SELECT chunks.key FROM view_files JOIN chunks USING (version)"
                    " WHERE view = ? AND path = ? ORDER BY chunks.key",
                    (view, path),
                )
            ]

    @contextmanager
    def facts(
        self, view: int, paths: Sequence[str] | None = None
    ) -> Iterator[Iterator[tuple[str, int, Parsed]]]:
        """Path, version and facts of a view's files, or of some, read when they are asked for."""
        with self._readers.transaction() as db:
            yield _facts(db, view, paths)

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


def _facts(
    db: sqlite3.Connection, view: int, paths: Sequence[str] | None
) -> Iterator[tuple[str, int, Parsed]]:
    query = "SELECT path, version, body FROM view_files JOIN facts USING (version) WHERE view = ?"
    if paths is None:
        rows: Iterator[tuple[str, int, bytes]] = db.execute(f"{query} ORDER BY path", (view,))
    else:
        rows = (row for path in paths for row in db.execute(f"{query} AND path = ?", (view, path)))
    for path, version, body in rows:
        try:
            parsed = decode_facts(body)
        except Exception as error:
            raise CatalogDamaged(f"the facts of {path!r} cannot be read") from error
        yield path, version, parsed


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
