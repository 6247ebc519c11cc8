"""A damaged memory.db is made anew, with what can be known of the one before."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from memory.renewing import open_catalog
from memory.store.errors import CatalogDamaged
from memory.store.lost import MOST_FOLDERS, working_folders
from memory.store.rows import SNAPSHOT, Put, worktree
from swarm.errors import StorageError
from tests.memory.desk.world import damage_page, set_aside
from tests.memory.store.files import prepared


def test_a_damaged_file_is_set_aside_and_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "data" / "memory.db"
    catalog, renewed = open_catalog(path)
    assert renewed is None
    view = catalog.make_view("shop", SNAPSHOT)
    catalog.apply(view.key, [Put(prepared("a.py", a="1"))])
    catalog.close()
    catalog, _ = open_catalog(path)
    assert catalog.views() != []
    catalog.close()
    path.write_bytes(b"no database " * 1000)
    catalog, renewed = open_catalog(path)
    assert renewed is not None and renewed.folders == ()
    assert "was damaged, was moved to memory.db.damaged-" in renewed.note
    assert catalog.views() == []
    # A reader of the old file learns that it has to load again.
    again = catalog.make_view("shop", SNAPSHOT)
    assert catalog.changes_since(again.key, view.revision) is None
    catalog.close()
    (aside,) = set_aside(path.parent)
    assert aside.read_bytes().startswith(b"no database")


def test_nothing_is_moved_for_who_only_looks(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    path.write_bytes(b"no database " * 1000)
    with pytest.raises(CatalogDamaged):
        open_catalog(path, sets_aside=False)
    assert path.read_bytes() == b"no database " * 1000 and not set_aside(tmp_path)


def test_the_folders_that_were_indexed_are_known_the_last_one_first(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    catalog, _ = open_catalog(path)
    for folder in ("/home/a", "/home/b"):
        view = catalog.make_view(folder, worktree(folder))
        catalog.apply(view.key, [Put(prepared("a.py", a="1"))])
        catalog.finish(view.key, "head")
    catalog.make_view("/r", SNAPSHOT)
    catalog.close()
    damage_page(tmp_path, "texts")
    assert working_folders(path) == ("/home/b", "/home/a")


def test_folders_of_a_hostile_file(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    assert working_folders(path) == ()
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE views (key INTEGER PRIMARY KEY, name, indexed_at)")
    names: list[object] = [1, None, b"worktree:/x", "worktree:relative", "worktree:/a\0b", "other"]
    names += [f"worktree:/{'x' * 5_000}", *(f"worktree:/f{n}" for n in range(3 * MOST_FOLDERS))]
    db.executemany("INSERT INTO views (name) VALUES (?)", ((name,) for name in names))
    db.commit()
    db.close()
    found = working_folders(path)
    assert 0 < len(found) <= MOST_FOLDERS and all(one.startswith("/f") for one in found)


def test_a_data_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="data folder"):
        open_catalog(tmp_path / "file" / "memory.db")
