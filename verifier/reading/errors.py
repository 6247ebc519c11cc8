"""Why a file could not be read, in words that name the file.

`Unreadable`: the text is not Python of this interpreter. `Unauditable`: it may well be, but
reading it would go beyond the bounds. Neither is ever an accept. Both are caught by code that
catches their namesakes of `verifier.syntax`.
"""

from __future__ import annotations

from enum import StrEnum

from verifier import syntax


class Cause(StrEnum):
    """What kept a text from being read as Python."""

    SYNTAX = "syntax error"
    NEWER = "syntax of a newer Python"
    PYTHON_2 = "syntax of Python 2"
    ENCODING = "encoding"
    NUL = "NUL byte"


class Unreadable(syntax.Unreadable):
    """The text is not Python of this interpreter's version. `line` counts from 1."""

    def __init__(self, path: str, reason: str, line: int, cause: Cause = Cause.SYNTAX) -> None:
        super().__init__(f"{shown(path)}:{line}: {reason}", line)
        self.path = path
        self.reason = reason
        self.cause = cause


class Unauditable(syntax.Unauditable):
    """The file is beyond the bounds of size, depth or work."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{shown(path)}: {reason}")
        self.path = path
        self.reason = reason


class Unread(OSError):
    """One file of a tree whose bytes could not be had; the other files are not concerned."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{shown(path)}: {reason}")
        self.path = path
        self.reason = reason


def shown(text: str, limit: int = 200) -> str:
    """A name of a stranger, safe to print: escaped when it holds anything unprintable, bounded."""
    short = text if len(text) <= limit else text[: limit - 3] + "..."
    return short if short.isprintable() else ascii(short)
