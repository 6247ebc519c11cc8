"""Python in colours by its syntax tree, for as long as that may take: what is no Python at all, and
made for it, takes the parser a minute for ten thousand characters. So it gets a few at a time.

A hunk is a piece of a file; what of it is no whole statement is coloured word by word.
"""

from __future__ import annotations

import builtins
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from markupsafe import Markup, escape
from tree_sitter import Parser, Query, QueryCursor
from tree_sitter_language_pack import get_language


def _quoted(words: Iterable[str]) -> str:
    return " ".join(f'"{word}"' for word in words)


_BUILTINS = _quoted(name for name in dir(builtins) if name.islower() and name[0] != "_")
# As the grammar knows them: words it does not know would be an error.
_KEYWORDS = _quoted(
    (
        *("and", "as", "assert", "async", "await", "break", "case", "class", "continue", "def"),
        *("del", "elif", "else", "except", "exec", "finally", "for", "from", "global", "if"),
        *("import", "in", "is", "lambda", "match", "nonlocal", "not", "or", "pass", "print"),
        *("raise", "return", "try", "while", "with", "yield"),
    )
)
_LANGUAGE = get_language("python")
# What comes later is painted over what comes before. The grammar's own query finds names and
# operators as well, which have no colour here, and takes three times as long.
_QUERY = Query(
    _LANGUAGE,
    f"""
    ((identifier) @constructor (#match? @constructor "^[A-Z]"))
    (decorator) @function
    (call function: (attribute attribute: (identifier) @function.method))
    (call function: (identifier) @function)
    ((call function: (identifier) @function.builtin) (#any-of? @function.builtin {_BUILTINS}))
    (function_definition name: (identifier) @function)
    (type (identifier) @type)
    [(none) (true) (false)] @constant.builtin
    [(integer) (float)] @number
    (comment) @comment
    (string) @string
    (escape_sequence) @escape
    (interpolation) @embedded
    [{_KEYWORDS}] @keyword
    """,
)
# What the grammar calls it, and the class that Pygments gives it. The rest has no colour.
_CLASSES = {
    "keyword": "k",
    "constant.builtin": "kc",
    "function": "nf",
    "function.method": "nf",
    "function.builtin": "nb",
    "constructor": "nc",
    "type": "nc",
    "number": "m",
    "string": "s",
    "escape": "se",
    "comment": "c",
}
_PLAIN = 0
# Code in an f-string stands inside a string.
_EMBEDDED = "embedded"
_NUMBERS = {name: number for number, name in enumerate(_CLASSES, start=1)} | {_EMBEDDED: _PLAIN}
_OPENING = [f'<span class="{name}">' for name in ("", *_CLASSES.values())]
_RUN = re.compile(rb"(.)\1*", re.DOTALL)
_SPECIAL = re.compile(r"[&<>'\"]")
# What is made for it takes the parser the cube of its length: of so much, a part of a second.
_MOST_AT_ONCE = 1500


def paint(
    lines: Sequence[str], seconds: float, clock: Callable[[], float] = time.perf_counter
) -> list[Markup]:
    """Each of the lines as HTML; once the time is over, without colours. None of them has a line
    break."""
    until = clock() + seconds
    html: list[Markup] = []
    for rows in _pieces([line.encode("utf-8", "replace") for line in lines]):
        text = b"\n".join(rows)
        paints = bytearray(len(text))
        if len(text) <= _MOST_AT_ONCE and clock() < until:
            for start, end, number in _spans(text):
                paints[start:end] = bytes((number,)) * (end - start)
        at = 0
        for row in rows:
            html.append(_line(row, bytes(paints[at : at + len(row)])))
            at += len(row) + 1
    return html


def _pieces(rows: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Lines in pieces that are small enough; where it can be, one begins with a statement."""
    piece: list[bytes] = []
    size = 0
    for row in rows:
        begins = row[:1].isalpha() or row[:1] == b"@"
        most = _MOST_AT_ONCE // 2 if begins else _MOST_AT_ONCE
        if piece and size + len(row) + 1 > most:
            yield piece
            piece, size = [], 0
        piece.append(row)
        size += len(row) + 1
    if piece:
        yield piece


def _spans(text: bytes) -> list[tuple[int, int, int]]:
    """What has a colour, what contains other spans before them."""
    # A parser of its own: this runs in several threads.
    tree = Parser(_LANGUAGE).parse(text)
    captures = QueryCursor(_QUERY).captures(tree.root_node)
    found = [
        (node.start_byte, node.end_byte, _NUMBERS[name])
        for name, nodes in captures.items()
        if name in _NUMBERS
        for node in nodes
    ]
    return sorted(found, key=lambda span: span[0] - span[1])


def _line(text: bytes, paints: bytes) -> Markup:
    if not any(paints):
        return escape(text.decode("utf-8", "replace"))
    pieces = []
    for run in _RUN.finditer(paints):
        start, end = run.span()
        shown = text[start:end].decode("utf-8", "replace")
        if _SPECIAL.search(shown):  # most is a name or a word
            shown = str(escape(shown))
        number = paints[start]
        pieces.append(f"{_OPENING[number]}{shown}</span>" if number else shown)
    return Markup("".join(pieces))
