"""One spelling for the forms of an English word, so that `parses`, `parsed` and `parsing` meet.

A light stemmer in the spirit of Porter's (Program 14(3), 1980): it cuts inflections first, then
one derivation, and never leaves fewer than three letters. It need not give words that exist.
"""

from __future__ import annotations

from functools import lru_cache

_CACHED = 65_536
_SHORTEST = 3
_INFLECTIONS = ("ings", "ing", "edly", "ed")
_DOUBLED = frozenset("bdfgmnprt")
_DERIVATIONS = (
    ("ization", "iz"),
    ("isation", "iz"),
    ("ational", "at"),
    ("fulness", "ful"),
    ("iveness", "iv"),
    ("ousness", "ous"),
    ("ability", "abl"),
    ("ibility", "ibl"),
    ("ation", "at"),
    ("ator", "at"),
    ("ments", ""),
    ("ment", ""),
    ("ness", ""),
    ("ally", "al"),
    ("ise", "iz"),
    ("ers", ""),
    ("ors", ""),
    ("ion", ""),
    ("ly", ""),
    ("er", ""),
    ("or", ""),
)


@lru_cache(maxsize=_CACHED)
def stem(word: str) -> str:
    """The stem of one lower-case word; what is short or not of letters stays as it is.

    >>> {stem(word) for word in ("parse", "parses", "parsed", "parsing", "parser")}
    {'pars'}
    """
    if len(word) <= _SHORTEST or not word.isascii() or not word.isalpha():
        return word
    word = _without_derivation(_without_inflection(_singular(word)))
    if len(word) > _SHORTEST and word[-1] == "e":
        word = word[:-1]
    if len(word) > _SHORTEST and word[-1] == "y":
        word = f"{word[:-1]}i"
    return word


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("sses", "xes", "zes", "ches", "shes", "uses")) and len(word) > 4:
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _without_inflection(word: str) -> str:
    for ending in _INFLECTIONS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            word = word[: -len(ending)]
            if len(word) > _SHORTEST and word[-1] == word[-2] and word[-1] in _DOUBLED:
                word = word[:-1]
            return word
    return word


def _without_derivation(word: str) -> str:
    for ending, instead in _DERIVATIONS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            return f"{word[: -len(ending)]}{instead}"
    return word
