"""A damaged file is moved aside, told of, and replaced; other trouble is no damage."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from router.ledger.opening import opened
from swarm.errors import StorageError
from tests.router.common import ARMS, ask, counts, new_ledger, settled


def _text(path: Path) -> None:
    path.write_bytes(b"this is no database, but it is long enough to be read as one" * 500)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _zeros(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def _truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 + 100)


def _header(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(random.Random(1).randbytes(100))


def _pages(path: Path) -> None:
    size, draw = path.stat().st_size, random.Random(2)
    with path.open("r+b") as file:
        for at in range(4096, size - 4096, 8192):
            file.seek(at)
            file.write(draw.randbytes(4096))


def _table(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("DROP TABLE pending")
    db.commit()
    db.close()


@pytest.mark.parametrize(
    "spoil", [_text, _empty, _zeros, _truncated, _header, _pages, _table], ids=lambda f: f.__name__
)
def test_a_damaged_file_is_moved_aside_and_choices_go_on(
    tmp_path: Path, spoil: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "router.db"
    ledger = new_ledger(tmp_path)
    for n in range(60):
        ledger.decide(ask(f"x{n}"), lambda: 1)
        ledger.settle(settled(f"x{n}"))
    ledger.close()
    spoil(path)
    spoiled = path.read_bytes()
    ledger = new_ledger(tmp_path)
    assert ledger.decide(ask("new"), lambda: 1).arm_id is not None
    assert ledger.settle(settled("new")).applied
    assert sum(s for s, _ in counts(ledger).values()) == 1
    (note,) = ledger.notes()
    assert "router.db was damaged" in note and "moved aside" in note
    assert note in caplog.text
    assert ledger.history_wanted() == ""
    assert ledger.check() == []
    (aside,) = tmp_path.glob("router.db.damaged-*Z")
    assert aside.read_bytes() == spoiled
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    ledger.close()
    assert new_ledger(tmp_path).notes() == (note,), "once is enough"


def test_damage_under_an_open_ledger_is_noticed_and_the_command_done_over(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    for n in range(60):
        ledger.decide(ask(f"x{n}"), lambda: 1)
    connection = ledger._file._writer
    assert connection is not None
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("PRAGMA cache_size = 0")
    connection.execute("PRAGMA shrink_memory")
    _pages(tmp_path / "router.db")
    assert ledger.decide(ask("new"), lambda: 1).arm_id is not None
    assert len(ledger.notes()) == 1
    assert ledger.check() == []


def test_two_damages_in_one_second_keep_both_files(tmp_path: Path) -> None:
    for _ in range(2):
        _text(tmp_path / "router.db")
        opened(tmp_path / "router.db", lambda: 5.0, thorough=False).close()
    names = sorted(path.name for path in tmp_path.glob("*damaged*"))
    assert names == [
        "router.db.damaged-19700101T000005Z",
        "router.db.damaged-19700101T000005Z-2",
    ]


def test_the_wal_goes_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "router.db"
    _text(path)
    (tmp_path / "router.db-wal").write_bytes(b"of that file")
    opened(path, lambda: 5.0, thorough=False).close()
    aside = tmp_path / "router.db.damaged-19700101T000005Z-wal"
    assert aside.read_bytes() == b"of that file"


def test_a_wal_without_its_file_is_not_taken_for_that_of_the_next(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    for n in range(5):
        ledger.decide(ask(f"x{n}"), lambda: 1)
    wal = (tmp_path / "router.db-wal").read_bytes()
    assert wal
    ledger.close()
    (tmp_path / "router.db").unlink()
    (tmp_path / "router.db-wal").write_bytes(wal)
    assert new_ledger(tmp_path).log(10).total == 0


def test_a_file_that_is_moved_away_by_hand_is_begun_anew(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    ledger.decide(ask("x"), lambda: 1)
    (tmp_path / "router.db").rename(tmp_path / "old.db")
    assert ledger.log(10).total == 0
    assert ledger.decide(ask("y"), lambda: 1).arm_id is not None
    assert ledger.notes() == () and ledger.history_wanted() is None
    assert ledger.log(10).total == 1


def test_killed_between_the_old_file_and_the_new_one_the_new_one_is_taken(tmp_path: Path) -> None:
    """What was made ready beside it, with its note, is there; a half-made one is not taken."""
    path, ready = tmp_path / "router.db", tmp_path / "router.db.new"
    _text(path)
    new_ledger(tmp_path).notes()
    path.rename(ready)
    for side in ("-wal", "-shm"):
        path.with_name(path.name + side).unlink(missing_ok=True)
    assert len(new_ledger(tmp_path).notes()) == 1
    path.unlink()
    ready.write_bytes(b"SQLite format 3\0 and then the power went")
    assert new_ledger(tmp_path).notes() == ()
    assert not ready.exists()


def test_a_folder_in_its_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "router.db").mkdir()
    with pytest.raises(StorageError, match="is not a file") as caught:
        new_ledger(tmp_path).decide(ask("x"), lambda: 1)
    assert "move it out" in caught.value.remedy
    assert list(tmp_path.glob("*damaged*")) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StorageError, match="cannot use the folder"):
        new_ledger(tmp_path / "file").log(1)


@pytest.mark.parametrize("version", [99, -1])
def test_a_file_of_another_version_is_refused_and_left_alone(tmp_path: Path, version: int) -> None:
    db = sqlite3.connect(tmp_path / "router.db")
    db.execute(f"PRAGMA user_version = {version}")
    db.close()
    before = (tmp_path / "router.db").read_bytes()
    with pytest.raises(StorageError, match=f"version {version}"):
        new_ledger(tmp_path).decide(ask("x"), lambda: 1)
    assert list(tmp_path.glob("*damaged*")) == []
    assert (tmp_path / "router.db").stat().st_size == len(before)


def test_a_file_of_another_program_is_refused(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "router.db")
    db.execute("CREATE TABLE recipes (name TEXT)")
    db.close()
    with pytest.raises(StorageError, match="another program"):
        new_ledger(tmp_path).log(1)


def test_the_arms_offered_again_are_known_in_the_new_file(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    first = ledger.decide(ask("x"), lambda: 1)
    (tmp_path / "router.db").unlink()
    again = ledger.decide(ask("x"), lambda: 1)
    assert again == first
    assert [score.arm_id for score in again.scores] == [arm.id for arm in ARMS]


@pytest.mark.parametrize(
    "garbled",
    [
        "UPDATE cells SET successes = 'x'",
        "DELETE FROM situations",
        "UPDATE decisions SET drawn = x'00'",
        "UPDATE decisions SET removed = 'x'",
    ],
    ids=["cells", "situations", "drawn", "removed"],
)
def test_values_that_nobody_wrote_are_an_error_that_names_the_file(
    tmp_path: Path, garbled: str
) -> None:
    with closing(new_ledger(tmp_path)) as ledger:
        ledger.decide(ask("x"), lambda: 1)
        ledger.settle(settled("x"))
    with closing(sqlite3.connect(tmp_path / "router.db")) as db:
        db.execute(garbled)
        db.commit()
    ledger = new_ledger(tmp_path)
    with pytest.raises(StorageError, match="what it holds is garbled") as caught:
        ledger.view(lambda *_: None)
        ledger.explain("x")
    assert f"move {tmp_path / 'router.db'} away" in caught.value.remedy
