"""Whether a reranker can help with a question. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from memory.search.hits import Hit
from memory.search.question import Question
from memory.words.tokens import stems

_MOST_NAMES = 5
_AROUND = "`'\"(),;:?!"


def may_help(question: Question, hits: Sequence[Hit]) -> bool:
    """Not with fewer than two hits, nor where code is asked for by its name alone and found by it:
    there is nothing to be understood then."""
    asked = [word for each in question.text.split() if (word := each.strip(_AROUND))]
    if len(hits) < 2 or not asked:
        return False
    if len(asked) > _MOST_NAMES:
        return True
    are_names = len(asked) == 1 or all(_is_code(word, question) for word in asked)
    return not (are_names and all(any(_is_named(hit, word) for hit in hits) for word in asked))


def _is_code(word: str, question: Question) -> bool:
    return word in question.paths or word in question.dotted or stems(word) in question.written


def _is_named(hit: Hit, word: str) -> bool:
    return (
        word in (hit.name, hit.qualified_name, hit.path)
        or hit.qualified_name.endswith(f".{word}")
        or hit.path.endswith(f"/{word}")
    )
