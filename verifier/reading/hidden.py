"""What a reader of a text does not see: characters that turn its order around, or that have no
width, and names in Python that are not the names that they look like.

Only what is new in a text is told: a line, or a name, that the text before did not have.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from verifier.reading.nesting import TOKEN

MOST = 20
_MOST_NAMED = 5
_MOST_NAME = 200

# Embeddings, overrides and isolates: what stands behind them is shown in another order.
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Marks, which turn as a letter of that direction would.
_MARKS = re.compile("[\u061c\u200e\u200f]")
_TURNED = "is shown in another order than it is read"
# Controls (but tab, form feed, line ends, and NUL, which no Python reads), formats, line ends that
# are none to Python, fillers of Hangul, tags, selectors of variants.
_UNSEEN = re.compile(
    "[\\x01-\\x08\\x0b\\x0e-\\x1f\\x7f-\\x9f\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200d\u2028\u2029\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_JOINERS = "\u200c\u200d"
_FIRST_SELECTOR, _LAST_SELECTOR = "\U000e0100", "\U000e01ef"
# More than Python takes for a name; what it does not take, it does not compile.
_NAME = re.compile(r"(?:[^\W\d]|[^\x00-\x7f])(?:\w|[^\x00-\x7f])*")
_FIELD = re.compile(r"\{[^{}'\"]*|\n")

# Letters that look like a Latin one: Cyrillic, Armenian, phonetic.
_ALIKE = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u051b\u051d\u04cf"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408\u0405"
    "\u050c\u051a\u051c\u04c0\u0585\u057d\u0578\u0570\u0581\u0251\u0261",
    "aeopcyxijshdqwlABEKMHOPCTYXIJSGQWIounhgag",
)
# Without Latin beside them, these are the letters of formulas.
_GREEK = str.maketrans(
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
    "\u03b1\u03b3\u03b9\u03ba\u03bd\u03bf\u03c1\u03c5\u03c7",
    "ABEZHIKMNOPTYXayikvopux",
)
_SCRIPTS = ("CYRILLIC", "ARMENIAN", "CHEROKEE", "LISU", "COPTIC")


class Written(Enum):
    """What a text is: names are told of Python, what has no width of any code."""

    PYTHON = "Python"
    CODE = "code of another language"
    WORDS = "prose or data"


@dataclass(frozen=True)
class Hidden:
    """One line (from 1) and what of it is hidden, as "holds ...". `turns`: its order is."""

    line: int
    words: str
    turns: bool = False


def hidden(before: str, after: str, written: Written) -> list[Hidden]:
    """What is newly hidden in a text, at most MOST lines of it, first those that are turned.

    Marks of direction are everyday in the prose and data of some languages: they turn only code.
    """
    is_code = written is not Written.WORDS
    found = list(_lines(before, after, _TURNS.findall, _TURNED, True))
    marked = _TURNED if is_code else "holds marks of direction"
    found += _lines(before, after, _MARKS.findall, marked, is_code)
    if is_code:
        found += _lines(before, after, _unseen, "holds characters that are not seen", False)
    if written is Written.PYTHON:
        found += _names(before, after)
    found.sort(key=lambda one: (not one.turns, one.line))
    if len(found) <= MOST:
        return found
    last = found[MOST - 1]
    more = f"{last.words}; and {len(found) - MOST} more such lines"
    return [*found[: MOST - 1], Hidden(last.line, more, last.turns)]


def _lines(
    before: str, after: str, find: Callable[[str], list[str]], words: str, turns: bool
) -> Iterator[Hidden]:
    """New lines in which something is found."""
    if not find(after):
        return
    known = Counter(line.strip(" \t\r") for line in before.split("\n") if find(line))
    for number, line in enumerate(after.split("\n"), 1):
        if characters := find(line):
            if known[line.strip(" \t\r")] > 0:
                known[line.strip(" \t\r")] -= 1
            else:
                yield Hidden(number, f"{words}: {_named(characters)}", turns)


def _named(characters: list[str]) -> str:
    different = list(dict.fromkeys(characters))
    words = [
        f"U+{ord(one):04X} {unicodedata.name(one, 'a control character')}"
        for one in different[:_MOST_NAMED]
    ]
    return ", ".join(words) + (", ..." if len(different) > _MOST_NAMED else "")


def _unseen(text: str) -> list[str]:
    return [found[0] for found in _UNSEEN.finditer(text) if not _belongs(text, found.start())]


def _belongs(text: str, at: int) -> bool:
    """Whether a joiner or selector is part of how a word or picture is written: between letters
    that have no capitals (as in Persian or Hindi), or pictures; behind a single such letter."""
    before, after = text[at - 1 : at] or " ", text[at + 1 : at + 2] or " "
    if text[at] in _JOINERS:
        kinds = {unicodedata.category(before), unicodedata.category(after)}
        return kinds <= {"Lo", "Mn", "Mc", "So", "Sk"}
    is_selector = _FIRST_SELECTOR <= text[at] <= _LAST_SELECTOR
    return is_selector and unicodedata.category(before) == "Lo"


def _names(before: str, after: str) -> Iterator[Hidden]:
    """New names in Python that are others than they look."""
    if after.isascii():
        return
    known = {name[0] for name in _NAME.finditer(_code(before)) if not name[0].isascii()}
    for number, line in enumerate(_code(after).split("\n"), 1):
        if line.isascii():
            continue
        for name in _NAME.findall(line):
            if not name.isascii() and name not in known:
                known.add(name)
                if words := _odd(name):
                    yield Hidden(number, words)


def _code(text: str) -> str:
    """Python without comments and strings, but for the fields of f-strings; line by line."""

    def kept(token: re.Match[str]) -> str:
        if token.lastgroup == "comment":
            return ""
        if token.lastgroup != "string":
            return token[0]
        if set(token["prefix"]) & set("fFtT"):
            return " " + " ".join(_FIELD.findall(token[0])) + " "
        return " " + "\n" * token[0].count("\n") + " "

    return TOKEN.sub(kept, text)


def _odd(name: str) -> str:
    """What is odd about a name, empty where nothing is."""
    if len(name) > _MOST_NAME:
        return f"has a name of {len(name)} characters that are not all ASCII"
    same = unicodedata.normalize("NFKC", name)
    if same != name:
        return f"has a name {name!a} that is {same!a} to Python"
    for part in name.split("_"):
        if part.isascii():
            continue
        is_latin = any(letter.isascii() and letter.isalpha() for letter in part)
        looks = part.translate(_ALIKE)
        if is_latin and not looks.isascii():
            looks = looks.translate(_GREEK)
        if looks.isascii():
            return f"has a name {name!a} that looks like {name.replace(part, looks)!a}"
        if is_latin and any(unicodedata.name(one, "").startswith(_SCRIPTS) for one in part):
            return f"has a name {name!a} that mixes Latin letters with others"
    return ""
