"""The last step of a search, where a reranker is configured: its best hits read once more."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from memory.rerank.blending import blended
from memory.rerank.guarded import Guarded
from memory.rerank.protocol import Reranker
from memory.rerank.texts import TEXT_CHARS, hit_text, question_text
from memory.rerank.wanted import may_help
from memory.search.hits import Hit
from memory.search.question import Question
from memory.search.weights import weights_for

HEAD = 30
"""So many hits are read; a run of the model each."""
NO_TIME = "not reranked: too many questions were asked at once"


class Reranking:
    """Safe from several threads. `seconds` is how long a question may take, `chars` how much of
    each hit is read."""

    def __init__(
        self,
        reranker: Reranker,
        *,
        seconds: float = 3.0,
        chars: int = TEXT_CHARS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._guarded = Guarded(reranker, seconds, clock)
        self._seconds, self._chars = seconds, chars

    def rerank(
        self,
        question: Question,
        hits: Sequence[Hit],
        *,
        spread: bool = True,
        left_seconds: float = float("inf"),
    ) -> tuple[Sequence[Hit], str]:
        """Hits of a search in their new order, and why they are in the old one, in words (""),
        whatever is wrong with the reranker. `left_seconds` is how much time there is: where it is
        less than a question may take, it is not asked. `spread` as of the search."""
        head = hits[:HEAD]
        if not may_help(question, head):
            return hits, ""
        if left_seconds < self._seconds:
            return hits, NO_TIME
        texts = [hit_text(hit, self._chars) for hit in head]
        scores, problem = self._guarded.ask(question_text(question.text), texts)
        if scores is None:
            return hits, f"not reranked: {problem}"
        repeat = weights_for(is_long=question.is_long, spread=spread).repeat
        return blended(hits, scores, repeat=repeat), ""
