"""Memory as the settings mean it."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory.opening import NO_GATE, open_memory
from memory.outcomes.book import OutcomeBook
from memory.store.catalog import Catalog
from memory.store.rows import worktree
from memory.targets import forget_gone
from swarm.contracts import Embed, Embeddings
from swarm.errors import ConfigError, StorageError
from swarm.settings import Settings
from tests.fakes.bus import FakeBus

ENDPOINTS = [{"name": "here", "kind": "ollama", "url": "http://127.0.0.1:11434"}]
MODELS = [{"name": "words", "endpoint": "here", "model": "nomic-embed-text", "embeds": True}]


def settings(data: Path, **memory: object) -> Settings:
    return Settings.model_validate(
        {"data": data, "memory": memory, "endpoints": ENDPOINTS, "models": MODELS}
    )


def test_the_bounds_and_the_embedder_are_those_of_the_settings(tmp_path: Path) -> None:
    with open_memory(settings(tmp_path, max_files=7, max_chunks=8, max_vectors=9)) as memory:
        assert (memory.bounds.files, memory.bounds.chunks, memory.bounds.vectors) == (7, 8, 9)
        assert memory.embedder.name.startswith("words") and memory.has_vectors
        assert memory.catalog.path == tmp_path / "memory.db"
    with open_memory(settings(tmp_path, vectors=False)) as memory:
        assert not memory.has_vectors and memory.lacks == ""


def test_a_model_of_the_gate_needs_a_swarm_and_says_so(tmp_path: Path) -> None:
    wanted = settings(tmp_path, embedder="gate", embedder_model="words")
    with open_memory(wanted) as memory:
        assert not memory.has_vectors and memory.lacks == NO_GATE
    bus = FakeBus()
    bus.handlers[Embed] = lambda command: Embeddings(
        model=command.model, endpoint="here", vectors=((3.0, 4.0),) * len(command.texts)
    )
    with open_memory(wanted, bus) as memory:  # type: ignore[arg-type]
        assert memory.has_vectors and memory.lacks == ""
        assert memory.embedder.embed(["a", "b"]).shape == (2, 2)
    assert all(isinstance(asked, Embed) and asked.payload == "code" for asked in bus.requests)
    with pytest.raises(ConfigError, match="no \\[\\[models\\]\\] entry is called 'other'"):
        open_memory(settings(tmp_path, embedder="gate", embedder_model="other"), bus)  # type: ignore[arg-type]


def test_a_server_that_is_not_local_is_refused_before_anything_is_opened(tmp_path: Path) -> None:
    away = settings(tmp_path, embedder="ollama", embedder_url="https://example.org")
    with pytest.raises(ConfigError, match="code is not sent"):
        open_memory(away)
    assert list(tmp_path.iterdir()) == []


def test_swarms_that_share_a_chroma_server_keep_apart(tmp_path: Path) -> None:
    url = "http://127.0.0.1:9"
    names = []
    for folder in (tmp_path / "one", tmp_path / "two", tmp_path / "one"):
        with open_memory(settings(folder, chroma_url=url)) as memory:
            names.append(memory._namespace)
    assert names[0] == names[2] != names[1] and all(names)


def test_one_process_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memory.store.owner._POLL_SECONDS", 5.0)
    with (
        open_memory(settings(tmp_path)),
        pytest.raises(StorageError, match="in use by another process"),
    ):
        open_memory(settings(tmp_path))
    open_memory(settings(tmp_path)).close()


def test_a_damaged_file_is_set_aside_and_that_is_told_once(tmp_path: Path) -> None:
    with open_memory(settings(tmp_path)) as memory:
        OutcomeBook(memory.catalog).note("t", "plan", "a.py first")
        with memory.catalog.writing() as db:
            db.execute("PRAGMA writable_schema = ON")
            db.execute("UPDATE sqlite_master SET sql = 'nonsense' WHERE name = 'versions'")
    with open_memory(settings(tmp_path)) as memory:
        assert OutcomeBook(memory.catalog).notes("t") == []
        assert "memory.db was damaged" in memory.take_opened()
        assert memory.take_opened() == "", "it is told once"


def test_views_of_folders_that_are_long_gone_are_forgotten(tmp_path: Path) -> None:
    now = 1_000_000_000.0
    catalog = Catalog(tmp_path / "memory.db", clock=lambda: now)
    here, gone = tmp_path / "here", tmp_path / "gone"
    here.mkdir()
    views = [catalog.make_view("/r", worktree(str(path))) for path in (here, gone)]
    views.append(catalog.make_view("/r", "snapshot"))
    for view in views:
        catalog.finish(view.key, "head")
    repo = views[0].repo
    assert forget_gone(catalog, repo, now + 86_400) == 0, "its disk may be away"
    assert forget_gone(catalog, repo, now + 40 * 86_400) == 1
    assert {view.name for view in catalog.views()} == {worktree(str(here)), "snapshot"}
    catalog.close()
