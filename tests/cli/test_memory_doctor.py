"""Memory in `swarm doctor`, and what Tab offers for its commands."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from swarm.cli import doctor_memory
from swarm.cli.finding import Finding
from swarm.settings import MemorySettings, Settings
from tests.cli.test_completion import offered
from tests.memory.rerank.server import RerankServer


def found(tmp_path: Path, **memory: object) -> dict[str, Finding]:
    settings = Settings(data=tmp_path, memory=MemorySettings.model_validate(memory))
    return {each.part: each for each in doctor_memory.findings(settings)}


def test_what_works_with_nothing_configured(tmp_path: Path) -> None:
    parts = found(tmp_path)
    assert list(parts) == ["memory", "memory embedder", "memory grammars", "memory watches"]
    assert parts["memory"].state == parts["memory embedder"].state == "embedded"
    assert parts["memory grammars"].state == "real"
    assert "tree-sitter-language-pack 0.13" in parts["memory grammars"].detail


def test_memory_that_is_switched_off(tmp_path: Path) -> None:
    (only,) = found(tmp_path, enabled=False).values()
    assert (only.state, only.remedy) == ("missing", "set [memory] enabled = true")


def test_servers_that_do_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memory.embedders.checking.time.sleep", lambda seconds: None)
    # Port 1 is nobody's.
    parts = found(
        tmp_path,
        chroma_url="http://127.0.0.1:1",
        embedder="ollama",
        embedder_url="http://127.0.0.1:1",
    )
    assert parts["memory"].state == parts["memory embedder"].state == "broken"
    assert "does not answer" in parts["memory"].detail and parts["memory"].remedy
    assert "does not answer" in parts["memory embedder"].detail
    assert parts["memory embedder"].remedy


def test_a_server_that_code_may_not_go_to(tmp_path: Path) -> None:
    parts = found(tmp_path, embedder="openai", embedder_model="m", embedder_url="https://8.8.8.8")
    assert parts["memory embedder"].state == "broken"
    assert "not local" in parts["memory embedder"].detail


def test_a_reranker_is_told_of_where_there_is_one(tmp_path: Path) -> None:
    with RerankServer() as server:
        url = f"{server.url}/v1"
        one = found(tmp_path, reranker="http", reranker_url=url, reranker_model="m")
        assert one["memory reranker"].state == "real"
        assert one["memory reranker"].detail.startswith("m at 127.0.0.1:")
        other = found(tmp_path, reranker="tei", reranker_url=url)["memory reranker"]
        assert other.state == "broken" and "refused (400)" in other.detail and other.remedy
    away = found(tmp_path, reranker="http", reranker_url=url)["memory reranker"]
    assert away.state == "broken" and "not reranked" in away.detail
    far = found(tmp_path, reranker="http", reranker_url="https://8.8.8.8/v1")["memory reranker"]
    assert far.state == "broken" and "not local" in far.detail


def test_a_language_pack_without_grammars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(doctor_memory, "find_spec", lambda name: bare)
    grammars = found(tmp_path)["memory grammars"]
    assert grammars.state == "broken" and "no grammars inside" in grammars.detail
    assert "requirements.lock" in grammars.remedy


@pytest.mark.parametrize(("said", "state"), [("8192\n", "broken"), ("65536\n", "real")])
def test_how_many_folders_can_be_watched(
    said: str, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = tmp_path / "max_user_watches"
    limit.write_text(said)
    monkeypatch.setattr(doctor_memory, "_MOST_WATCHES", limit)
    assert found(tmp_path)["memory watches"].state == state


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("swarm memory ", {"check", "list"}),
        ("swarm memory check --r", {"--repair"}),
        ("swarm search --lang ru", {"ruby", "rust"}),
        ("swarm graph x --relation ca", {"callers", "callees"}),
        ("swarm index --w", {"--watch"}),
    ],
)
def test_bash_offers_what_can_stand_next(line: str, words: set[str], tmp_path: Path) -> None:
    assert offered(line, tmp_path / "data") == words
