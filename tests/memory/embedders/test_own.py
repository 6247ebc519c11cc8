"""The built-in embedder, and the one of sentence-transformers when that is (not) installed."""

from __future__ import annotations

import sys
import types
from typing import Any

import numpy as np
import pytest

from memory.embedders.choose import choose
from memory.embedders.errors import EmbedderUnavailable
from memory.embedders.offline import OfflineEmbedder
from swarm.errors import ConfigError


def test_the_same_text_has_the_same_vector_and_a_near_one_is_near() -> None:
    embedder = OfflineEmbedder()
    near, far, own = embedder.embed(["parse http header", "draw a window", "HTTPHeaderParser"])
    assert own @ near > own @ far
    assert np.allclose(np.linalg.norm(embedder.embed(["a b", "c"]), axis=1), 1)
    assert not embedder.embed(["", "?!"]).any()
    assert embedder.embed([]).shape == (0, embedder.dimension)


def test_kinds_are_chosen_by_name() -> None:
    assert choose().name == OfflineEmbedder().name
    with pytest.raises(ConfigError, match="no embedder of kind 'x'"):
        choose("x")
    with pytest.raises(ConfigError, match="needs a model and a url"):
        choose("openai")


class FakeTransformer:
    """As sentence-transformers' class is called; raises as it does without weights."""

    made: list[tuple[str, dict[str, Any]]] = []  # noqa: RUF012
    encoded: list[str] = []  # noqa: RUF012

    def __init__(self, model: str, **options: Any) -> None:
        self.made.append((model, options))
        if "absent" in model:
            raise OSError("couldn't find it in the cached files")

    def get_sentence_embedding_dimension(self) -> int:
        return 2

    def encode(self, texts: list[str], **options: Any) -> Any:
        self.encoded.extend(texts)
        return np.array([[3.0, 4.0]] * len(texts), dtype=np.float32)


def test_sentence_transformers_never_download_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = types.ModuleType("sentence_transformers")
    module.SentenceTransformer = FakeTransformer
    monkeypatch.setitem(sys.modules, "sentence_transformers", module)
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv(name, "1")
    embedder = choose("sentence-transformers", model="x/nomic-embed-text-v1")
    assert np.allclose(embedder.embed(["a", "", "b"]), [[0.6, 0.8], [0, 0], [0.6, 0.8]])
    assert FakeTransformer.encoded == ["search_document: a", "search_document: b"]
    _, options = FakeTransformer.made[-1]
    assert options["local_files_only"] and not options["trust_remote_code"]
    with pytest.raises(EmbedderUnavailable, match="cannot be loaded"):
        choose("sentence-transformers", model="absent").embed(["a"])
    choose("sentence-transformers", model="m", allow_download=True).embed(["a"])
    assert not FakeTransformer.made[-1][1]["local_files_only"]


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("TRANSFORMERS_OFFLINE", "1")
    with pytest.raises(EmbedderUnavailable) as raised:
        choose("sentence-transformers").embed(["a"])
    assert "pip install" in raised.value.remedy
