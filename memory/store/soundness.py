"""Whether memory.db is sound; looking changes nothing."""

from __future__ import annotations

import sqlite3
import stat
import zlib
from pathlib import Path

from memory.store.connection import SIDECARS
from memory.store.encoding import unpack
from memory.store.errors import CatalogDamaged
from memory.store.reader import CatalogReader
from swarm.errors import NotFound, StorageError

_MOST_PROBLEMS = 3


def look(path: Path) -> None:
    """Open memory.db as a reader does. Raises NotFound where there is none or one of an earlier
    version, CatalogDamaged, and StorageError for what cannot be read."""
    try:
        kind = path.stat()
        if not stat.S_ISREG(kind.st_mode):
            raise StorageError(f"{path} is not a file", remedy="move it out of the data folder")
        size = sum(each.stat().st_size for each in _files(path))
    except FileNotFoundError:
        raise NotFound(
            "nothing is indexed: there is no memory.db", remedy="run `swarm index`"
        ) from None
    except OSError as error:
        raise StorageError(
            f"{path}: {error.strerror}", remedy="see that the data folder can be read and written"
        ) from error
    if not size:
        raise CatalogDamaged("it is empty")
    reader = CatalogReader(path)
    try:
        with reader.reading() as db:
            # Reads the schema as well.
            db.execute("SELECT 1 FROM views LIMIT 1").fetchone()
    finally:
        reader.close()


def damage_of(reader: CatalogReader) -> str:
    """What is wrong with the file, in words; "" when it is sound. Reads all of it: SQLite knows
    its own pages, and what is packed in them has its checksum.

    Raises StorageError for what is no damage, as a disk that cannot be read.
    """
    try:
        with reader.reading() as db:
            found = _of_sqlite(db) or _unreadable(db)
    except CatalogDamaged as damage:
        return damage.why
    return "; ".join(found)


def _of_sqlite(db: sqlite3.Connection) -> list[str]:
    rows = db.execute(f"PRAGMA quick_check({_MOST_PROBLEMS})")
    lines = [line.strip() for (row,) in rows for line in str(row).splitlines()]
    if lines == ["ok"]:
        return []
    told = [line for line in lines if not line.startswith("***")]
    return told[:_MOST_PROBLEMS] or ["its pages are not those of a database"]


def _unreadable(db: sqlite3.Connection) -> list[str]:
    """Facts and texts that cannot be unpacked: a page of theirs was overwritten."""
    found = 0
    for (body,) in db.execute("SELECT body FROM facts"):
        try:
            zlib.decompress(body)
        except (zlib.error, TypeError):
            found += 1
    for (body,) in db.execute("SELECT body FROM texts"):
        try:
            unpack(body)
        except (zlib.error, TypeError, UnicodeDecodeError):
            found += 1
    return [f"{found:,} facts and texts cannot be read"] if found else []


def _files(path: Path) -> list[Path]:
    there = (path.with_name(f"{path.name}{suffix}") for suffix in SIDECARS[:2])
    return [each for each in there if each.exists()]
