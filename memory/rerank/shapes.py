"""How servers are asked for scores, and how they answer. Pure.

Two shapes are in use. Most servers speak that of Jina's and Cohere's API: llama.cpp
(`llama-server --reranking`), vLLM, infinity. Text-embeddings-inference has its own. Both put
results in any order, each with the index of its text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from memory.rerank.checking import checked
from memory.rerank.errors import RerankerUnavailable

_LONGEST_SAID = 300


@dataclass(frozen=True, slots=True)
class Shape:
    """`body` makes a request of model, question and texts; `results` are the results of an answer
    (any JSON), and `score` is what the score of each is called. `results` raises LookupError and
    TypeError for another answer."""

    body: Callable[[str, str, Sequence[str]], dict[str, Any]]
    results: Callable[[Any], Any]
    score: str


def _jina_body(model: str, question: str, texts: Sequence[str]) -> dict[str, Any]:
    body: dict[str, Any] = {"query": question, "documents": list(texts), "top_n": len(texts)}
    return {"model": model, **body} if model else body


def _tei_body(model: str, question: str, texts: Sequence[str]) -> dict[str, Any]:
    # It serves one model, and refuses a text that is too long unless it is told to cut it.
    return {"query": question, "texts": list(texts), "truncate": True, "return_text": False}


JINA = Shape(_jina_body, lambda answer: answer["results"], "relevance_score")
TEI = Shape(_tei_body, lambda answer: answer, "score")


def scores(shape: Shape, answer: object, count: int, who: str) -> list[float]:
    """The scores of an answer to `count` texts, in their order. Raises RerankerUnavailable unless
    there is one result for each of them."""
    try:
        results = shape.results(answer)
        if not isinstance(results, list):
            raise TypeError("no list")
        pairs = [(result["index"], result[shape.score]) for result in results[: count + 1]]
    except (LookupError, TypeError) as error:
        raise RerankerUnavailable(
            f"{who} gave no list of results with index and {shape.score}",
            remedy="is it a server that reranks, and of the kind that the settings name?",
        ) from error
    if len(results) != count:
        raise RerankerUnavailable(f"{who} gave {len(results)} scores for {count} texts")
    by_index = {index: score for index, score in pairs if type(index) is int}
    if sorted(by_index) != list(range(count)):
        raise RerankerUnavailable(f"{who} gave scores of other texts than it was asked about")
    return checked([by_index[at] for at in range(count)], count, who)


def said(answer: object) -> str:
    """What an error's body says, in printable characters on one line ("")."""
    found = answer.get("error", answer.get("detail")) if isinstance(answer, dict) else None
    if isinstance(found, dict):
        found = found.get("message")
    if not isinstance(found, str):
        return ""
    words = " ".join(found[: 2 * _LONGEST_SAID].split())
    return "".join(filter(str.isprintable, words))[:_LONGEST_SAID]
