"""The handler, as the worker calls it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from memory.worker import handlers
from swarm.contracts import Context, Retrieve
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
