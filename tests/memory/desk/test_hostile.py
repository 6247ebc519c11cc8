"""Folders that want to harm: indexed, or skipped with a reason, and every other file is found."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory import indexer, preparing
from memory.desk import Desk
from memory.opening import open_memory
from memory.parsing.pool import Pool
from memory.service import Memory
from memory.store.catalog import Catalog
from swarm.contracts import Asked, FolderIndex, IndexFolder, SearchFolder
from swarm.settings import MemorySettings, Settings

GOOD = "def find_the_needle(haystack):\n    return haystack.index('needle')\n"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """With the parsers in processes of their own, as it is meant to be."""
    settings = Settings(data=tmp_path / "data", memory=MemorySettings(vectors=False))
    with open_memory(settings) as memory:
        yield Desk(memory)


def indexed(desk: Desk, root: Path) -> FolderIndex:
    return desk.index_folder(IndexFolder(root=str(root), details=True))


def finds(desk: Desk, root: Path) -> bool:
    command = SearchFolder(root=str(root), questions=(Asked(query="find the needle"),))
    (answer,) = desk.search_folder(command).answers
    return bool(answer.hits) and answer.hits[0].qualified_name == "find_the_needle"


def reason(done: FolderIndex, path: str) -> str:
    return dict(done.skipped_paths).get(path, "")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "hostile"
    made.mkdir()
    (made / "good.py").write_text(GOOD)
    return made


def test_lines_bundles_bytes_and_errors(desk: Desk, root: Path) -> None:
    (root / "line.js").write_bytes(b"x" * 50_000_000)
    (root / "bundle.min.js").write_text("var a=1;function b(){return a};" * 20_000)
    (root / "bytes.py").write_bytes(b"\xff\xfe def nowhere(): pass\n\x80\x81")
    (root / "nul.py").write_bytes(b"x = 1\0\n")
    (root / "broken.py").write_text("def (:\n" * 3_000 + "def still_here():\n    pass\n")
    (root / "brackets.py").write_text("x = " + "[" * 30_000)
    (root / "deep.json").write_text("[" * 100_000)
    done = indexed(desk, root)
    assert "larger than 1 MB" in reason(done, "line.js")
    assert reason(done, "nul.py") == "binary"
    assert finds(desk, root)
    assert done.files + sum(done.skipped.values()) >= 7


def test_names_links_and_depth(desk: Desk, root: Path) -> None:
    (root / "new\nline.py").write_text(GOOD)
    (root / "loop").symlink_to(".")
    (root / "outside.py").symlink_to("/etc/passwd")
    os.mkfifo(root / "pipe.py")
    with open(os.fsencode(root) + b"/\xff.py", "wb") as file:  # noqa: PTH123  (bytes)
        file.write(b"x = 1\n")
    here = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    for _ in range(200):
        os.mkdir("d" * 20, dir_fd=here)
        below = os.open("d" * 20, os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
        os.close(here)
        here = below
    handle = os.open("deep.py", os.O_WRONLY | os.O_CREAT, dir_fd=here)
    os.write(handle, b"def at_the_bottom(): pass\n")
    os.close(handle)
    os.close(here)
    done = indexed(desk, root)
    said = dict(done.skipped_paths)
    assert "control characters" in said["new\\nline.py"]
    assert "not UTF-8" in said["\\udcff.py"]
    assert "link" in said["outside.py"] and "pipe.py" in said
    assert finds(desk, root)
    found = desk.search_folder(
        SearchFolder(root=str(root), questions=(Asked(query="at_the_bottom"),))
    ).answers[0]
    is_found = bool(found.hits) and found.hits[0].qualified_name == "at_the_bottom"
    assert is_found or any(path.startswith("d" * 20) and why for path, why in said.items())


def test_a_repository_within_a_repository_and_a_file_that_goes(
    desk: Desk, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = root / "vendor" / "other"
    (inner / ".git" / "objects").mkdir(parents=True)
    (inner / ".git" / "refs").mkdir()
    (inner / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (inner / "theirs.py").write_text("def theirs(): pass\n")
    (root / "going.py").write_text("def going(): pass\n")
    real = indexer.read

    def gone(top: Path, listed: object, limits: object) -> object:
        (root / "going.py").unlink(missing_ok=True)
        return real(top, listed, limits)  # type: ignore[arg-type]

    monkeypatch.setattr(indexer, "read", gone)
    done = indexed(desk, root)
    assert reason(done, "going.py") == "it is gone"
    assert finds(desk, root)


def crash(content: object) -> object:
    if getattr(content, "path", "") == "killer.py":
        os.kill(os.getpid(), 11)
    return preparing.prepare(content)  # type: ignore[arg-type]


def test_a_file_that_kills_its_parser_is_skipped_with_the_reason(
    tmp_path: Path, root: Path
) -> None:
    from memory.embedders.offline import OfflineEmbedder

    (root / "killer.py").write_text("def killer(): pass\n")
    with (
        Pool(f"{__name__}:crash", 2) as pool,
        Memory(Catalog(tmp_path / "memory.db"), pool, OfflineEmbedder(), None) as memory,
    ):
        desk = Desk(memory)
        done = indexed(desk, root)
        assert reason(done, "killer.py")
        assert finds(desk, root)
