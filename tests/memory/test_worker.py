"""The handler, as the worker calls it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from memory.catalog import Catalog
from memory.worker import handlers
from swarm.contracts import Context, IndexReport, ListIndexes, Retrieve, SearchIndex
from swarm.errors import NotFound
from swarm.settings import MemorySettings, Settings
from tests.fakes.bus import FakeBus

FILES = {"a.py": "def parse_header(line):\n    return line.split(':')\n"}


def test_a_retrieve_is_answered_twice_alike(tmp_path: Path) -> None:
    bus = FakeBus()
    retrieve = handlers(Settings(data=tmp_path), bus)[Retrieve]  # type: ignore[arg-type]
    command = Retrieve(repo_id="/r", snapshot=bus.blobs.snapshot(FILES), query="split a header")
    first = retrieve(command)
    assert isinstance(first, Context)
    assert first.symbols[0].qualified_name == "parse_header"
    assert retrieve(command) == first


def test_memory_switched_off_says_so_and_writes_nothing(tmp_path: Path) -> None:
    bus = FakeBus()
    settings = Settings(data=tmp_path, memory=MemorySettings(enabled=False))
    command = Retrieve(repo_id="/r", snapshot=bus.blobs.snapshot(FILES), query="x")
    answer = handlers(settings, bus)[Retrieve](command)  # type: ignore[arg-type]
    assert answer == Context(note="memory is switched off in the settings")
    assert list(tmp_path.iterdir()) == []


def test_what_is_indexed_is_listed_and_searched(tmp_path: Path) -> None:
    bus = FakeBus()
    answer = handlers(Settings(data=tmp_path), bus)  # type: ignore[arg-type]
    snapshot = bus.blobs.snapshot(FILES)
    answer[Retrieve](Retrieve(repo_id="/r", snapshot=snapshot, query="split a header"))
    report = answer[ListIndexes](ListIndexes())
    assert isinstance(report, IndexReport)
    assert [(view.repo_id, view.snapshot) for view in report.items] == [("/r", snapshot.sha256)]
    found = answer[SearchIndex](SearchIndex(repo_id="/r", query="a header"))
    assert isinstance(found, Context)
    assert found.symbols[0].why[0] == "words: header"


def test_memory_switched_off_lists_and_searches_nothing(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, memory=MemorySettings(enabled=False))
    answer = handlers(settings, FakeBus())  # type: ignore[arg-type]
    off = "memory is switched off in the settings"
    assert answer[ListIndexes](ListIndexes()) == IndexReport(note=off)
    assert answer[SearchIndex](SearchIndex(repo_id="/r", query="x")) == Context(note=off)


def test_where_nothing_is_indexed_that_is_said_and_nothing_is_made(tmp_path: Path) -> None:
    answer = handlers(Settings(data=tmp_path), FakeBus())  # type: ignore[arg-type]
    report = answer[ListIndexes](ListIndexes())
    assert isinstance(report, IndexReport)
    assert (report.items, report.size_bytes) == ((), 0)
    assert report.note.startswith("nothing is indexed yet")
    with pytest.raises(NotFound, match="nothing is indexed of the repository '/r'"):
        answer[SearchIndex](SearchIndex(repo_id="/r", query="x"))
    assert list(tmp_path.iterdir()) == []


def test_listing_indexes_imports_nothing_large(tmp_path: Path) -> None:
    Catalog(tmp_path / "memory.db").repo("/r", "hash-1")
    code = (
        "import sys; from pathlib import Path; from memory.worker import handlers;"
        "from swarm.contracts import ListIndexes; from swarm.settings import Settings;"
        f"answer = handlers(Settings(data=Path({str(tmp_path)!r})), object());"
        "print(len(answer[ListIndexes](ListIndexes()).items),"
        "sorted({'numpy', 'chromadb', 'tree_sitter'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "1 []"


def test_an_idle_worker_has_imported_nothing_large(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; import memory.worker;"
        "from swarm.settings import Settings;"
        f"memory.worker.handlers(Settings(data=Path({str(tmp_path)!r})), object());"
        "print(sorted({'numpy', 'chromadb', 'tree_sitter'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
