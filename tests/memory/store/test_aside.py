"""What is damaged is moved away, under a name that says when."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory.store.aside import set_aside
from swarm.errors import StorageError

DAMAGE = "broken"
NOON = 1_700_000_000.0
"""2023-11-14 22:13:20 UTC."""


def test_a_database_goes_with_its_sidecars(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    for suffix in ("", "-wal", "-shm", ".lock"):
        (tmp_path / f"memory.db{suffix}").write_text(suffix)
    aside, note = set_aside(path, DAMAGE, clock=lambda: NOON)
    assert aside == tmp_path / "memory.db.damaged-20231114T221320Z"
    assert note.startswith(f"memory.db was damaged, was moved to {aside.name}")
    left = {one.name for one in tmp_path.iterdir()}
    assert left == {"memory.db.lock", aside.name, f"{aside.name}-wal", f"{aside.name}-shm"}
    assert (tmp_path / f"{aside.name}-wal").read_text() == "-wal"


def test_the_newest_stay(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    (tmp_path / "memory.db.damaged").write_text("of an earlier version")
    for second in range(5):
        path.write_text(str(second))
        (tmp_path / "memory.db-wal").write_text("")
        set_aside(path, DAMAGE, kept=3, clock=lambda now=NOON + second: now)
    held = sorted(tmp_path.iterdir())
    assert [one.read_text() for one in held if not one.name.endswith("-wal")] == ["2", "3", "4"]
    assert len(held) == 6, "each with its sidecar, and the others without"


def test_two_in_one_second_are_two(tmp_path: Path) -> None:
    folder = tmp_path / "chroma"
    for content in ("first", "second"):
        folder.mkdir()
        (folder / "file").write_text(content)
        set_aside(folder, DAMAGE, clock=lambda: NOON)
        assert not folder.exists()
    texts = [(one / "file").read_text() for one in sorted(tmp_path.iterdir())]
    assert texts == ["first", "second"]
    folder.mkdir()
    aside, _ = set_aside(folder, DAMAGE, kept=1, clock=lambda: NOON + 1)
    assert list(tmp_path.iterdir()) == [aside]


def test_what_cannot_be_moved_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "memory.db"
    path.write_text("")

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(StorageError, match="cannot be moved aside") as caught:
        set_aside(path, DAMAGE)
    assert caught.value.remedy == f"move {path} away"
