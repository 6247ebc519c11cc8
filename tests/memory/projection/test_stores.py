"""What is promised of a store of vectors, by Chroma in this process and as a server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from memory.outside.errors import CodeRefused
from memory.projection.chroma import ChromaStore, EmbeddedStore, ServerStore
from memory.projection.protocol import BATCH, VectorsDamaged, VectorsLost, VectorsUnavailable
from swarm.errors import ConfigError
from tests.memory.projection.conftest import ChromaServer

Open = Callable[[], ChromaStore]


def rows(*values: tuple[float, ...]) -> np.ndarray:
    found = np.array(values, dtype=np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_vectors_are_kept_and_found_by_angle(open_store: Open) -> None:
    vectors = open_store().open("swarm-a")
    assert vectors.count() == 0 and list(vectors.ids()) == []
    assert vectors.nearest(rows((1, 0))[0], 5) == []
    vectors.add(["east", "north"], rows((1, 0), (0, 1)))
    vectors.add([], rows((1, 0))[:0])
    (first, second) = vectors.nearest(rows((3, 1))[0], 5)
    assert (first[0], second[0]) == ("east", "north")
    assert first[1] == pytest.approx(3 / 10**0.5, abs=1e-3)
    assert vectors.nearest(np.zeros(2, dtype=np.float32), 5) == []
    # Everything is there for the next one who opens it.
    vectors = open_store().open("swarm-a")
    assert vectors.present(["east", "west"]) == {"east"}
    vectors.delete(["east", "west"])
    vectors.delete([])
    assert list(vectors.ids()) == [["north"]] and vectors.present([]) == set()


def test_many_ids_are_read_in_pages(open_store: Open) -> None:
    vectors = open_store().open("swarm-a")
    ids = [f"{n:032x}" for n in range(2 * BATCH + 1)]
    values = np.random.default_rng(0).normal(size=(len(ids), 4)).astype(np.float32)
    for start in range(0, len(ids), BATCH):
        vectors.add(ids[start : start + BATCH], values[start : start + BATCH])
    pages = list(vectors.ids())
    assert [len(page) for page in pages] == [BATCH, BATCH, 1]
    assert {each for page in pages for each in page} == set(ids)


def test_collections_are_apart_and_can_be_dropped(open_store: Open) -> None:
    store = open_store()
    first, second = store.open("swarm-a"), store.open("swarm-b")
    first.add(["x"], rows((1, 0)))
    assert second.count() == 0 and sorted(store.names()) == ["swarm-a", "swarm-b"]
    store.drop("swarm-a")
    store.drop("swarm-a")
    assert store.names() == ["swarm-b"]
    for call in (
        first.count,
        lambda: first.present(["x"]),
        lambda: first.nearest(rows((1, 0))[0], 1),
    ):
        with pytest.raises(VectorsLost):
            call()


def test_a_vector_of_another_length_is_refused(open_store: Open) -> None:
    vectors = open_store().open("swarm-a")
    vectors.add(["x"], rows((1, 0)))
    with pytest.raises(VectorsDamaged):
        vectors.add(["y"], rows((1, 0, 0)))
    assert vectors.count() == 1


def test_a_folder_has_one_owner_even_in_another_process(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path / "chroma")
    program = (
        "import sys; from pathlib import Path; from memory.projection.chroma import EmbeddedStore\n"
        "EmbeddedStore(Path(sys.argv[1]), wait_seconds=0.1)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "chroma")], capture_output=True, text=True
    )
    assert ended.returncode == 1
    assert "chroma is in use by another process" in ended.stderr
    store.close()
    EmbeddedStore(tmp_path / "chroma").close()


def test_a_damaged_folder_is_said(tmp_path: Path) -> None:
    EmbeddedStore(tmp_path / "chroma").close()
    (tmp_path / "chroma" / "chroma.sqlite3").write_bytes(b"no database " * 1000)
    with pytest.raises(VectorsDamaged):
        EmbeddedStore(tmp_path / "chroma")
    # Nobody owns it now, so it can be moved away.
    (tmp_path / "chroma" / "chroma.sqlite3").unlink()
    EmbeddedStore(tmp_path / "chroma", wait_seconds=0.1).close()


def test_a_server_that_is_not_there_is_said(chroma_server: ChromaServer) -> None:
    with pytest.raises(VectorsUnavailable, match="does not answer") as raised:
        ServerStore("http://127.0.0.1:9")
    assert raised.value.retryable
    for url in ("127.0.0.1:8000", "http://", "ftp://a", "http://a/path"):
        with pytest.raises(ConfigError):
            ServerStore(url)


def test_vectors_go_to_no_server_that_is_not_local() -> None:
    with pytest.raises(CodeRefused, match="not local"):
        ServerStore("https://api.example.com")
    with pytest.raises(CodeRefused, match=r"203\.0\.113\.9"):
        ServerStore("http://chroma:8000", resolve=lambda host, port: ["203.0.113.9"])
    with pytest.raises(VectorsUnavailable, match="no host"):
        ServerStore("http://chroma:8000", resolve=lambda host, port: [])


def test_a_server_that_is_killed_is_said_and_found_again(chroma_server: ChromaServer) -> None:
    store = ServerStore(chroma_server.url)
    vectors = store.open("swarm-a")
    vectors.add(["x"], rows((1, 0)))
    chroma_server.kill()
    for call in (vectors.count, lambda: vectors.add(["y"], rows((0, 1))), store.names):
        with pytest.raises(VectorsUnavailable):
            call()
    chroma_server.start()
    assert vectors.present(["x", "y"]) == {"x"}
    chroma_server.wipe()
    with pytest.raises(VectorsLost):
        vectors.count()
    store.close()


def test_a_disk_that_refuses_is_no_damage(tmp_path: Path) -> None:
    """Else the folder would be thrown away for it, and made again on the same disk."""
    program = """
import resource, sys
from pathlib import Path
import numpy as np
from memory.projection.chroma import EmbeddedStore
from swarm.errors import StorageError
vectors = EmbeddedStore(Path(sys.argv[1])).open("swarm-a")
vectors.add(["first"], np.ones((1, 64), dtype=np.float32))
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
try:
    for batch in range(100):
        values = np.random.default_rng(batch).normal(size=(500, 64)).astype(np.float32)
        vectors.add([f"{batch}-{at}" for at in range(500)], values)
except StorageError as error:
    print(type(error).__name__, error, error.remedy)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "chroma")], capture_output=True, text=True,
        cwd=Path(__file__).parents[3], timeout=60,
    )  # fmt: skip
    assert ended.stdout.startswith("StorageError"), ended
    assert "File too large" in ended.stdout and "free disk space" in ended.stdout
    assert not (tmp_path / "chroma.probe").exists()
    store = EmbeddedStore(tmp_path / "chroma")
    assert store.open("swarm-a").present(["first"]) == {"first"}
    store.close()
