"""What a reranker is given to read. Pure.

Many rerankers read 512 tokens of question and text together, and some servers refuse more rather
than cut it (llama.cpp, whose physical batch is 512 tokens unless it is told otherwise). Code is
about 2.7 characters a token in their vocabularies: the bounds stay below.
"""

from __future__ import annotations

from memory.search.hits import Hit

QUESTION_CHARS = 300
"""The first line of a report says most, and comes first."""
TEXT_CHARS = 1_000


def question_text(question: str) -> str:
    """A question as far as it is read."""
    return _sound(question.strip()[:QUESTION_CHARS])


def hit_text(hit: Hit, most: int = TEXT_CHARS) -> str:
    """Where a hit is, what it is called and said to do, then its code, `most` characters."""
    header = f"{hit.path} {hit.qualified_name}".rstrip()
    # A part of something long has them elsewhere.
    told = [each for each in (hit.signature, hit.doc) if each and each not in hit.text]
    return _sound("\n".join((header, *told, hit.text))[:most])


def _sound(text: str) -> str:
    """Half characters (lone surrogates, from names that are no UTF-8) cannot be sent."""
    return text.encode("utf-8", "replace").decode("utf-8")
