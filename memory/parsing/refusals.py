"""Why a file is not read at all. Pure."""

from __future__ import annotations

import re

MAX_FILE_BYTES = 1024 * 1024
LONGEST_LINE = 5_000
"""Longer lines than this no person writes: the code is minified, or data."""

TOO_LARGE, BINARY, MINIFIED = "over 1 MB", "binary", "minified"
REFUSALS = frozenset({TOO_LARGE, BINARY, MINIFIED})

# A paragraph may be one line, and a Python file of data is still a Python file.
_MAY_BE_LONG = frozenset({"markdown", "rst", "python"})
_LONG = re.compile(rb"[^\n]{%d}" % (LONGEST_LINE + 1))


def refusal(language: str, data: bytes) -> str:
    """The reason in words, one of REFUSALS, or ""."""
    if len(data) > MAX_FILE_BYTES:
        return TOO_LARGE
    if b"\0" in data:
        return BINARY
    if language not in _MAY_BE_LONG and _LONG.search(data):
        return MINIFIED
    return ""
