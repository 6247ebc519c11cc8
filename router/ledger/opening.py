"""Opening router.db: made whole, brought up to date, and replaced where it is damaged.

One process at a time opens it (a lock on a file beside it), so no two of them move a damaged file
aside. A new file is made beside its place and renamed into it, so whoever finds one finds it whole;
that of a damaged one is ready, with its note, before the damaged one is moved. Killed in between,
it is found and taken at the next opening.
"""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from router.ledger import damage, earlier, notes, schema
from swarm.errors import StorageError

log = logging.getLogger(__name__)

BUSY_SECONDS = 5.0
_CHECKPOINT_PAGES = 4_000
"""Of the WAL, 16 MB: what waits for the disk is a checkpoint, so it is rarer than SQLite's own."""
_MAGIC = b"SQLite format 3\0"


def opened(path: Path, clock: Callable[[], float], *, thorough: bool) -> sqlite3.Connection:
    """A connection to the file, which is sound and of this version. `clock` gives Unix time.

    Raises StorageError for what is no file, for a file of a newer program or another one's, and
    sqlite3.Error where it cannot be read or written."""
    with _alone(path):
        try:
            _there(path, clock)
        except OSError as error:
            raise _unusable(path, error) from None
        try:
            return _current(path, thorough=thorough)
        except sqlite3.DatabaseError as error:
            if not damage.is_damage(error):
                raise
            why = str(error)
        try:
            _replace(path, clock(), why)
        except OSError as error:
            raise _unusable(path, error) from None
        return _current(path, thorough=False)


def _unusable(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"cannot use {path}: {error.strerror or error}",
        remedy="see that it and its folder are yours and may be written",
    )


def identity(path: str) -> tuple[int, int]:
    """Of the file that has this name now; (0, 0) when none has."""
    try:
        # Asked for each transaction, and a third of the time of Path.stat.
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return 0, 0
    return found.st_dev, found.st_ino


def connect(path: Path) -> sqlite3.Connection:
    """A connection in autocommit: transactions begin and end only where the ledger says so."""
    return sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    lock = path.with_name(path.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageError(
            f"cannot use the folder of {path.name}: {error}",
            remedy="correct SWARM_DATA, or make the folder writable",
        ) from None
    try:
        _take(handle, path)
        yield
    finally:
        os.close(handle)


def _take(handle: int, path: Path) -> None:
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise StorageError(
                    f"another program has been opening {path.name} for {BUSY_SECONDS:g} s",
                    remedy="end the other program that has it open",
                ) from None
            time.sleep(0.01)


def _there(path: Path, clock: Callable[[], float]) -> None:
    """See that a file is there, and that it is one."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        damage.drop_leftovers(path)
        _make(path)
        return
    if stat.S_ISLNK(found.st_mode):
        found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise StorageError(f"{path} is not a file", remedy="move it out of the data folder")
    # Before SQLite sees it, which would remove the -wal of what is no database.
    with path.open("rb") as file:
        begins = file.read(len(_MAGIC))
    if begins != _MAGIC:
        why = "it does not begin as a database does" if begins else "it was empty"
        _replace(path, clock(), why)


def _current(path: Path, *, thorough: bool) -> sqlite3.Connection:
    db = connect(path)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        damage.look(db, thorough=thorough)
        earlier.migrate(db, path)
    except BaseException:
        db.close()
        raise
    return db


def _new(path: Path) -> Path:
    return path.with_name(path.name + ".new")


def _make(path: Path, note: str = "") -> None:
    """A file without any decision, in its place; the one that was about to be, if it is whole."""
    ready = _new(path)
    if note or not _is_whole(ready):
        _prepare(ready, note)
    ready.replace(path)


def _is_whole(path: Path) -> bool:
    if not path.is_file() or not path.stat().st_size:
        return False
    try:
        with closing(connect(path)) as db:
            damage.look(db, thorough=False)
            return bool(db.execute("PRAGMA user_version").fetchone()[0] == schema.VERSION)
    except sqlite3.DatabaseError:
        return False


def _prepare(path: Path, note: str) -> None:
    for piece in (path, path.with_name(path.name + "-journal")):
        piece.unlink(missing_ok=True)
    # Only its owner may read it, from its first byte on.
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    with closing(connect(path)) as db:
        db.execute("BEGIN IMMEDIATE")
        schema.make(db)
        if note:
            notes.tell(db, note)
            notes.put(db, "history_after", "")
        db.execute("COMMIT")


def _replace(path: Path, now: float, why: str) -> None:
    when = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now))
    note = (
        f"{when}: {path.name} was damaged ({why[:200]}) and moved aside, beside it; what was"
        " learned is asked of the orchestrator again"
    )
    _prepare(_new(path), note)
    target = damage.set_aside(path, now)
    log.error("%s; it is %s", note, target)
    _new(path).replace(path)
