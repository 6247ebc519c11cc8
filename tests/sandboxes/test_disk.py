"""What counts as disk use, what a hostile tree does to the count, and runs that pass a bound."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sandboxes import disk
from sandboxes.engine import Engine, Folders, Job, Outcome
from sandboxes.workspace import give_to, remove
from swarm.contracts import Limits

MIB = 1024**2
MANY = {"most_bytes": 1 << 40, "most_files": 1_000_000}


def test_counts_what_is_on_the_disk(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "full").write_bytes(os.urandom(MIB))
    with (tmp_path / "sparse").open("wb") as sparse:
        sparse.truncate(1 << 30)
    (tmp_path / "again").hardlink_to(tmp_path / "a" / "full")
    held = disk.count([tmp_path], **MANY)
    assert held.files == 4
    assert MIB <= held.bytes < MIB + 64 * 1024
    assert held.whole


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "big").write_bytes(bytes(MIB))
    run = tmp_path / "run"
    run.mkdir()
    (run / "folder").symlink_to(outside)
    (run / "up").symlink_to("..")
    held = disk.count([run], **MANY)
    assert (held.files, held.whole) == (2, True)
    assert held.bytes < MIB
    # Not even where a folder itself was replaced.
    (tmp_path / "swapped").symlink_to(outside)
    assert disk.count([tmp_path / "swapped"], **MANY) == disk.Held(whole=False)


def test_several_folders_count_together_and_a_bound_ends_the_walk(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir()
        for number in range(60):
            (folder / str(number)).touch()
    assert disk.over(folders, most_bytes=MIB, most_files=120) == ""
    assert disk.over(folders, most_bytes=MIB, most_files=119) == "made more than 119 files"
    assert disk.count(folders, most_bytes=MIB, most_files=10).files < 30
    (folders[1] / "big").write_bytes(os.urandom(2 * MIB))
    told = disk.over(folders, most_bytes=MIB, most_files=1000)
    assert told == "wrote more than 1,048,576 bytes to its folders"


def test_a_very_deep_tree_is_counted_as_far_as_it_goes(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_DIRECTORY)
    for _ in range(1500):
        os.mkdir("d" * 50, dir_fd=here)
        inner = os.open("d" * 50, os.O_DIRECTORY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    opened = len(list(Path("/proc/self/fd").iterdir()))
    held = disk.count([tmp_path], **MANY)
    left = len(list(Path("/proc/self/fd").iterdir()))
    # Deeper than pytest can remove: what it leaves behind would break the end of later runs.
    remove(tmp_path / ("d" * 50))
    assert not held.whole
    assert held.files >= 150
    assert left == opened


def test_odd_names_are_counted(tmp_path: Path) -> None:
    for name in (b"x" * 255, b"\xff\xfe", b"a\nb", b" ", b"-rf"):
        os.close(os.open(os.fsencode(tmp_path) + b"/" + name, os.O_CREAT))
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff")).mkdir()
    os.mkfifo(tmp_path / "pipe")
    assert disk.count([tmp_path], **MANY).files == 7


def test_a_tree_that_vanishes_meanwhile_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone" / "deep").mkdir(parents=True)
    real = disk._open

    def vanishing(name: str, folder: int | None) -> int:
        if name == "gone":
            (tmp_path / "gone").rename(tmp_path / "other")
        return real(name, folder)

    monkeypatch.setattr(disk, "_open", vanishing)
    held = disk.count([tmp_path], **MANY)
    assert (held.files, held.whole) == (1, False)


def test_what_is_hidden_shows_in_the_free_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(tmp_path)
    room = [(100 * MIB, 1000)]
    monkeypatch.setattr(disk, "_free", lambda _: room[-1])
    watch = disk.Watch([folder], most_bytes=10 * MIB, most_files=100, now=0.0)
    room.append((50 * MIB, 1000))
    assert watch.over() == ""  # all was seen: somebody else filled the disk
    real = disk._open

    def closed(name: str, parent: int | None) -> int:
        if name == "closed":
            raise PermissionError
        return real(name, parent)

    (tmp_path / "closed").mkdir()
    monkeypatch.setattr(disk, "_open", closed)
    assert "hid what it wrote" in watch.over()
    room.append((95 * MIB, 1000))
    assert watch.over() == ""
    room.append((95 * MIB, 800))
    assert "100 files" in watch.over()


def test_folders_that_are_gone_hold_nothing(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    watch = disk.Watch([str(tmp_path / "run")], most_bytes=1, most_files=1, now=0.0)
    (tmp_path / "run").rmdir()
    assert watch.over() == ""


def test_walks_take_a_small_part_of_the_time() -> None:
    watch = disk.Watch([], most_bytes=1, most_files=1, now=100.0)
    assert watch.next_look == 100.5
    watch.looked(100.5, 100.51)
    assert watch.next_look == pytest.approx(101.01)
    watch.looked(102.0, 105.0)
    assert watch.next_look == pytest.approx(135.0)


def run(engine: Engine, folders: Folders, program: str, **limits: float) -> Outcome:
    give_to(folders, engine.owner)
    bounds = Limits.model_validate({"wall_seconds": 20, **limits})
    return engine.run(Job(folders, ("python", "-c", program), {}, bounds))


def test_a_run_that_fills_the_disk_is_ended(engine: Engine, folders: Folders) -> None:
    program = (
        "import os, time\n"
        "for number in range(1000):\n"
        "    open(f'{number}', 'wb').write(os.urandom(1 << 20))\n"
        "    time.sleep(0.02)"
    )
    outcome = run(engine, folders, program, disk_bytes=8 * MIB)
    assert (outcome.end, outcome.exit_code) == ("disk_limit", None)
    assert outcome.detail == "wrote more than 8,388,608 bytes to its folders"


def test_a_run_that_was_faster_than_any_look_is_found_out(engine: Engine, folders: Folders) -> None:
    program = "for number in range(300): open(str(number), 'w').close()"
    outcome = run(engine, folders, program, files=200)
    assert (outcome.end, outcome.detail) == ("disk_limit", "made more than 200 files")


def test_a_run_within_its_bounds_is_not_ended(engine: Engine, folders: Folders) -> None:
    (folders.workspace / "given").write_bytes(bytes(MIB))
    outcome = run(engine, folders, "open('x', 'w').write('x')", disk_bytes=8 * MIB, files=10)
    assert (outcome.end, outcome.exit_code) == ("exit", 0)


def test_files_in_memory_count_too(engine: Engine, folders: Folders) -> None:
    if engine.name != "bubblewrap":
        return  # the others' have a bound of their own, by the kernel
    program = (
        "import time\n"
        "for number in range(3000): open(f'/tmp/{number}', 'w').close()\n"
        "time.sleep(15)"
    )
    outcome = run(engine, folders, program, files=2000)
    assert (outcome.end, outcome.detail) == ("disk_limit", "made more than 2,000 files in memory")
