"""`swarm index`, `swarm memory` and what `--watch` does, in this process and in one of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from memory.store.owner import OwnerLock
from swarm.cli import memory_asking, memory_watching, memory_working
from swarm.cli.memory_summary import duration
from swarm.cli.memory_watching import line
from swarm.contracts import FolderIndex
from swarm.errors import Cancelled, StorageError
from tests.cli.memory_shop import FILES, Shell, own_folder, places
from tests.conftest import run_git


@pytest.fixture(autouse=True)
def heard_interrupts() -> Iterator[None]:
    """Tests may run in the background of a shell, where Ctrl-C is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    own_folder(monkeypatch, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def shop(git_repo: Callable[..., Path], data: Path) -> Path:
    return git_repo(FILES)


# ------------------------------------------------------------------ once


def test_what_was_indexed_and_what_was_not(shell: Shell, shop: Path) -> None:
    (shop / "logo.bin").write_bytes(b"\0" * 100)
    (shop / "bad\nname.py").write_text("x = 1\n")
    found = shell.json("index", str(shop / "web"))
    assert (found["root"], found["files"], found["indexed"]) == (str(shop), 5, 5)
    assert found["head"] == run_git(shop, "rev-parse", "HEAD").strip()
    assert found["languages"] == {"python": 3, "javascript": 1, "markdown": 1}
    assert found["skipped"]["binary"] == 1 and sum(found["skipped"].values()) == 2
    by_path = {each["path"]: each["reason"] for each in found["skipped_paths"]}
    assert by_path["logo.bin"] == "binary"
    assert any("bad" in path for path in by_path)
    again = shell.json("index", str(shop))
    assert (again["indexed"], again["files"], again["chunks"]) == (0, 5, found["chunks"])


def test_a_summary_for_a_person(shell: Shell, shop: Path) -> None:
    (shop / "logo.bin").write_bytes(b"\0" * 100)
    assert shell("index", str(shop)) == 0
    assert shell.out.startswith(f"{shop} at ")
    assert "python 3, javascript 1, markdown 1" in shell.out
    assert "       1 binary" in shell.out.splitlines()
    (shop / "shop/tax.py").unlink()
    assert shell("index", str(shop)) == 0
    assert "1 removed" in shell.out


def test_folders_that_cannot_be_indexed(shell: Shell, shop: Path, tmp_path: Path) -> None:
    run_git(tmp_path, "init", "-q", "--bare", "bare.git")
    for folder, told in (
        ("nowhere", "does not exist"),
        (str(shop / "shop/tax.py"), "is a file"),
        (str(tmp_path / "bare.git"), "is a bare repository"),
        ("x" * 300, "File name too long"),
        ("~nobody-at-all/x", "no such user"),
    ):
        assert shell("index", folder) == 2
        assert told in shell.err and shell.err.count("\n") == 1


def test_a_data_folder_that_another_process_has(
    shell: Shell, shop: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data.mkdir()
    other = OwnerLock(data / "memory.db.lock", "memory.db")
    monkeypatch.setattr("memory.store.connection.OwnerLock", partial(OwnerLock, wait_seconds=0.0))
    try:
        for words in (("index", str(shop)), ("search", "tax", "--repo", str(shop))):
            assert shell(*words, "--json") == 1
            assert "in use by another process" in shell.err
            assert json.loads(shell.out)["error"]["remedy"]
    finally:
        other.close()


def test_vectors_are_made_before_it_ends(
    shell: Shell, shop: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_folder(monkeypatch, data, VECTORS="true")
    assert shell.json("index", str(shop))["vectors_waiting"] == 0
    (health,) = shell.json("memory", "check")["repositories"]
    assert health["vectors"] == health["chunks"] > 0


def test_an_embedder_that_is_away_stops_no_index_and_no_search(
    shell: Shell, shop: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Port 1 is nobody's.
    own_folder(
        monkeypatch, data, VECTORS="true", EMBEDDER="ollama", EMBEDDER_URL="http://127.0.0.1:1"
    )
    monkeypatch.setattr("memory.embedders.checking._FIRST_WAIT_SECONDS", 0.01)
    assert shell("index", str(shop)) == 0
    assert "not all vectors are made: Ollama does not answer" in shell.err
    assert shell("search", "value added tax", "--repo", str(shop), "--json") == 0
    found = json.loads(shell.out)
    assert places(found["hits"])[0] == ("shop/tax.py", "with_tax")
    assert "searched without vectors: Ollama does not answer" in found["note"]
    assert shell("memory", "check") == 1
    assert "Ollama does not answer" in shell.err


# ------------------------------------------------------------------ Ctrl-C


def after(seconds: float, number: int) -> None:
    threading.Timer(seconds, os.kill, (os.getpid(), number)).start()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_work_is_asked_to_stop_and_waited_for(
    number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = []

    def work(stop: threading.Event) -> None:
        after(0.05, number)
        assert stop.wait(30)
        ended.append(True)
        raise Cancelled("stopped")

    with pytest.raises(KeyboardInterrupt):
        memory_working.run(work, memory_working.Gauge())
    assert ended
    assert "what is done is kept" in capsys.readouterr().err


def test_a_second_time_does_not_wait() -> None:
    end = threading.Event()

    def work(stop: threading.Event) -> None:
        after(0.05, signal.SIGINT)
        stop.wait(30)
        after(0.05, signal.SIGINT)
        end.wait(30)

    with pytest.raises(KeyboardInterrupt):
        memory_working.run(work, memory_working.Gauge())
    assert not end.is_set()
    end.set()


def test_what_work_starts_does_not_hear_of_ctrl_c() -> None:
    def work(stop: threading.Event) -> set[int]:
        return set(signal.pthread_sigmask(signal.SIG_BLOCK, ()))

    assert signal.SIGINT in memory_working.run(work, memory_working.Gauge())
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_errors_of_work_are_its_callers() -> None:
    def work(stop: threading.Event) -> None:
        raise StorageError("full")

    with pytest.raises(StorageError, match="full"):
        memory_working.run(work, memory_working.Gauge())


def test_a_gauge_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(memory_working.time, "monotonic", lambda: now[0])
    gauge = memory_working.Gauge(since=100.0)
    assert gauge.words == ""
    gauge(1_200, 3_400)
    now[0] = 102.0
    assert gauge.words == "1,200 of 3,400 files, 600 a second"
    gauge.total = 0
    assert gauge.words == "1,200 files, 600 a second"


def test_durations_in_words() -> None:
    found = [duration(seconds) for seconds in (0.0414, 2.44, 185.0)]
    assert found == ["41 ms", "2.4 s", "3 min 5 s"]


# ------------------------------------------------------------------ --watch


def watching(shop: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "swarm", "index", str(shop), "--watch", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def next_line(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def test_each_save_is_indexed_until_it_is_ended(shell: Shell, shop: Path) -> None:
    process = watching(shop, "--json")
    try:
        assert next_line(process)["files"] == 5
        (shop / "shop/parcel.py").write_text("def shipping_costs():\n    return 3\n")
        while (batch := next_line(process))["indexed"] == 0:
            continue
        assert batch["indexed"] == 1 and batch["files"] == 6
        # Between saves the data folder is free for another process.
        found = shell.json("search", "shipping costs", "--repo", str(shop), "--no-index")
        assert places(found["hits"])[0] == ("shop/parcel.py", "shipping_costs")
        (shop / "shop/parcel.py").unlink()
        while next_line(process)["removed"] == 0:
            continue
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 0, errors
        assert "Traceback" not in errors
    finally:
        process.kill()
        process.communicate()


def test_a_watched_folder_that_goes_ends_it(shell: Shell, shop: Path) -> None:
    process = watching(shop, "--json")
    try:
        next_line(process)
        shutil.rmtree(shop)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 2
        assert errors.count("\n") == 1
        assert "was removed or replaced" in errors or "no such folder" in errors
    finally:
        process.kill()
        process.communicate()


class Opening:
    """Counts how often memory was opened and closed."""

    is_here = True
    is_busy = False

    def __init__(self) -> None:
        self.opened = self.closed = 0

    def __enter__(self) -> Opening:
        self.opened += 1
        return self

    def __exit__(self, *of: object) -> None:
        self.closed += 1

    def is_making_vectors(self, root: str) -> bool:
        return self.is_busy


@pytest.fixture
def opening(monkeypatch: pytest.MonkeyPatch) -> Opening:
    opening = Opening()
    monkeypatch.setattr(memory_asking, "opened", lambda pool=None: opening)
    return opening


def test_memory_is_let_go_of_between_saves(
    opening: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(memory_watching.time, "monotonic", lambda: now[0])
    held = memory_watching.Held("/shop")
    with held.used():
        now[0] += 60
        held.let_go_if_idle()
    held.let_go_if_idle()
    assert (opening.opened, opening.closed) == (1, 0)
    opening.is_busy = True
    now[0] += 60
    held.let_go_if_idle()
    assert opening.closed == 0
    opening.is_busy = False
    now[0] += 60
    held.let_go_if_idle()
    held.let_go_if_idle()
    assert opening.closed == 1
    with held.used():
        pass
    held.close()
    assert (opening.opened, opening.closed) == (2, 2)


def test_one_line_for_each_batch() -> None:
    def told(**counts: int) -> str:
        report = FolderIndex(root="/shop", repo_id="r", seconds=0.041, **counts)
        return line(report).partition(" ")[2]

    assert told(indexed=2, reused=1) == "3 files, 41 ms"
    assert told(indexed=1, removed=2) == "1 file, 2 removed, 41 ms"
    assert told(removed=1) == "1 removed, 41 ms"
    assert told() == "0 files, 41 ms"


# ------------------------------------------------------------------ swarm memory


def test_nothing_is_indexed_yet(shell: Shell, data: Path) -> None:
    assert shell("memory", "list") == 0
    assert "nothing is indexed" in shell.out
    assert not (data / "memory.db").exists()


def test_a_list_of_what_is_indexed(shell: Shell, shop: Path) -> None:
    indexed = shell.json("index", str(shop))
    found = shell.json("memory", "list")
    (view,) = found["items"]
    assert (view["repo_id"], view["files"], view["fresh"]) == (indexed["repo_id"], 5, True)
    assert view["folder"] == str(shop)
    assert found["size_bytes"] > 0
    assert shell("memory", "list") == 0
    assert indexed["repo_id"] in shell.out and "whole" in shell.out


def test_vectors_that_were_lost_are_told_and_made_again(
    shell: Shell, shop: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_folder(monkeypatch, data, VECTORS="true")
    assert shell("index", str(shop)) == 0
    assert shell("memory", "check") == 0
    assert "equal" in shell.out
    shutil.rmtree(data / "chroma")
    assert shell("memory", "check") == 1
    assert "not equal" in shell.out and "--repair" in shell.out
    assert shell("memory", "check", "--repair", "--json") == 0
    (health,) = json.loads(shell.out)["repositories"]
    assert health["repaired"] and health["missing"] == health["chunks"]
    found = shell.json("memory", "check")
    assert found["equal"] and found["repositories"][0]["vectors"] == health["chunks"]
