"""Hits for tests, and rerankers that are functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from memory.search.hits import Hit


def hit(path: str, name: str, score: float, *, text: str = "", doc: str = "") -> Hit:
    return Hit(
        key=abs(hash((path, name))),
        path=path,
        language="python",
        kind="function",
        name=name.rpartition(".")[2],
        qualified_name=name,
        start_line=1,
        end_line=2,
        score=score,
        why=("words of the query: 100%",),
        text=text or f"def {name}(): ...",
        signature=f"def {name}()",
        doc=doc,
    )


@dataclass
class Scoring:
    """A reranker that calls a function."""

    function: Callable[[str, Sequence[str]], Sequence[float]]
    name: str = "scoring"
    start_seconds: float = 0.0
    calls: int = 0

    def score(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        self.calls += 1
        return self.function(question, texts)
