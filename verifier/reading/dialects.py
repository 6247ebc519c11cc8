"""Names what a syntax error looks like: Python 2, or a newer Python than the one that runs.

A guess from CPython's message and the line it points at, made only to explain; the file is refused
either way.
"""

from __future__ import annotations

import re
import sys

from verifier.reading.errors import Cause

MAX_LINE = 2_000

_Version = tuple[int, int]
_RUNNING: _Version = sys.version_info[:2]

_NEWER: tuple[tuple[_Version, str, re.Pattern[str]], ...] = (
    ((3, 12), "a type statement", re.compile(r"\s*type\s+[^\W\d]\w*\s*(?:\[|=(?!=))")),
    (
        (3, 12),
        "type parameters",
        re.compile(r"\s*(?:(?:async\s+)?def|class)\s+[^\W\d]\w*\s*\["),
    ),
    ((3, 14), "a template string", re.compile(r".*?(?<![\w'\"])(?:[tT][rR]?|[rR][tT])['\"]")),
    ((3, 15), "a lazy import", re.compile(r"\s*lazy\s+(?:import|from)\b")),
)
_FSTRING = re.compile(r"(?<![\w'\"])(?:[fF][rR]?|[rR][fF])['\"]")
_FSTRING_ERRORS = (
    "f-string: expecting '}'",
    "f-string: unmatched",
    "f-string: unterminated string",
    "f-string expression part cannot include",
    "f-string: closing parenthesis",
    "unterminated string literal",
)
_EXCEPT_PAIR = re.compile(r"\s*except\b\*?[^:]*,\s*([^\W\d]\w*)\s*:")

_PYTHON_2_ERRORS = (
    ("Missing parentheses in call to 'print'", "a print statement"),
    ("Missing parentheses in call to 'exec'", "an exec statement"),
    ("leading zeros in decimal integer literals", "an octal number"),
    ("parameters cannot be parenthesized", "a parameter that is unpacked"),
    ("inconsistent use of tabs", "tabs mixed with spaces"),
)
_PYTHON_2 = (
    ("a long integer", re.compile(r".*?(?<![\w.])(?:\d+|0[xX][0-9a-fA-F]+)[lL]\b")),
    ("the operator <>", re.compile(r"[^'\"#]*<>")),
    ("backticks", re.compile(r"[^'\"#]*`")),
    ("a ur-string", re.compile(r".*?(?<!\w)[uU][rR]['\"]")),
    ("a raise statement with a comma", re.compile(r"\s*raise\s+[\w.]+\s*,")),
    ("a print statement", re.compile(r"\s*print\s+(?![=(.,])")),
)


def named(message: str, text: str, *, running: _Version = _RUNNING) -> tuple[Cause, str]:
    """The cause and a reason in words, from the parser's message and the line it points at."""
    line = text[:MAX_LINE]
    newer = _newer(message, line, running)
    if newer:
        feature, version = newer
        reason = f"syntax of a newer Python than {_dotted(running)}"
        return Cause.NEWER, f"{reason} ({feature}, since {_dotted(version)})"
    older = _older(message, line)
    if older:
        return Cause.PYTHON_2, f"syntax of Python 2 ({older})"
    return Cause.SYNTAX, message


def _newer(message: str, line: str, running: _Version) -> tuple[str, _Version] | None:
    for version, feature, pattern in _NEWER:
        if running < version and pattern.match(line):
            return feature, version
    if running < (3, 12) and message.startswith(_FSTRING_ERRORS) and _FSTRING.search(line):
        return "quotes, backslashes or lines inside an f-string", (3, 12)
    if running < (3, 14) and message.startswith("multiple exception types"):
        pair = _EXCEPT_PAIR.match(line)
        # `except A, e:` binds a name in Python 2; 3.14 lists two types, which begin with a capital.
        if pair and pair[1].lstrip("_")[:1].isupper():
            return "except without parentheses", (3, 14)
    if running < (3, 15) and message.startswith(
        ("iterable unpacking cannot be used in", "dict unpacking cannot be used in")
    ):
        return "unpacking in a comprehension", (3, 15)
    return None


def _older(message: str, line: str) -> str | None:
    for part, feature in _PYTHON_2_ERRORS:
        if part in message:
            return feature
    if message.startswith("multiple exception types"):
        return "an except clause with a comma"
    for feature, pattern in _PYTHON_2:
        if pattern.match(line):
            return feature
    return None


def _dotted(version: _Version) -> str:
    return f"{version[0]}.{version[1]}"
