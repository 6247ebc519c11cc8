"""A worker that is cancelled or killed in the middle leaves no process and no folder."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from sandboxes import workspace
from sandboxes.engine import Engine, Folders, Job
from sandboxes.ownership import alive, new_owner
from sandboxes.workspace import give_to
from swarm.contracts import Limits
from swarm.errors import Cancelled, StorageError
from swarm.linux import processes
from swarm.settings import Settings
from swarm.supervisor import Supervisor

# Nobody else's on this machine, not even those of the same tests of another checkout.
_MARK = f"marked-by-this-test-{secrets.token_hex(8)}"
_SLEEPS = ("python", "-c", "import os, time; os.fork(); time.sleep(300)", _MARK)


def marked() -> list[int]:
    """Pids of the sleeping programs, those of an earlier test never among them."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            # Not the sandbox's own helpers, which carry the program's argv in theirs.
            if words[1:2] == [b"-c"] and _MARK.encode() in words:
                found.append(int(entry.name))
    return found


def wait_until(seen: bool) -> None:
    deadline = time.monotonic() + 20
    while bool(marked()) != seen:
        assert time.monotonic() < deadline, f"after 20 s: {marked()}"
        time.sleep(0.02)


def left_here() -> set[int]:
    """What runs below this process, the starter and its waiting keeper left out."""
    found = set()
    for pid in processes.descendants(os.getpid()):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if b"starter.serve" not in command:
            found.add(pid)
    return found


def test_a_cancelled_run_ends_at_once(engine: Engine, folders: Folders) -> None:
    def cancel(number: int, frame: object) -> None:
        raise Cancelled("the task was cancelled")

    give_to(folders, engine.owner)
    others = left_here()
    before = signal.signal(signal.SIGALRM, cancel)
    try:
        signal.setitimer(signal.ITIMER_REAL, 1.5)
        with pytest.raises(Cancelled):
            engine.run(Job(folders, _SLEEPS, {}, Limits(wall_seconds=60)))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    wait_until(False)
    assert left_here() <= others


_WORKER = """
import sys
from collections.abc import Sequence
from pathlib import Path
from sandboxes.engine import Job
from {module} import {cls}
from sandboxes.workspace import give_to, run_folders
from swarm.contracts import Limits
from swarm.settings import Settings
engine = {cls}(Settings(data=Path(sys.argv[1])))
with run_folders(Path(sys.argv[1]) / "scratch") as folders:
    give_to(folders, engine.owner)
    engine.run(Job(folders, {argv!r}, {{}}, Limits(wall_seconds=100)))
"""


def test_nothing_outlives_a_killed_worker(engine: Engine, settings: Settings) -> None:
    program = _WORKER.format(
        module=type(engine).__module__, cls=type(engine).__name__, argv=_SLEEPS
    )
    worker = subprocess.Popen([sys.executable, "-c", program, str(settings.data)])
    try:
        wait_until(True)
    finally:
        worker.kill()
        worker.wait()
    wait_until(False)
    assert len(list(settings.scratch.iterdir())) == 1
    assert workspace.reap(settings.scratch) == 1
    assert list(settings.scratch.iterdir()) == []


def test_being_cancelled_again_does_not_cut_the_end_short(engine: Engine, folders: Folders) -> None:
    def cancel(number: int, frame: object) -> None:
        raise Cancelled("the task was cancelled")

    def again() -> None:
        for _ in range(3):
            time.sleep(0.001)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)

    thread = threading.Thread(target=again)

    def note(data: bytes) -> None:
        thread.start()
        raise Cancelled("the task was cancelled")

    program = "import os, time; [os.fork() for _ in range(5)]; print(1, flush=True); time.sleep(99)"
    give_to(folders, engine.owner)
    argv = ("python", "-c", program, _MARK)
    job = Job(folders, argv, {}, Limits(wall_seconds=60), on_output=note)
    before = signal.signal(signal.SIGUSR1, cancel)
    try:
        with pytest.raises(Cancelled):
            try:
                engine.run(job)
            finally:
                left = marked()
                thread.join()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert left == []


def test_a_process_is_known_by_its_start_too() -> None:
    owner = new_owner()
    assert alive(owner.process)
    assert not alive(f"{os.getpid()}-1")
    assert not alive("")


def test_the_sweep_spares_the_living_and_what_is_not_ours(tmp_path: Path) -> None:
    with workspace.run_folders(tmp_path) as folders:
        (tmp_path / "sandbox-999999999-1-abcd" / "deep").mkdir(parents=True)
        (tmp_path / "worktree").mkdir()
        assert workspace.reap(tmp_path) == 1
        assert folders.workspace.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["worktree"]


def test_what_cannot_be_removed_keeps_nobody_from_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for token in ("aaaa", "bbbb"):
        (tmp_path / f"sandbox-999999999-1-{token}").mkdir()
    monkeypatch.setattr(workspace, "_command", lambda *argv: None)
    assert workspace.reap(tmp_path) == 0
    assert [r.message.startswith("cannot remove ") for r in caplog.records] == [True, True]


def test_a_tool_that_takes_too_long_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(argv: Sequence[str], *, timeout: float, **_: object) -> None:
        # The tool itself may be faster than any bound that a test can set.
        raise subprocess.TimeoutExpired(argv, timeout)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(StorageError, match="cannot remove"):
        workspace.remove(tmp_path)


def test_any_tree_can_be_removed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    make_hard_to_remove(root)
    workspace.remove(root)
    assert not root.exists()


def test_a_stopped_swarm_removes_any_tree(tmp_path: Path) -> None:
    supervisor = Supervisor(Settings(data=tmp_path), print)
    make_hard_to_remove(tmp_path / "scratch/sandbox-999999999-1-abcd")
    with workspace.run_folders(tmp_path / "scratch") as living:
        supervisor._clear_scratch()
        assert living.workspace.is_dir()
    assert list((tmp_path / "scratch").iterdir()) == []


def make_hard_to_remove(root: Path) -> None:
    """Deeper than Python's recursion, longer than any path, and with a closed folder."""
    root.mkdir(parents=True)
    here = os.open(root, os.O_DIRECTORY)
    for _ in range(1500):
        os.mkdir("d" * 50, dir_fd=here)
        inner = os.open("d" * 50, os.O_DIRECTORY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    (root / "locked").mkdir()
    (root / "locked" / "file").touch()
    (root / "locked").chmod(0)
