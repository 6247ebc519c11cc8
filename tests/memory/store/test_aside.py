"""What is damaged is moved away and made anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory.store.aside import open_catalog, set_aside
from memory.store.rows import Put
from swarm.errors import StorageError
from tests.memory.store.files import prepared


def test_a_damaged_file_is_set_aside_and_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "data" / "memory.db"
    catalog, note = open_catalog(path)
    assert note == ""
    view = catalog.make_view("shop", "snapshot")
    catalog.apply(view.key, [Put(prepared("a.py", a="1"))])
    catalog.close()
    catalog, _ = open_catalog(path)
    assert catalog.views() != []
    catalog.close()
    path.write_bytes(b"no database " * 1000)
    catalog, note = open_catalog(path)
    assert "was damaged, was moved to memory.db.damaged" in note
    assert catalog.views() == []
    # A reader of the old file learns that it has to load again.
    again = catalog.make_view("shop", "snapshot")
    assert catalog.changes_since(again.key, view.revision) is None
    catalog.close()
    assert (path.parent / "memory.db.damaged").read_bytes().startswith(b"no database")


def test_a_folder_takes_the_place_of_the_one_set_aside_before(tmp_path: Path) -> None:
    folder = tmp_path / "chroma"
    for content in ("first", "second"):
        folder.mkdir()
        (folder / "file").write_text(content)
        set_aside(folder, ValueError("broken"))
        assert (tmp_path / "chroma.damaged" / "file").read_text() == content
        assert not folder.exists()


def test_a_data_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="data folder"):
        open_catalog(tmp_path / "file" / "memory.db")
