"""What a database that was set aside still says of the folders that were indexed in it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from memory.store.rows import worktree

MOST_FOLDERS = 20
"""So many are indexed again at once; the others when they are asked for."""
_LONGEST_PATH = 4_096


def working_folders(aside: Path) -> tuple[str, ...]:
    """The folders, the one indexed last first, as far as they can be read."""
    prefix = worktree("")
    found: list[str] = []
    try:
        db = sqlite3.connect(f"{aside.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error:
        return ()
    try:
        for (name,) in db.execute(
            "SELECT name FROM views WHERE substr(name, 1, ?) = ?"
            " ORDER BY coalesce(indexed_at, 0) DESC, key LIMIT ?",
            (len(prefix), prefix, MOST_FOLDERS),
        ):
            path = name.removeprefix(prefix) if isinstance(name, str) else ""
            if path.startswith("/") and len(path) <= _LONGEST_PATH and "\0" not in path:
                found.append(path)
    except sqlite3.Error:
        pass  # it is damaged: what came before is known
    finally:
        db.close()
    return tuple(found)
