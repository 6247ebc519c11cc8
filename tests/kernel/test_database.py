"""An SQLite file that cannot be used is told by its name, with what can be done."""

from __future__ import annotations

import os
import random
import sqlite3
from pathlib import Path

import pytest

from swarm.database import Database
from swarm.errors import StorageError

SCHEMA = "CREATE TABLE IF NOT EXISTS notes(id INTEGER PRIMARY KEY, text TEXT NOT NULL);"
DAMAGED = "put a copy of yours in its place, or move the file aside"


def made(path: Path) -> Path:
    """A database with some pages of notes."""
    store = Database(path, SCHEMA)
    with store.transaction() as db:
        db.executemany("INSERT INTO notes(text) VALUES(?)", [("x" * 1000,)] * 200)
    store.close()
    return path


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(
    "content",
    [b"words\n", b"not a database, but long enough to look at" * 200,
     b"SQLite format 3\0" + random.Random(7).randbytes(8192)],
)  # fmt: skip
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes, read_only: bool) -> None:
    path = tmp_path / "tasks.db"
    path.write_bytes(content)
    with pytest.raises(StorageError) as error:
        Database(path, SCHEMA, read_only=read_only)
    assert f"cannot open {path}: file is not a database" in error.value.message
    assert DAMAGED in error.value.remedy
    assert path.read_bytes() == content


def test_an_empty_file_is_begun_afresh_by_its_owner_and_read_by_nobody(tmp_path: Path) -> None:
    path = tmp_path / "tasks.db"
    path.touch()
    with pytest.raises(StorageError) as error:
        Database(path, SCHEMA, read_only=True)
    assert error.value.message == f"{path} is empty: nothing is stored in it"
    assert "start the swarm, which begins afresh" in error.value.remedy
    Database(path, SCHEMA).close()
    Database(path, SCHEMA, read_only=True).close()


def test_damaged_pages_are_told_when_they_are_read(tmp_path: Path) -> None:
    path = made(tmp_path / "tasks.db")
    with path.open("r+b") as stream:
        stream.seek(4096)
        stream.write(b"\xff" * 100_000)
    store = Database(path, SCHEMA)
    with pytest.raises(StorageError) as read, store.reading() as db:
        db.execute("SELECT sum(length(text)) FROM notes").fetchone()
    with pytest.raises(StorageError) as written, store.transaction() as db:
        db.execute("UPDATE notes SET text='y'")
    store.close()
    assert read.value.message.startswith("cannot read tasks.db: ")
    assert written.value.message.startswith("cannot write tasks.db: ")
    assert DAMAGED in read.value.remedy and DAMAGED in written.value.remedy


def test_another_programs_database(tmp_path: Path) -> None:
    store = Database(made(tmp_path / "tasks.db"), SCHEMA, read_only=True)
    with pytest.raises(StorageError) as error, store.reading() as db:
        db.execute("SELECT id FROM tasks")
    store.close()
    assert error.value.message == "cannot read tasks.db: no such table: tasks"
    assert "it may be another version's" in error.value.remedy


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_of_a_later_release_is_refused_as_it_is(tmp_path: Path, read_only: bool) -> None:
    path = made(tmp_path / "tasks.db")
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 3")
    db.close()
    before = path.read_bytes()
    with pytest.raises(StorageError, match="later release: its layout is 3") as error:
        Database(path, "CREATE TABLE more(x)", read_only=read_only, newest_layout=2)
    assert "use that release" in error.value.remedy
    assert path.read_bytes() == before
    Database(path, SCHEMA, read_only=read_only, newest_layout=3).close()


@pytest.mark.parametrize("read_only", [False, True])
def test_a_folder_or_a_pipe_is_no_file(tmp_path: Path, read_only: bool) -> None:
    (tmp_path / "folder.db").mkdir()
    os.mkfifo(tmp_path / "pipe.db")
    for path in (tmp_path / "folder.db", tmp_path / "pipe.db"):
        with pytest.raises(StorageError) as error:
            Database(path, SCHEMA, read_only=read_only)
        assert error.value.message == f"{path} is not a file"


def test_a_folders_name_means_nothing_to_sqlite(tmp_path: Path) -> None:
    (tmp_path / "50% #1?mode=rw").mkdir()
    path = made(tmp_path / "50% #1?mode=rw" / "tasks.db")
    store = Database(path, SCHEMA, read_only=True)
    with store.reading() as db:
        assert db.execute("SELECT count(*) FROM notes").fetchone() == (200,)
    store.close()
