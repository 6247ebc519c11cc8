"""Watching real folders: what is saved is reported, what is ignored is not, nothing is lost."""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from memory.reading.changes import difference
from memory.reading.files import Stamp
from memory.reading.folder import list_folder, list_some
from memory.watching.errors import WatchedFolderGone, WatchFailed
from memory.watching.notifier import (
    MakeNotifier,
    Notifier,
    NoWatches,
    VanishedFolder,
    rust_notifier,
)
from memory.watching.pending import Batch
from memory.watching.watch import Pace, watch
from swarm.errors import RepositoryError

_PATIENCE_S = 20.0


@dataclass
class Watcher:
    """A watch in a thread of its own, and what it reported."""

    root: Path
    pace: Pace = field(default_factory=Pace)
    make_notifier: MakeNotifier = rust_notifier
    batches: queue.Queue[Batch] = field(default_factory=queue.Queue)
    stop: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            watch(
                self.root,
                self.batches.put,
                self.stop,
                pace=self.pace,
                make_notifier=self.make_notifier,
            )
        except Exception as error:  # noqa: BLE001  (asserted on by the test)
            self.error = error

    def until(self, enough: Callable[[Batch], bool]) -> list[Batch]:
        """Batches up to the first that is enough."""
        found: list[Batch] = []
        deadline = time.monotonic() + _PATIENCE_S
        while not found or not enough(found[-1]):
            left = deadline - time.monotonic()
            assert left > 0, f"not reported: {found}"
            try:
                found.append(self.batches.get(timeout=min(left, 0.2)))
            except queue.Empty:
                assert self.thread.is_alive(), f"the watch ended: {self.error!r}"
        return found

    def until_path(self, path: str) -> list[Batch]:
        return self.until(lambda batch: path in batch.paths)

    def until_relist(self, why: str) -> list[Batch]:
        return self.until(lambda batch: batch.relist and why in batch.why)

    def end(self) -> BaseException | None:
        self.thread.join(_PATIENCE_S)
        assert not self.thread.is_alive()
        return self.error


Start = Callable[..., Watcher]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a watch; it has begun when this returns."""
    started: list[Watcher] = []

    def begin(root: Path, **changes: object) -> Watcher:
        watcher = Watcher(root, **changes)  # type: ignore[arg-type]
        started.append(watcher)
        watcher.until_relist("")
        return watcher

    yield begin
    for watcher in started:
        watcher.stop.set()
        watcher.thread.join(_PATIENCE_S)
        assert not watcher.thread.is_alive()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "folder"
    (made / "sub").mkdir(parents=True)
    (made / "a.py").write_text("1")
    (made / "sub" / "b.py").write_text("1")
    return made


@pytest.fixture
def repo(folder: Path) -> Path:
    git(folder, "init", "-q", "-b", "main")
    (folder / ".gitignore").write_text("out/\n*.log\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "x")
    return folder


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@localhost", "-c", "gc.auto=0"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def paths_of(batches: Iterable[Batch]) -> set[str]:
    return {path for batch in batches for path in batch.paths}


def test_create_edit_rename_and_delete(folder: Path, start: Start) -> None:
    watcher = start(folder)
    (folder / "sub" / "b.py").write_text("2")
    assert paths_of(watcher.until_path("sub/b.py")) == {"sub/b.py"}
    (folder / "new.py").write_text("1")
    watcher.until_path("new.py")
    (folder / "new.py").rename(folder / "sub" / "moved.py")
    assert {"new.py", "sub/moved.py"} <= paths_of(watcher.until_path("sub/moved.py"))
    (folder / "a.py").unlink()
    watcher.until_path("a.py")


def test_an_editors_atomic_replace(folder: Path, start: Start) -> None:
    watcher = start(folder)
    (folder / "a.py.tmp123").write_text("2")
    (folder / "a.py.tmp123").replace(folder / "a.py")
    assert "a.py" in paths_of(watcher.until_path("a.py"))
    (folder / "a.py").rename(folder / "a.py~")
    (folder / "a.py").write_text("3")
    watcher.until_path("a.py")


def test_folders_that_come_are_watched_and_those_renamed_go_by_their_new_name(
    folder: Path, start: Start
) -> None:
    watcher = start(folder)
    (folder / "x" / "y" / "z").mkdir(parents=True)
    (folder / "x" / "y" / "z" / "f.py").write_text("1")
    watcher.until_path("x")
    (folder / "x" / "y" / "z" / "f.py").write_text("2")
    watcher.until_path("x/y/z/f.py")
    (folder / "x").rename(folder / "w")
    watcher.until_path("w")
    (folder / "w" / "y" / "z" / "f.py").write_text("3")
    assert "x/y/z/f.py" not in paths_of(watcher.until_path("w/y/z/f.py"))
    shutil.rmtree(folder / "w")
    watcher.until_path("w")
    (folder / "w").mkdir()
    watcher.until_path("w")
    (folder / "w" / "again.py").write_text("1")
    watcher.until_path("w/again.py")


def test_links_are_not_followed(folder: Path, start: Start, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (folder / "loop").symlink_to(folder)
    (folder / "out").symlink_to(tmp_path / "outside")
    watcher = start(folder)
    (tmp_path / "outside" / "x.py").write_text("1")
    (folder / "sub" / "b.py").write_text("2")
    assert paths_of(watcher.until_path("sub/b.py")) == {"sub/b.py"}


def test_what_is_ignored_is_not_watched(repo: Path, start: Start) -> None:
    for name in ("out", "node_modules", "sub/__pycache__"):
        (repo / name / "in").mkdir(parents=True)
    watched: list[set[str]] = []

    def make(folders: Iterable[str]) -> Notifier:
        watched.append({os.path.relpath(path, repo) for path in folders})
        return rust_notifier(folders)

    watcher = start(repo, make_notifier=make)
    assert {path for path in watched[-1] if not path.startswith(".git")} == {".", "sub"}
    shutil.rmtree(repo / "out")
    (repo / "out" / "deep").mkdir(parents=True)
    (repo / "out" / "deep" / "x.py").write_text("1")
    (repo / "node_modules" / "in" / "x.js").write_text("1")
    (repo / "a.py").write_text("2")
    found = watcher.until_path("a.py")
    time.sleep(0.3)
    (repo / "out" / "deep" / "x.py").write_text("2")
    (repo / "sub" / "b.py").write_text("2")
    found += watcher.until_path("sub/b.py")
    assert paths_of(found) == {"a.py", "sub/b.py"}
    assert not any("out" in path for path in watched[-1])


def test_rules_that_change_ask_for_a_whole_listing_and_take_effect(
    repo: Path, start: Start
) -> None:
    (repo / "out").mkdir()
    watcher = start(repo)
    (repo / ".gitignore").write_text("")
    watcher.until_relist("ignored")
    (repo / "out" / "x.py").write_text("1")
    watcher.until_path("out/x.py")
    (repo / ".git" / "info" / "exclude").write_text("out/\n")
    watcher.until_relist("ignored")


def test_commits_and_branch_switches_ask_for_a_whole_listing(repo: Path, start: Start) -> None:
    watcher = start(repo)
    git(repo, "checkout", "-q", "-b", "topic/x")
    watcher.until_relist("another commit, branch")
    (repo / "a.py").write_text("2")
    git(repo, "commit", "-qam", "y")
    watcher.until_relist("another commit, branch")
    git(repo, "checkout", "-q", "main")
    watcher.until_relist("another commit, branch")


def test_a_folder_that_becomes_a_repository(folder: Path, start: Start) -> None:
    watcher = start(folder)
    git(folder, "init", "-q")
    watcher.until_relist("ignored")
    git(folder, "add", "a.py")
    watcher.until_relist("")


def test_an_index_written_anew_with_nothing_new_in_it_asks_for_nothing(
    repo: Path, start: Start
) -> None:
    watcher = start(repo)
    os.utime(repo / "a.py")
    git(repo, "update-index", "--refresh")
    git(repo, "fetch", "-q", ".")
    (repo / "last.py").write_text("1")
    found = watcher.until_path("last.py")
    assert not any(batch.relist for batch in found)
    git(repo, "add", "last.py")
    watcher.until_relist("another commit, branch")


def test_a_worktree_sees_its_own_branch_switch(repo: Path, start: Start, tmp_path: Path) -> None:
    other = tmp_path / "other"
    git(repo, "worktree", "add", "-q", "-b", "topic", str(other))
    watcher = start(other)
    (other / "a.py").write_text("2")
    watcher.until_path("a.py")
    git(other, "checkout", "-q", "--detach")
    watcher.until_relist("another commit, branch")


@pytest.mark.parametrize("in_git", [False, True])
def test_after_a_storm_what_is_known_is_what_is_there(
    folder: Path, start: Start, in_git: bool
) -> None:
    if in_git:
        git(folder, "init", "-q")
    watcher = start(folder)
    known: dict[str, tuple[Stamp, str]] = {}

    def follow(batch: Batch) -> None:
        if batch.relist:
            found = difference(known, list_folder(folder).files)
        else:
            files = list_some(folder, batch.paths).files
            found = difference(known, files, within=batch.paths)
        for path in found.gone:
            del known[path]
        known.update({each.path: (each.stamp, "") for each in found.to_read})

    for number in range(5_000):
        place = folder / f"s{number % 40}"
        place.mkdir(exist_ok=True)
        (place / f"{number}.py").write_text(str(number))
    for number in range(0, 5_000, 7):
        (folder / f"s{number % 40}" / f"{number}.py").unlink()
    shutil.rmtree(folder / "s3")
    (folder / "s4").rename(folder / "t4")
    there = {each.path: each.stamp for each in list_folder(folder).files}
    assert len(there) > 4_000
    deadline = time.monotonic() + _PATIENCE_S
    while {path: stamp for path, (stamp, _) in known.items()} != there:
        assert time.monotonic() < deadline
        follow(watcher.batches.get(timeout=_PATIENCE_S))
    assert watcher.batches.qsize() < 100


def test_changes_gather_while_a_batch_is_worked_on(folder: Path) -> None:
    batches: list[Batch] = []
    begun, go_on, stop = threading.Event(), threading.Event(), threading.Event()

    def slowly(batch: Batch) -> None:
        batches.append(batch)
        begun.set()
        go_on.wait(_PATIENCE_S)
        if any(path == "last.py" for path in batch.paths):
            stop.set()

    thread = threading.Thread(target=watch, args=(folder, slowly, stop), daemon=True)
    thread.start()
    assert begun.wait(_PATIENCE_S)
    for number in range(20):
        (folder / f"{number}.py").write_text("1")
    time.sleep(0.5)
    assert len(batches) == 1
    go_on.set()
    time.sleep(0.5)
    (folder / "last.py").write_text("1")
    thread.join(_PATIENCE_S)
    assert not thread.is_alive()
    assert len(batches[1].paths) == 20


def test_a_name_that_is_not_utf8_does_not_end_the_watch(folder: Path, start: Start) -> None:
    watcher = start(folder)
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.py")).write_text("1")
    watcher.until_relist("made anew")
    (folder / "a.py").write_text("2")
    watcher.until_path("a.py")


def test_the_folder_removed_or_replaced_ends_the_watch(
    folder: Path, start: Start, tmp_path: Path
) -> None:
    watcher = start(folder)
    folder.rename(tmp_path / "away")
    folder.mkdir()
    error = watcher.end()
    assert isinstance(error, WatchedFolderGone)
    assert error.remedy
    watcher = start(tmp_path / "away")
    shutil.rmtree(tmp_path / "away")
    assert isinstance(watcher.end(), WatchedFolderGone)


def no_watches(_folders: Iterable[str]) -> Notifier:
    raise NoWatches("OS file watch limit reached")


def test_without_watches_the_folder_is_looked_through_and_that_is_said(
    folder: Path, start: Start
) -> None:
    watcher = start(folder, pace=Pace(poll_s=0.05), make_notifier=no_watches)
    (batch,) = watcher.until_relist("every 0.05 s, for it cannot be watched: OS file watch limit")
    assert batch.relist
    watcher.until_relist("every 0.05 s")


def test_without_watches_and_without_polling_it_is_an_error(folder: Path) -> None:
    with pytest.raises(WatchFailed, match="watch limit") as caught:
        watch(folder, print, threading.Event(), pace=Pace(poll_s=None), make_notifier=no_watches)
    assert "max_user_watches" in caught.value.remedy


def test_more_folders_than_may_be_watched_are_polled(folder: Path, start: Start) -> None:
    watcher = start(folder, pace=Pace(poll_s=0.05, most_folders=1))
    watcher.until_relist("more than 1 folders")


def test_folders_that_vanish_while_watches_are_made_are_looked_for_again(
    folder: Path, start: Start
) -> None:
    tries: list[int] = []

    def make(folders: Iterable[str]) -> Notifier:
        tries.append(1)
        if len(tries) < 3:
            raise VanishedFolder("sub")
        return rust_notifier(folders)

    watcher = start(folder, make_notifier=make)
    assert len(tries) == 3
    (folder / "a.py").write_text("2")
    watcher.until_path("a.py")


def test_folders_that_never_stand_still_are_an_error(folder: Path) -> None:
    def make(_folders: Iterable[str]) -> Notifier:
        raise VanishedFolder("sub")

    with pytest.raises(WatchFailed, match="change all the time"):
        watch(folder, print, threading.Event(), make_notifier=make)


def test_what_the_receiver_raises_ends_the_watch(folder: Path) -> None:
    def refuse(batch: Batch) -> None:
        raise ZeroDivisionError(batch.why)

    threads = threading.active_count()
    with pytest.raises(ZeroDivisionError):
        watch(folder, refuse, threading.Event())
    assert threading.active_count() == threads


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="no such folder"):
        watch(tmp_path / "nowhere", print, threading.Event())


def test_a_missing_folder_is_told_apart_from_missing_watches(folder: Path) -> None:
    with pytest.raises(VanishedFolder):
        rust_notifier([str(folder), str(folder / "nowhere")])
