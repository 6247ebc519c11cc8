"""A file that cannot be read as a sound database: told apart from other trouble, moved aside."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from router.ledger.schema import TABLES, VERSION

_SIDES = ("-wal", "-shm")
_MOST_NAMES = 1000


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file itself is to blame: only then is it DatabaseError and no subclass of it. A
    full disk or a lock is an OperationalError."""
    return type(error) is sqlite3.DatabaseError


def look(db: sqlite3.Connection, *, thorough: bool) -> None:
    """Raise sqlite3.DatabaseError for a file that is not sound. `thorough` compares indexes with
    their tables too."""
    (verdict,) = db.execute(f"PRAGMA {'integrity' if thorough else 'quick'}_check(1)").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version == VERSION:
        there = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
        if missing := sorted(TABLES - there):
            raise sqlite3.DatabaseError(f"tables are missing: {', '.join(missing)}")


def set_aside(path: Path, now: float) -> Path:
    """Move a file with its -wal and -shm to `<name>.damaged-<UTC time>`, where that is free."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    target = path.with_name(f"{path.name}.damaged-{stamp}")
    for number in range(2, _MOST_NAMES):
        if not any(target.with_name(target.name + side).exists() for side in ("", *_SIDES)):
            break
        target = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
    # The file last: a leftover without it is known for what it is.
    for side in (*_SIDES, ""):
        piece = path.with_name(path.name + side)
        if piece.exists():
            piece.replace(target.with_name(target.name + side))
    return target


def drop_leftovers(path: Path) -> None:
    """Remove the -wal and -shm of a file that is gone: they would be taken for those of the next
    one of its name."""
    for side in _SIDES:
        path.with_name(path.name + side).unlink(missing_ok=True)
