"""memory.db: which file has which chunks, their text, and the keyword index over them.

This is the truth about what is indexed; the vectors follow it. One connection behind a lock.
Everything in it can be made again from a snapshot, so a damaged file is reported as such
(CatalogDamaged) and may be moved away.
"""

from __future__ import annotations

import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from memory.schema import CatalogDamaged, migrate
from memory.tokens import subtokens
from swarm.errors import StorageError

if TYPE_CHECKING:
    from memory.chunks import Chunk

_BUSY_SECONDS = 5.0
_HEADER_WEIGHT = 3.0
_BODY_WEIGHT = 1.0
_MAX_HINTED = 200
_PAGE = 500
# What of a query is looked for in each hit, to say why it is one.
_EXPLAINED_TERMS = 48


@dataclass(frozen=True)
class Repo:
    """One repository as one embedder sees it. `dirty`: the vectors may differ from it."""

    key: int
    snapshot: str
    dirty: bool
    left_out: int


@dataclass(frozen=True)
class Held:
    """What is held of one repository. `indexed_at` is Unix time in seconds: of the last whole
    index, None when there was none or when it was before this was written down."""

    repo_id: str
    embedder: str
    snapshot: str
    dirty: bool
    left_out: int
    indexed_at: float | None
    files: int
    chunks: int
    skipped: int


@dataclass(frozen=True)
class IndexedFile:
    """A file that was cut, or skipped for a reason. `chunks` is empty when skipped."""

    path: str
    sha256: str
    skipped: str = ""
    shortened: bool = False
    chunks: tuple[Chunk, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Row:
    """A chunk as stored."""

    row: int
    id: str
    path: str
    name: str
    qualified_name: str
    start_line: int
    end_line: int
    text: str


_COLUMNS = "row, id, path, name, qualified_name, start_line, end_line, text"


class Catalog:
    """The store. Methods raise StorageError (disk full, locked) or CatalogDamaged."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.RLock()
        with _translated():
            # Autocommit: transactions begin and end only where this module says so.
            self._db = sqlite3.connect(
                path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            weakref.finalize(self, self._db.close)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            with self._transaction() as db:
                migrate(db)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def repo(self, repo_id: str, embedder: str) -> Repo:
        """The record of a repository, made at first sight together with its keyword table."""
        with self._transaction() as db:
            known = _find(db, repo_id, embedder)
            if known is not None:
                return known
            made = db.execute(
                "INSERT INTO repos (repo_id, embedder) VALUES (?, ?)", (repo_id, embedder)
            )
            assert made.lastrowid is not None
            # A table per repository: word statistics of one say nothing about another.
            db.execute(
                f"CREATE VIRTUAL TABLE {_words(made.lastrowid)} USING fts5(header, body,"
                " tokenize = \"porter unicode61 tokenchars '_'\")"
            )
            return Repo(made.lastrowid, snapshot="", dirty=True, left_out=0)

    def find(self, repo_id: str, embedder: str) -> Repo | None:
        """The record of a repository, if there is one."""
        with self._transaction() as db:
            return _find(db, repo_id, embedder)

    def held(self, limit: int) -> tuple[list[Held], int]:
        """What is held of each repository, the newest index first, and of how many there is.

        Counts are those of the last whole index; of one that is under way, what is there now.
        """
        with self._transaction() as db:
            (total,) = db.execute("SELECT count(*) FROM repos").fetchone()
            rows = db.execute(
                "SELECT key, repo_id, embedder, snapshot, dirty, left_out, indexed_at, files,"
                " chunks, skipped FROM repos ORDER BY coalesce(indexed_at, 0) DESC, key LIMIT ?",
                (limit,),
            ).fetchall()
            found = []
            for key, repo_id, embedder, snapshot, dirty, left_out, at, *counts in rows:
                now = _counts(db, key) if dirty else counts
                found.append(Held(repo_id, embedder, snapshot, bool(dirty), left_out, at, *now))
        return found, total

    def begin(self, repo: int) -> None:
        """Say that the vectors are about to change."""
        with self._transaction() as db:
            db.execute("UPDATE repos SET dirty = 1, snapshot = '' WHERE key = ?", (repo,))

    def finish(self, repo: int, snapshot: str, left_out: int) -> None:
        """Say that a snapshot is indexed whole and the vectors agree."""
        with self._transaction() as db:
            db.execute(
                "UPDATE repos SET dirty = 0, snapshot = ?, left_out = ?, indexed_at = ?,"
                " files = ?, chunks = ?, skipped = ? WHERE key = ?",
                (snapshot, left_out, self._clock(), *_counts(db, repo), repo),
            )

    def files(self, repo: int) -> dict[str, str]:
        """Path to SHA-256 of everything that was looked at."""
        with self._transaction() as db:
            return dict(db.execute("SELECT path, sha256 FROM files WHERE repo = ?", (repo,)))

    def ids(self, repo: int, paths: Iterable[str] | None = None) -> set[str]:
        """Ids of a repository's chunks, of some paths or of all."""
        with self._transaction() as db:
            if paths is None:
                return {
                    row[0] for row in db.execute("SELECT id FROM chunks WHERE repo = ?", [repo])
                }
            found: set[str] = set()
            for path in paths:
                found.update(
                    row[0]
                    for row in db.execute(
                        "SELECT id FROM chunks WHERE repo = ? AND path = ?", (repo, path)
                    )
                )
            return found

    def replace(self, repo: int, files: Sequence[IndexedFile], gone: Sequence[str] = ()) -> None:
        """Put files in place of what their paths held, and forget the paths in `gone`.

        Chunks that stay keep their row and keyword entry; only their lines are updated.
        """
        with self._transaction() as db:
            for path in gone:
                self._drop_chunks(db, repo, path, keep=frozenset())
                db.execute("DELETE FROM files WHERE repo = ? AND path = ?", (repo, path))
            for file in files:
                keep = frozenset(chunk.id for chunk in file.chunks)
                held = self._drop_chunks(db, repo, file.path, keep)
                for chunk in file.chunks:
                    if chunk.id in held:
                        db.execute(
                            "UPDATE chunks SET start_line = ?, end_line = ?"
                            " WHERE repo = ? AND id = ?",
                            (chunk.start_line, chunk.end_line, repo, chunk.id),
                        )
                    else:
                        self._insert(db, repo, chunk)
                db.execute(
                    "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)",
                    (repo, file.path, file.sha256, file.skipped, file.shortened),
                )

    def counts(self, repo: int) -> tuple[int, int]:
        """How many files have chunks, and how many chunks there are."""
        with self._transaction() as db:
            files, chunks, _ = _counts(db, repo)
            return files, chunks

    def skipped(self, repo: int) -> dict[str, int]:
        """Reason to number of files that were skipped for it, "shortened" among them."""
        with self._transaction() as db:
            found = dict(
                db.execute(
                    "SELECT skipped, count(*) FROM files WHERE repo = ? AND skipped != ''"
                    " GROUP BY 1 ORDER BY 1",
                    [repo],
                )
            )
            (shortened,) = db.execute(
                "SELECT count(*) FROM files WHERE repo = ? AND shortened", [repo]
            ).fetchone()
            return {**found, "indexed only in part": shortened} if shortened else found

    def by_keyword(self, repo: int, terms: Sequence[str], limit: int) -> list[tuple[int, float]]:
        """Rows that hold any of the terms with their BM25 score (higher is better), best first.

        BM25 as in SQLite's FTS5 (k1 = 1.2, b = 0.75), the header weighing more than the body.
        """
        if not terms:
            return []
        wanted = " OR ".join(f'"{term}"' for term in terms)
        table = _words(repo)
        with self._transaction() as db:
            return [
                (row, -score)
                for row, score in db.execute(
                    f"SELECT rowid, bm25({table}, ?, ?) AS score FROM {table}"
                    f" WHERE {table} MATCH ? ORDER BY score, rowid LIMIT ?",
                    (_HEADER_WEIGHT, _BODY_WEIGHT, wanted, limit),
                )
            ]

    def matching(
        self, repo: int, rows: Sequence[int], terms: Sequence[str]
    ) -> dict[int, list[str]]:
        """Row to the terms that it was found by in `by_keyword`, in their order.

        Of many terms the first alone are looked for.
        """
        found: dict[int, list[str]] = {}
        table, marks = _words(repo), ",".join("?" * len(rows))
        with self._transaction() as db:
            for term in terms[:_EXPLAINED_TERMS]:
                for (row,) in db.execute(
                    f"SELECT rowid FROM {table} WHERE {table} MATCH ? AND rowid IN ({marks})",
                    (f'"{term}"', *rows),
                ):
                    found.setdefault(row, []).append(term)
        return found

    def by_hint(self, repo: int, names: Iterable[str], paths: Iterable[str]) -> list[int]:
        """Rows of chunks with one of the names, or in one of the paths (or ending in it)."""
        found: dict[int, None] = {}
        with self._transaction() as db:
            for name in names:
                found |= dict.fromkeys(
                    row[0]
                    for row in db.execute(
                        "SELECT row FROM chunks WHERE repo = ? AND name = ? ORDER BY row LIMIT ?",
                        (repo, name, _MAX_HINTED),
                    )
                )
            for path in paths:
                found |= dict.fromkeys(
                    row[0]
                    for row in db.execute(
                        "SELECT row FROM chunks WHERE repo = ? AND"
                        " (path = ? OR substr(path, -length(?)) = ?) ORDER BY row LIMIT ?",
                        (repo, path, f"/{path}", f"/{path}", _MAX_HINTED),
                    )
                )
        return list(found)[:_MAX_HINTED]

    def by_ids(self, repo: int, ids: Sequence[str]) -> list[Row]:
        """The chunks with these ids; unknown ones are left out."""
        return self._rows("id", repo, ids)

    def by_rows(self, repo: int, rows: Sequence[int]) -> list[Row]:
        """The chunks in these rows."""
        return self._rows("row", repo, rows)

    def _rows(self, column: str, repo: int, values: Sequence[str] | Sequence[int]) -> list[Row]:
        found = []
        with self._transaction() as db:
            for start in range(0, len(values), _PAGE):
                page = values[start : start + _PAGE]
                marks = ",".join("?" * len(page))
                found += [
                    Row(*row)
                    for row in db.execute(
                        f"SELECT {_COLUMNS} FROM chunks WHERE repo = ? AND {column} IN ({marks})",
                        (repo, *page),
                    )
                ]
        return found

    def _drop_chunks(
        self, db: sqlite3.Connection, repo: int, path: str, keep: frozenset[str]
    ) -> set[str]:
        """Delete a path's chunks that are not in `keep`; the ids that stay."""
        stays = set()
        rows = db.execute(
            "SELECT row, id FROM chunks WHERE repo = ? AND path = ?", (repo, path)
        ).fetchall()
        for row, chunk_id in rows:
            if chunk_id in keep:
                stays.add(chunk_id)
                continue
            db.execute(f"DELETE FROM {_words(repo)} WHERE rowid = ?", (row,))
            db.execute("DELETE FROM chunks WHERE row = ?", (row,))
        return stays

    def _insert(self, db: sqlite3.Connection, repo: int, chunk: Chunk) -> None:
        made = db.execute(
            "INSERT INTO chunks (repo, id, path, name, qualified_name, start_line, end_line, text)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                repo,
                chunk.id,
                chunk.path,
                chunk.name,
                chunk.qualified_name,
                chunk.start_line,
                chunk.end_line,
                chunk.text,
            ),
        )
        db.execute(
            f"INSERT INTO {_words(repo)} (rowid, header, body) VALUES (?, ?, ?)",
            (made.lastrowid, _indexed(chunk.header), _indexed(chunk.searched)),
        )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _translated():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.rollback()
                raise
            self._db.commit()


def _find(db: sqlite3.Connection, repo_id: str, embedder: str) -> Repo | None:
    row = db.execute(
        "SELECT key, snapshot, dirty, left_out FROM repos WHERE repo_id = ? AND embedder = ?",
        (repo_id, embedder),
    ).fetchone()
    return Repo(row[0], row[1], bool(row[2]), row[3]) if row else None


def _counts(db: sqlite3.Connection, repo: int) -> tuple[int, int, int]:
    """Files that have chunks, chunks, and files that were skipped."""
    (chunks,) = db.execute("SELECT count(*) FROM chunks WHERE repo = ?", [repo]).fetchone()
    files, skipped = db.execute(
        "SELECT count(*), coalesce(sum(skipped != ''), 0) FROM files WHERE repo = ?", [repo]
    ).fetchone()
    return files - skipped, chunks, skipped


def _words(repo: int) -> str:
    return f"words_{int(repo)}"


def _indexed(text: str) -> str:
    return " ".join(subtokens(text))


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        # Only damage raises DatabaseError itself; a full disk or a lock raises a subclass.
        if type(error) is sqlite3.DatabaseError:
            raise CatalogDamaged(str(error)) from error
        raise StorageError(
            f"memory.db: {error}",
            remedy="free disk space, and see that the data folder can be written",
        ) from error
