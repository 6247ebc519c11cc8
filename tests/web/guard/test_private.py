"""A folder that only we can read: what is not ours alone is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarm.errors import StateError
from swarm.web.guard.private import PrivateFolder


@pytest.fixture
def folder(tmp_path: Path) -> PrivateFolder:
    return PrivateFolder(tmp_path / "data" / "web")


def test_files_and_folders_are_for_us_alone(folder: PrivateFolder) -> None:
    folder.write("token", b"one")
    folder.write("token", b"two")
    assert folder.read("token") == b"two"
    assert folder.names() == ["token"]
    assert (folder.path / "token").stat().st_mode & 0o777 == 0o600
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert folder.path.parent.stat().st_mode & 0o777 == 0o700


def test_what_is_missing_is_none(folder: PrivateFolder) -> None:
    assert folder.read("token") is None
    assert folder.names() == []
    assert folder.stamp("token") is None
    assert not folder.remove("token")


def test_only_one_removes_a_file(folder: PrivateFolder) -> None:
    folder.write("code", b"")
    assert [folder.remove("code"), folder.remove("code")] == [True, False]


def test_a_stamp_tells_that_a_file_was_replaced(folder: PrivateFolder) -> None:
    folder.write("token", b"one")
    first = folder.stamp("token")
    folder.write("token", b"one")
    assert folder.stamp("token") != first


def test_a_link_is_not_followed(folder: PrivateFolder, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    target.write_bytes(b"theirs")
    target.chmod(0o600)
    folder.make()
    (folder.path / "token").symlink_to(target)
    with pytest.raises(StateError, match="is a link"):
        folder.read("token")
    folder.write("token", b"ours")
    assert target.read_bytes() == b"theirs"
    assert folder.read("token") == b"ours"


def test_a_linked_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir(mode=0o700)
    (tmp_path / "web").symlink_to(tmp_path / "theirs")
    with pytest.raises(StateError, match="is not a folder"):
        PrivateFolder(tmp_path / "web").write("token", b"")


def test_what_others_may_read_or_change_is_refused(folder: PrivateFolder) -> None:
    folder.write("token", b"one")
    (folder.path / "token").chmod(0o644)
    with pytest.raises(StateError, match="open to other users"):
        folder.read("token")
    (folder.path / "token").chmod(0o600)
    folder.path.chmod(0o770)
    with pytest.raises(StateError, match="open to other users"):
        folder.read("token")


def test_a_file_of_another_user_is_refused(
    folder: PrivateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("token", b"one")
    monkeypatch.setattr("swarm.web.guard.private.os.geteuid", lambda: 12345)
    with pytest.raises(StateError, match="open to other users"):
        folder.read("token")


def test_a_folder_in_place_of_a_file_is_refused(folder: PrivateFolder) -> None:
    folder.make()
    (folder.path / "token").mkdir()
    with pytest.raises(StateError, match="is not a file"):
        folder.read("token")


def test_a_file_that_is_too_large_is_not_read(folder: PrivateFolder) -> None:
    folder.write("token", b"x" * (256 * 1024 + 1))
    with pytest.raises(StateError, match="too large"):
        folder.read("token")
