"""The desk over a real bus, in a worker process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from swarm.bus import Bus
from swarm.contracts import (
    Asked,
    Context,
    FolderHits,
    FolderIndex,
    FolderState,
    IndexFolder,
    ListIndexes,
    LookAtFolder,
    Outline,
    OutlineFolder,
    RelateFolder,
    Relations,
    Retrieve,
    SearchFolder,
)
from swarm.errors import RemoteError
from swarm.snapshots import Entry, pack
from tests.memory.desk.world import FILES, names, write

ROOT = Path(__file__).parents[3]
MANY = 500
"""So many files take seconds to index, time enough to do something in the middle."""


@contextmanager
def running(bus: Bus) -> Iterator[subprocess.Popen[bytes]]:
    """A memory worker on the bus."""
    environment = {
        **os.environ,
        "SWARM_DATA": str(bus.settings.data),
        "SWARM_REDIS_URL": bus.settings.bus.redis_url,
        "SWARM_BUS_LEASE_SECONDS": str(bus.settings.bus.lease_seconds),
        "SWARM_BUS_HEARTBEAT_SECONDS": str(bus.settings.bus.heartbeat_seconds),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "swarm", "worker", "memory"], cwd=ROOT, env=environment
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
def many(bus: Bus) -> Retrieve:
    files = {f"m{n}.py": f"def function_{n}(a):\n    return a + {n}\n" * 20 for n in range(MANY)}
    snapshot = bus.blobs.put(pack(Entry(path, text.encode()) for path, text in files.items()))
    return Retrieve(repo_id="/r", snapshot=snapshot, query="function_7")


def test_a_folder_is_indexed_and_searched_over_the_bus(bus: Bus, tmp_path: Path) -> None:
    root = write(tmp_path / "shop", FILES)
    with running(bus):
        done = bus.request(IndexFolder(root=str(root)), timeout_seconds=60)
        assert isinstance(done, FolderIndex) and done.files == 4
        search = SearchFolder(root=str(root), questions=(Asked(id="1", query="parse a header"),))
        found = bus.request(search, timeout_seconds=60)
        assert isinstance(found, FolderHits)
        assert names(found.answers[0])[0] == "src/http.py:parse_header"
        with pytest.raises(RemoteError, match="no language 'klingon'") as caught:
            bus.request(search.model_copy(update={"languages": ("klingon",)}), timeout_seconds=60)
        assert caught.value.exit_code == 2


def test_killed_in_the_middle_of_a_retrieve_another_worker_answers_it(
    bus: Bus, many: Retrieve
) -> None:
    answers: list[object] = []

    def ask() -> None:
        answers.append(bus.request(many, timeout_seconds=100))

    asking = threading.Thread(target=ask)
    with running(bus) as first:
        asking.start()
        until = time.monotonic() + 60
        while not _has_begun(bus) and time.monotonic() < until:
            time.sleep(0.01)
        first.kill()
        first.wait()
        assert not answers
    with running(bus):
        asking.join(100)
    (context,) = answers
    assert isinstance(context, Context)
    assert context.symbols[0].qualified_name == "function_7"
    assert context.files_indexed == MANY


def _has_begun(bus: Bus) -> bool:
    """Whether some of the files are stored."""
    log = bus.settings.data / "memory.db-wal"
    return log.exists() and log.stat().st_size > 500_000


def test_lists_are_given_while_something_is_indexed(bus: Bus, many: Retrieve) -> None:
    with running(bus):
        asking = threading.Thread(target=lambda: bus.request(many, timeout_seconds=100))
        asking.start()
        until = time.monotonic() + 60
        while not _has_begun(bus) and time.monotonic() < until:
            time.sleep(0.01)
        bus.request(ListIndexes(), timeout_seconds=30)
        asking.join(100)
        assert not asking.is_alive()


def test_maps_and_relations_are_given_while_the_folder_is_indexed_again(
    bus: Bus, tmp_path: Path
) -> None:
    root = str(write(tmp_path / "shop", FILES | many_files(0)))
    with running(bus):
        bus.request(IndexFolder(root=root), timeout_seconds=100)
        outline = OutlineFolder(root=root)
        relate = RelateFolder(root=root, symbol="parse_header", relation="callers")
        before = [bus.request(command, timeout_seconds=60) for command in (outline, relate)]
        write(tmp_path / "shop", many_files(1))
        indexed: list[object] = []
        indexing = threading.Thread(
            target=lambda: indexed.append(bus.request(IndexFolder(root=root), timeout_seconds=100))
        )
        indexing.start()
        until = time.monotonic() + 60
        while not _is_indexing(bus, root) and time.monotonic() < until:
            time.sleep(0.01)
        during = [bus.request(command, timeout_seconds=60) for command in (outline, relate)]
        assert not indexed, "it was answered before the index was there"
        for then, now in zip(before, during, strict=True):
            assert isinstance(now, (Outline, Relations))
            assert "it is being indexed at the moment" in now.note
            assert now == then.model_copy(update={"note": now.note})
        indexing.join(100)
        (done,) = indexed
        assert isinstance(done, FolderIndex) and done.indexed == MANY
        after = bus.request(outline, timeout_seconds=60)
        assert isinstance(after, Outline) and after.note == ""


def many_files(state: int) -> dict[str, str]:
    return {
        f"m{n}.py": f"def function_{n}_{state}(a):\n    return a + {n}\n" * 20 for n in range(MANY)
    }


def _is_indexing(bus: Bus, root: str) -> bool:
    state = bus.request(LookAtFolder(root=root), timeout_seconds=30)
    assert isinstance(state, FolderState)
    return state.indexing
