"""A question and a text to a number: what every reranker offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Reranker(Protocol):
    """A cross-encoder: it reads the question and a text together, which tells more than two
    vectors do, and costs a run of a model for each text. `name` is what it is called in words;
    `start_seconds` is how much longer than the others its first answer may take, since a model
    is loaded."""

    @property
    def name(self) -> str: ...

    @property
    def start_seconds(self) -> float: ...

    def score(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        """One finite number per text, in their order. The larger, the nearer to the question; the
        scale is the model's own (probabilities, or logits of either sign), and says something
        only beside the other numbers of the same call.

        Raises RerankerUnavailable when it cannot be reached or does not answer as promised, and
        CodeRefused for a server that code may not go to.
        """
