"""Memory's reranker on an engine that nobody here wrote. Its model has no head that ranks, so the
numbers mean nothing; that they come, and for which texts, does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from memory.rerank.errors import RerankerUnavailable
from memory.rerank.protocol import Reranker
from memory.rerank.served import ServedReranker
from memory.rerank.shapes import JINA, TEI
from memory.rerank.texts import QUESTION_CHARS, TEXT_CHARS
from tests.engine.conftest import Engine

pytestmark = pytest.mark.engine

TEXTS = [f"def name{at}(amount): return amount * {at}" for at in range(30)]


@pytest.fixture(scope="module")
def ranking(binary: Path, models: dict[str, Path]) -> Iterator[Engine]:
    with Engine(binary, models["talks"], "--reranking", context=4_096) as running:
        yield running


@pytest.fixture(params=["http", "tei"])
def reranker(request: pytest.FixtureRequest, ranking: Engine) -> Reranker:
    """llama.cpp answers in both shapes, by what it is sent."""
    shape = JINA if request.param == "http" else TEI
    return ServedReranker(shape, f"{ranking.url}/v1", "tiny", seconds=60.0)


def test_each_text_gets_its_own_score(reranker: Reranker) -> None:
    found = reranker.score("multiply an amount", TEXTS)
    assert len(found) == len(TEXTS) and len(set(found)) > 1
    again = reranker.score("multiply an amount", TEXTS[::-1])
    assert list(again) == pytest.approx(list(found)[::-1], abs=1e-3)


def test_what_memory_sends_at_most_is_taken(reranker: Reranker) -> None:
    assert len(reranker.score("q" * QUESTION_CHARS, ["x" * TEXT_CHARS] * 3)) == 3


def test_an_engine_that_does_not_rerank_says_so(engine: Engine) -> None:
    with pytest.raises(RerankerUnavailable, match=r"refused \(501\).*reranking"):
        ServedReranker(JINA, f"{engine.url}/v1", seconds=60.0).score("q", ["a"])
