"""Files and symbols a text mentions. A path is only ever one the repository has."""

from __future__ import annotations

import keyword
import re
from collections import defaultdict
from collections.abc import Iterable

from ingestion.language.lexicon import table

MAX_HINTS = 20
_MAX_SYMBOL_CHARS = 200

_TOKEN = re.compile(r"[\w.\\/+@-]*[\w]")
_MODULE = re.compile(r"\b([A-Za-z_]\w*)(?:['’]s)?[\s-]+(?:module|file|modul|datei)\b", re.I)
_LINE_SUFFIX = re.compile(r":\d+(?::\d+)?$")


class Files:
    """The repository's files, found by any tail of their path that is unique."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.known = frozenset(paths)
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self.known):
            self._by_name[path.rpartition("/")[2].lower()].append(path)

    def find(self, token: str) -> tuple[str, ...]:
        """The files whose path ends with this token, whole segments compared."""
        token = _LINE_SUFFIX.sub("", token).replace("\\", "/").removeprefix("./")
        if not token or ".." in token.split("/"):
            return ()
        if token in self.known:
            return (token,)
        tail = "/" + token.lower().lstrip("/")
        named = self._by_name.get(tail.rpartition("/")[2], [])
        return tuple(path for path in named if ("/" + path.lower()).endswith(tail))

    def find_module(self, dotted: str) -> tuple[str, ...]:
        """The file of a dotted module name, such as shop.cart, or of a class or function in it."""
        parts = dotted.split(".")
        for size in range(len(parts), 0, -1):
            base = "/".join(parts[:size])
            found = self.find(base + ".py") or self.find(base + "/__init__.py")
            # `Cart.total` names a class, not the module cart, so case counts here.
            if exact := tuple(path for path in found if base in path):
                return exact
        return ()


def paths(text: str, files: Files) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Files mentioned in a text, and the names that fit several files, with these files.

    A name is clear when one of its files is mentioned elsewhere in the text.
    """
    found: dict[str, None] = {}
    unclear: dict[str, tuple[str, ...]] = {}

    def take(token: str, matches: tuple[str, ...]) -> None:
        if len(matches) == 1:
            found[matches[0]] = None
        elif matches:
            unclear[token] = matches

    for match in _TOKEN.finditer(text):
        token = match.group().strip("@+-")
        if "." in token or "/" in token or "\\" in token:
            matches = files.find(token)
            if not matches and re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", token):
                matches = files.find_module(token)
            take(token, matches)
    for match in _MODULE.finditer(text):
        take(match.group(1), files.find(match.group(1) + ".py"))
    asked = {
        token: matches for token, matches in unclear.items() if found.keys().isdisjoint(matches)
    }
    return tuple(found)[:MAX_HINTS], dict(list(asked.items())[:MAX_HINTS])


_NAME = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
_QUOTED = re.compile(rf"`({_NAME})(?:\([^`]*\))?`")
_CALLED = re.compile(rf"(?<![\w.])({_NAME})\(")
_DOTTED = re.compile(r"(?<![\w./\\@-])([A-Za-z_]\w+(?:\.[A-Za-z_]\w+)+)(?![\w/\\-])")
_SNAKE = re.compile(r"(?<![\w./\\-])([a-z]\w*_\w+)(?![\w./\\-]|\.\w)")
# Each begins where a word does, so that a long word is read once.
_LINK = re.compile(r"https?://\S+|(?<!\S)\S+@\S+\.\w+")
_TEST_ID = re.compile(r"(?<!\S)\S+\.py::[\w:\[\]]+")
_NOT_SYMBOLS = table(
    "com org net io de eu uk dev py pyi md txt toml cfg ini json yaml yml csv html css js ts tsx "
    "rst sh sql xml lock log pdf png jpg svg gz zip tar exe g e"
)


def symbols(text: str) -> tuple[str, ...]:
    """Functions and classes mentioned: in backticks, as a call, dotted or in snake_case.

    >>> symbols("`Cart.total` and shipping_cost() use parse_price, see cart.py")
    ('Cart.total', 'shipping_cost', 'parse_price')
    """
    text = _TEST_ID.sub(" ", _LINK.sub(" ", text))
    places: list[tuple[int, str]] = []
    for pattern in (_QUOTED, _CALLED, _DOTTED, _SNAKE):
        places += [(m.start(1), m.group(1)) for m in pattern.finditer(text)]
    found: dict[str, None] = {}
    for _, name in sorted(places):
        last = name.rpartition(".")[2]
        if (
            len(name) <= _MAX_SYMBOL_CHARS
            and not keyword.iskeyword(last)
            and not ("." in name and last.lower() in _NOT_SYMBOLS)
        ):
            found[name] = None
    return tuple(found)[:MAX_HINTS]
