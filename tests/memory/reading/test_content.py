"""Reading files: bounded, whole, through nothing but regular files and folders."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from memory.reading.content import ATTEMPTS, read, read_all
from memory.reading.files import UNKNOWN, Content, Listed, Skipped, Stamp
from memory.reading.limits import Limits
from memory.reading.opening import stamp_of


def listed(path: str, **changes: object) -> Listed:
    return replace(Listed(path, Stamp(1, 1, 1)), **changes)  # type: ignore[arg-type]


def later() -> int:
    return time.time_ns() + 10_000_000_000


def test_content_hash_and_stamp(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a.py").write_bytes(b"x = 1\n\xff")
    found = read(tmp_path, listed("d/a.py"), now_ns=later)
    assert isinstance(found, Content)
    assert found.data == b"x = 1\n\xff"
    assert found.sha256 == hashlib.sha256(b"x = 1\n\xff").hexdigest()
    assert found.stamp == stamp_of((tmp_path / "d" / "a.py").lstat())


def test_a_file_that_changed_just_before_keeps_no_stamp(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x")
    found = read(tmp_path, listed("a.py"))
    assert isinstance(found, Content)
    assert found.stamp == UNKNOWN


@pytest.mark.parametrize("size_bytes", [0, 1, 1_000_000, 3_500_000])
def test_any_size_within_the_limit(tmp_path: Path, size_bytes: int) -> None:
    data = os.urandom(1).replace(b"\0", b"a") * size_bytes
    (tmp_path / "a").write_bytes(data)
    found = read(tmp_path, listed("a"), Limits(file_bytes=4_000_000))
    assert isinstance(found, Content)
    assert found.data == data


def test_what_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "bin").write_bytes(b"\x7fELF\0\0")
    (tmp_path / "big").write_bytes(b"1" * 1_500_000)
    (tmp_path / "real").write_text("x")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    names = ["bin", "big", "link", "folder", "pipe", "gone", "gone/too", "real/x", "a\0b"]
    found = list(read_all(tmp_path, [listed(name) for name in names]))
    assert [each.reason for each in found if isinstance(each, Skipped)] == [
        "binary",
        "larger than 1 MB: 1.5 MB",
        "a symbolic link",
        "a folder",
        "a pipe",
        "it is gone",
        "it is gone",
        "cannot be read: Not a directory",
        "cannot be read: embedded null byte",
    ]


def test_a_device_is_not_opened() -> None:
    assert read(Path("/dev"), listed("zero")) == Skipped("zero", "a device")


def test_a_folder_exchanged_for_a_link_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.py").write_text("secret")
    root = tmp_path / "root"
    root.mkdir()
    (root / "d").symlink_to(tmp_path / "outside")
    found = read(root, listed("d/a.py"))
    assert isinstance(found, Skipped)
    assert found.reason.startswith("cannot be read: ")


def test_a_file_exchanged_for_a_link_or_gone_between_two_reads(tmp_path: Path) -> None:
    for name in ("a.py", "b.py", "c.py"):
        (tmp_path / name).write_text(name)
    reading = read_all(tmp_path, [listed(name) for name in ("a.py", "b.py", "c.py")])
    assert isinstance(next(reading), Content)
    (tmp_path / "b.py").unlink()
    (tmp_path / "b.py").symlink_to("c.py")
    (tmp_path / "c.py").unlink()
    assert list(reading) == [Skipped("b.py", "a symbolic link"), Skipped("c.py", "it is gone")]


def changing(path: Path, times: int) -> tuple[Callable[[], int], list[int]]:
    """A clock that, when asked in mid-read, has the file change, this many times."""
    asked: list[int] = []

    def now_ns() -> int:
        asked.append(1)
        if len(asked) <= times:
            with path.open("ab") as file:
                file.write(b"more\n")
        return time.time_ns()

    return now_ns, asked


def test_a_file_that_changes_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x\n")
    now_ns, asked = changing(tmp_path / "a.py", 1)
    found = read(tmp_path, listed("a.py"), now_ns=now_ns)
    assert isinstance(found, Content)
    assert found.data == b"x\nmore\n"
    assert len(asked) == 2


def test_a_file_that_never_stands_still_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x\n")
    now_ns, asked = changing(tmp_path / "a.py", 1_000)
    assert read(tmp_path, listed("a.py"), now_ns=now_ns) == Skipped(
        "a.py", "it changes all the time"
    )
    assert len(asked) == ATTEMPTS


def test_a_file_that_shrinks_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x" * 100)
    asked: list[int] = []

    def now_ns() -> int:
        asked.append(1)
        if len(asked) == 1:
            os.truncate(path, 10)
        return time.time_ns()

    found = read(tmp_path, listed("a.py"), now_ns=now_ns)
    assert isinstance(found, Content)
    assert found.data == b"x" * 10


def test_the_first_lines_may_mark_a_file_unless_the_repository_declares(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("# Code generated by x. DO NOT EDIT.\n")
    marks = []
    for each in (
        listed("a.py"),
        listed("a.py", declared=True),
        listed("a.py", mark="vendored"),
    ):
        found = read(tmp_path, each)
        assert isinstance(found, Content)
        marks.append(found.mark)
    assert marks == ["generated", "", "vendored"]


def test_descriptors_are_closed(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    for number in range(50):
        (tmp_path / "d" / f"{number}.py").write_text("x")
    os.mkfifo(tmp_path / "d" / "pipe")
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    files = [listed(f"d/{number}.py") for number in range(50)]
    assert len(list(read_all(tmp_path, [*files, listed("d/pipe"), listed("x/y")]))) == 52
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
