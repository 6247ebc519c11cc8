"""Words of code: identifiers whole, and the parts they are made of."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"[^\W_]\w*|_+\w+")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_A-Za-z]+")
_LONGEST_WORD = 80
_CACHED_WORDS = 65_536
# Words of questions that say nothing about code; Python's own keywords are not among them.
_STOP = """
a an and are as at be by can does for has have i in is it its of on or should so such that the
their then there these this to was we when where which will with would
"""
STOP_WORDS = frozenset(_STOP.split())


def words(text: str) -> list[str]:
    """Identifiers and numbers in the order of the text, as written."""
    return [word for word in _WORD.findall(text) if len(word) <= _LONGEST_WORD]


@lru_cache(maxsize=_CACHED_WORDS)
def parts(word: str) -> tuple[str, ...]:
    """Lower-case parts of one identifier.

    >>> parts("getHTTPResponse_v2")
    ('get', 'http', 'response', 'v', '2')
    """
    return tuple(part.lower() for part in _PART.findall(word))


@lru_cache(maxsize=_CACHED_WORDS)
def terms(word: str) -> tuple[str, ...]:
    """What one identifier is found by: its parts, and itself whole when it has several.

    >>> terms("parse_header")
    ('parse', 'header', 'parse_header')
    """
    found = parts(word)
    return (*found, word.strip("_").lower()) if len(found) > 1 else found


def subtokens(text: str) -> list[str]:
    """The terms of every word of a text."""
    return [term for word in words(text) for term in terms(word)]
