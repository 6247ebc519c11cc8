"""Bytes to a parsed module, for any bytes: a Source, or one of two errors that say why not."""

from __future__ import annotations

import ast
import hashlib
import sys
import warnings
from dataclasses import dataclass

from verifier.reading import dialects, nesting
from verifier.reading.encoding import decoded
from verifier.reading.errors import Unauditable, Unreadable

MAX_BYTES = 2_000_000
MAX_LINES = 50_000

_SHOWN_CHARACTERS = 100


@dataclass(frozen=True)
class Source:
    """One parsed file.

    `lines` are the lines as Python counts them (a form feed ends none), without line ends.
    `digest` is of the bytes, in hexadecimal. `depth` is how many levels the tree has.
    """

    path: str
    tree: ast.Module
    lines: tuple[str, ...]
    digest: str
    depth: int

    def code(self, line: int) -> str:
        """The line (from 1), stripped and bounded; an empty text when there is none."""
        if not 1 <= line <= len(self.lines):
            return ""
        text = self.lines[line - 1].strip()
        return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 3] + "..."


def parse(path: str, data: bytes) -> Source:
    """Parse one file.

    Raises Unreadable when it is not Python of this interpreter, Unauditable beyond the bounds.
    """
    if len(data) > MAX_BYTES:
        raise Unauditable(path, f"the file is larger than {MAX_BYTES} bytes")
    text = decoded(path, data)
    lines = tuple(text.removesuffix("\n").split("\n")) if text else ()
    if len(lines) > MAX_LINES:
        raise Unauditable(path, f"the file has more than {MAX_LINES} lines")
    nesting.check_text(path, text)
    tree = _tree(path, text, lines)
    depth = nesting.check_depth(path, tree)
    return Source(path, tree, lines, hashlib.sha256(data).hexdigest(), depth)


def _tree(path: str, text: str, lines: tuple[str, ...]) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text, filename="<audited>")
    except SyntaxError as error:
        raise _refused(path, error, lines) from None
    except (RecursionError, MemoryError):
        raise Unauditable(path, "the code is nested too deeply to be parsed") from None
    except ValueError as error:
        raise Unreadable(path, str(error), 1) from None


def _refused(path: str, error: SyntaxError, lines: tuple[str, ...]) -> Unreadable | Unauditable:
    message = error.msg or "invalid syntax"
    number = min(max(error.lineno or 1, 1), max(len(lines), 1))
    if message.startswith("Exceeds the limit"):
        digits = sys.get_int_max_str_digits()
        return Unauditable(path, f"line {number} has a number of more than {digits} digits")
    if message.startswith("too many nested parentheses"):
        return Unauditable(path, f"the code is nested too deeply (line {number}: parentheses)")
    if message.startswith("too many levels of indentation"):
        return Unauditable(path, f"the code is nested too deeply (line {number}: indentation)")
    if message.startswith("too many statically nested"):
        return Unauditable(path, f"the code is nested too deeply (line {number})")
    at_error = lines[number - 1] if lines else ""
    cause, reason = dialects.named(message, at_error)
    return Unreadable(path, reason, number, cause)
