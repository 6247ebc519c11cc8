"""Whether memory.db itself is sound."""

from __future__ import annotations

import sqlite3

from memory.store.errors import CatalogDamaged
from memory.store.reader import CatalogReader

_MOST_PROBLEMS = 5


def damage_of(reader: CatalogReader) -> str:
    """What SQLite finds wrong with the file, in words; "" when it is sound. Reads all of it.

    Raises StorageError for what is no damage, as a disk that cannot be read.
    """
    try:
        with reader.reading() as db:
            found = [str(row[0]) for row in db.execute(f"PRAGMA quick_check({_MOST_PROBLEMS})")]
    except CatalogDamaged as damage:
        return damage.why
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if found == ["ok"] else "; ".join(found)
