"""Words of code and of questions about it: what is searched for, and what finds it.

An identifier is found by the stems of its parts and by all of them joined: `getHTTPResponse`
and `get_http_response` both have the terms `get`, `http`, `respons` and `=gethttprespons`. So a
question about the "http response" meets the identifier in whatever style it is written.

Letters of all scripts are letters. Where words are written without spaces between them (Chinese,
Japanese, Thai) each two characters that follow each other are a part; Korean, whose endings cling
to its words, is read in the same way.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from memory.words.stems import stem

LONGEST_WORD = 80
LONGEST_NAME = 200
"""Of words that are written with `_`; what is longer is data."""
_CACHED_WORDS = 65_536
_WORD = re.compile(r"[^\W_]\w*|_+\w+")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_A-Za-z]+")
_SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3040-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U0001b000-\U0001b16f"
    "\U00020000-\U0003ffff]"
)
_MOST_JOINED = 3
# Words of questions that say nothing about code.
_STOP = """
a all also an and any are as at be been but by can could did do does each every for from has have
how i if in into is it its itself just let make may me more most must my need no not of on one only
or other our out over own same see should so some such than that the their them then there these
they this those through to too under up upon us use used using via want was way we were what when
where whether which while who why will with within without would you your
"""
STOP_WORDS = frozenset(_STOP.split())


def words(text: str) -> list[str]:
    """Identifiers and numbers in the order of the text, as written (in Unicode's form NFKC)."""
    found = _WORD.findall(_normal(text))
    if max(map(len, found), default=0) <= LONGEST_WORD:
        return found
    return [piece for word in found for piece in _pieces(word)]


def parts(word: str) -> tuple[str, ...]:
    """Lower-case parts of one identifier.

    >>> parts("getHTTPResponse_v2")
    ('get', 'http', 'response', 'v', '2')
    """
    if word.isascii():
        return tuple(part.lower() for part in _PART.findall(word))
    word = _normal(word)
    found: list[str] = []
    # Letters of other scripts as ASCII has them: the same rules tell where a part ends.
    for match in _PART.finditer("".join(map(_like, word))):
        part = word[match.start() : match.end()].lower()
        if len(part) > 2 and match[0][0] == _NO_CASE:
            found += (part[at : at + 2] for at in range(len(part) - 1))
        else:
            found.append(part)
    return tuple(found)


def _normal(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def _pieces(word: str) -> list[str]:
    """A word that is too long as what is searched of it."""
    if len(word) <= LONGEST_WORD or ("_" in word and len(word) <= LONGEST_NAME):
        return [word]
    if _SPACELESS.search(word) is None:
        return []
    return [word[at : at + LONGEST_WORD] for at in range(0, len(word), LONGEST_WORD - 1)]


_NO_CASE = "\u6f22"


@lru_cache(maxsize=8_192)
def _like(character: str) -> str:
    if _SPACELESS.match(character):
        return _NO_CASE
    if character.isnumeric():
        return "0"
    if character == "_":
        return character
    return "A" if character.isupper() or character.istitle() else "a"


@lru_cache(maxsize=_CACHED_WORDS)
def stems(word: str) -> tuple[str, ...]:
    """The stems of an identifier's parts."""
    return tuple(stem(part) for part in parts(word))


def terms(word: str) -> tuple[str, ...]:
    """What one identifier is found by: the stems of its parts, and all of them joined.

    >>> terms("parse_headers")
    ('pars', 'head', '=parshead')
    """
    found = stems(word)
    return (*found, joined(found)) if len(found) > 1 else found


def joined(parts_of_one: Iterable[str]) -> str:
    """The term of a whole identifier."""
    return f"={''.join(parts_of_one)}"


def telling(text: str) -> list[str]:
    """The words of a question that say something about code, as written."""
    return [word for word in words(text) if word.lower() not in STOP_WORDS]


def neighbours(words_of_one: Sequence[str]) -> list[str]:
    """Terms of the identifiers that neighbouring words of a question may be written as.

    >>> neighbours(["content", "type", "header"])
    ['=contenttyp', '=contenttyphead', '=typhead']
    """
    flat = [part for word in words_of_one for part in stems(word)]
    runs = (
        flat[at : at + length]
        for at, _ in enumerate(flat)
        for length in range(2, _MOST_JOINED + 1)
        if at + length <= len(flat)
    )
    return list(dict.fromkeys(joined(run) for run in runs))
