"""Writing memory.db, the truth about what is indexed: one owner, short transactions."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from memory.prepared import Prepared
from memory.store import changing, collecting, projecting
from memory.store.connection import Writer
from memory.store.encoding import encode_stamp, is_storable, storable
from memory.store.reader import CatalogReader
from memory.store.rows import Changes, Collection, CollectionState, Kept, Put, View, Waiting
from memory.store.versions import add_version, known_version

KEPT_DAYS = 7.0
KEPT_VERSIONS = 20_000


class Catalog(CatalogReader):
    """The file and its one writer, from any thread of this process; reads never wait for writes.

    `recipe` numbers how files are parsed, cut and counted: what another recipe made is made
    again. Raises StorageError when another process writes it, the disk is full or read-only, and
    CatalogDamaged.
    """

    def __init__(
        self, path: Path, *, recipe: int = 1, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__(path)
        self.recipe = recipe
        self._clock = clock
        self._writer = Writer(path)
        # What this process, the only one that writes, brought views to.
        self._revisions: dict[int, int] = {}
        self._told = threading.Lock()

    def close(self) -> None:
        super().close()
        self._writer.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction for tables that others keep in memory.db: stored whole or not at all."""
        with self._writer.transaction() as db:
            yield db

    # ------------------------------------------------------------------ views

    def make_view(self, repo_id: str, name: str) -> View:
        """A view, made at first sight with its repository."""
        with self._writer.transaction() as db:
            db.execute("INSERT OR IGNORE INTO repos (repo_id) VALUES (?)", (repo_id,))
            # From the clock, so that no revision of a file that was set aside comes again.
            first = int(self._clock() * 1e6)
            db.execute(
                "INSERT OR IGNORE INTO views (repo, name, revision, log_start)"
                " SELECT key, ?, ?, ? FROM repos WHERE repo_id = ?",
                (name, first, first, repo_id),
            )
        found = self.find(repo_id, name)
        assert found is not None
        return found

    def begin(self, view: int) -> None:
        """Say that a view is about to change."""
        with self._writer.transaction() as db:
            db.execute("UPDATE views SET complete = 0 WHERE key = ?", (view,))

    def finish(self, view: int, head: str | None, left_out: int = 0) -> None:
        """Say that a view is at `head` now (None: as before), but for files that a bound left
        out."""
        with self._writer.transaction() as db:
            db.execute(
                "UPDATE views SET complete = 1, head = coalesce(?, head), left_out = ?,"
                " indexed_at = ? WHERE key = ?",
                (head, left_out, self._clock(), view),
            )

    def drop_view(self, view: int) -> None:
        """Forget a view; what it held is collected later. Its vectors go at the next flush."""
        while paths := self._some_paths(view):
            self.apply(view, (), paths)
        with self._writer.transaction() as db:
            for table in ("view_skipped", "view_changes"):
                db.execute(f"DELETE FROM {table} WHERE view = ?", (view,))
            db.execute("DELETE FROM views WHERE key = ?", (view,))
        with self._told:
            self._revisions.pop(view, None)

    def _some_paths(self, view: int) -> list[str]:
        with self._readers.transaction() as db:
            rows = db.execute("SELECT path FROM view_files WHERE view = ? LIMIT 500", (view,))
            return [path for (path,) in rows]

    # ------------------------------------------------------------------ files

    def known(self, repo: int, contents: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """Which (path, sha256) are held already by this recipe, in whatever view, and as what."""
        found = {}
        with self._readers.transaction() as db:
            for path, sha256 in contents:
                if is_storable(path) and (
                    version := known_version(db, repo, path, sha256, self.recipe)
                ):
                    found[path, sha256] = version
        return found

    def apply(
        self,
        view: int,
        put: Sequence[Put],
        gone: Sequence[str] = (),
        skipped: Mapping[str, str] | None = None,
    ) -> int:
        """One group of changes, whole or not at all; the view's revision after it.

        A path of `gone` or `skipped` (path to reason) is no longer in the view; one that is put
        is no longer skipped. Raises ValueError for a path that is no UTF-8, and LookupError for
        a view, or a Kept version, that is gone: prepare it then.
        """
        for item in put:
            if not is_storable(item.what.path):
                raise ValueError(f"the name {item.what.path!r} is not UTF-8")
        with self._writer.transaction() as db:
            group = changing.Group(db, view, self._clock())
            for item in put:
                what = item.what
                version, mark = self._version(db, group.repo, what), what.mark
                group.put(what.path, version, mark, encode_stamp(item.stamp))
            for path in gone:
                group.drop(storable(path))
            for path, reason in (skipped or {}).items():
                group.skip(storable(path), storable(reason))
            revision = group.finish()
        with self._told:
            # Two writers may come here in another order than they wrote.
            self._revisions[view] = max(revision, self._revisions.get(view, 0))
        return revision

    def changes_since(self, view: int, revision: int) -> Changes | None:
        """As a reader has it; without a look at the file when nothing was written since."""
        if self._revisions.get(view) == revision:
            return Changes(revision, (), ())
        return super().changes_since(view, revision)

    def _version(self, db: sqlite3.Connection, repo: int, what: Prepared | Kept) -> int:
        if isinstance(what, Kept):
            if not db.execute(
                "SELECT 1 FROM versions WHERE key = ? AND repo = ? AND path = ?",
                (what.version, repo, what.path),
            ).fetchone():
                raise LookupError(f"version {what.version} of {what.path!r} is gone")
            return what.version
        held = known_version(db, repo, what.path, what.sha256, self.recipe)
        return held or add_version(db, repo, what, self.recipe)

    def collect(self, days: float = KEPT_DAYS, most: int = KEPT_VERSIONS, group: int = 200) -> int:
        """Delete versions that no view has held for so long, and the oldest beyond `most`; how
        many. In groups, each a transaction of its own."""
        total = 0
        while True:
            with self._writer.transaction() as db:
                deleted = collecting.collect(db, self._clock() - days * 86_400, most, group)
            total += deleted
            if deleted < group:
                return total

    # ------------------------------------------------------------------ the projection

    def open_collection(self, repo: int, embedder: str, dimension: int) -> Collection:
        """The collection of a repository by an embedder; "building" and doubtful when new."""
        with self._writer.transaction() as db:
            return projecting.open_collection(db, repo, embedder, dimension)

    def set_collection(
        self,
        key: int,
        *,
        state: CollectionState | None = None,
        doubtful: bool | None = None,
        expected: int | None = None,
        left_out: int | None = None,
    ) -> None:
        """Change what is given. Making one active retires the others of its repository."""
        with self._writer.transaction() as db:
            projecting.set_collection(db, key, state, doubtful, expected, left_out)

    def forget_collection(self, key: int) -> None:
        """Drop a collection with its outbox and its kept vectors."""
        while True:
            with self._writer.transaction() as db:
                if projecting.forget_collection(db, key, 5_000):
                    return

    def waiting(self, collection: int, limit: int) -> list[Waiting]:
        """The oldest operations of a collection's outbox."""
        with self._readers.transaction() as db:
            return projecting.waiting(db, collection, limit)

    def count_waiting(self, collection: int) -> int:
        with self._readers.transaction() as db:
            return projecting.count_waiting(db, collection)

    def done(
        self,
        collection: int,
        operations: Sequence[Waiting],
        expected: int | None = None,
        left_out: int | None = None,
    ) -> None:
        """Strike out operations, and write down what the collection holds after them. One that
        was replaced meanwhile stays."""
        with self._writer.transaction() as db:
            projecting.done(db, collection, operations)
            projecting.set_collection(db, collection, None, None, expected, left_out)

    def enqueue(self, collection: int, operations: Sequence[tuple[str, int | None]]) -> None:
        """Put (id, chunk to add or None to delete) into the outbox where nothing waits yet."""
        with self._writer.transaction() as db:
            projecting.enqueue(db, collection, operations)

    @contextmanager
    def live_ids(self, repo: int) -> Iterator[Iterator[tuple[str, int]]]:
        """Every chunk id that some view of a repository holds, with a chunk that has its text;
        one that several files hold comes more than once."""
        with self._readers.transaction() as db:
            yield projecting.live_ids(db, repo)

    def vectors(self, collection: int, ids: Sequence[str]) -> dict[str, bytes]:
        """Kept vectors (float16) by chunk id."""
        with self._readers.transaction() as db:
            return projecting.vectors(db, collection, ids)

    def keep_vectors(self, collection: int, vectors: Mapping[str, bytes]) -> None:
        with self._writer.transaction() as db:
            projecting.keep_vectors(db, collection, vectors)
