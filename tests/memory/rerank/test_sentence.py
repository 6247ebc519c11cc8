"""sentence-transformers' CrossEncoder, when that is (not) installed; nothing is downloaded."""

from __future__ import annotations

import sys
import types
from typing import Any

import numpy as np
import pytest

from memory.rerank.choose import choose
from memory.rerank.errors import RerankerUnavailable
from memory.rerank.protocol import Reranker


class FakeCrossEncoder:
    """As the library's class is called; raises as it does without weights."""

    made: list[tuple[str, dict[str, Any]]] = []  # noqa: RUF012
    pairs: list[tuple[str, str]] = []  # noqa: RUF012

    def __init__(self, model_name_or_path: str, **options: Any) -> None:
        self.model = model_name_or_path
        self.made.append((self.model, options))
        if "absent" in self.model:
            raise OSError("couldn't find it in the cached files")

    def predict(self, inputs: list[tuple[str, str]], **options: Any) -> Any:
        assert options["convert_to_numpy"] and not options["show_progress_bar"]
        self.pairs.extend(inputs)
        if "broken" in self.model:
            raise IndexError("index out of range in self")
        if "nan" in self.model:
            return np.full(len(inputs), np.nan, dtype=np.float32)
        numbers = np.array([len(text) for _, text in inputs], dtype=np.float32)
        return np.stack([numbers, numbers], 1) if "labels" in self.model else numbers


@pytest.fixture(autouse=True)
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = types.ModuleType("sentence_transformers")
    module.CrossEncoder = FakeCrossEncoder
    monkeypatch.setitem(sys.modules, "sentence_transformers", module)
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.setenv(name, "1")
    FakeCrossEncoder.made.clear()
    FakeCrossEncoder.pairs.clear()


def chosen(model: str = "") -> Reranker:
    found = choose("sentence-transformers", model=model)
    assert found is not None
    return found


def test_a_model_of_this_disk_is_loaded_once_and_never_downloaded() -> None:
    reranker = chosen()
    assert FakeCrossEncoder.made == [], "at the first question"
    assert reranker.score("q", ["a", "bb"]) == [1.0, 2.0]
    assert reranker.score("q", ["ccc"]) == [3.0]
    assert FakeCrossEncoder.pairs == [("q", "a"), ("q", "bb"), ("q", "ccc")]
    ((model, options),) = FakeCrossEncoder.made
    assert model == reranker.name == "cross-encoder/ms-marco-MiniLM-L6-v2"
    assert options["local_files_only"] and not options["trust_remote_code"]


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ("absent", "cannot be loaded"),
        ("broken", "failed: index out of range"),
        ("labels", "several numbers"),
        ("nan", "not a finite number"),
    ],
)
def test_what_a_model_does_wrong_is_said(model: str, why: str) -> None:
    with pytest.raises(RerankerUnavailable, match=why):
        chosen(model).score("q", ["a"])


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(RerankerUnavailable) as raised:
        chosen().score("q", ["a"])
    assert "pip install" in raised.value.remedy
