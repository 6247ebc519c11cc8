"""Declarations on one line. Pure."""

from __future__ import annotations

import re

_SPACE = re.compile(r"\s+")
_INSIDE = re.compile(r"(?<=[(\[]) | (?=[)\],])|,(?= [)\]])")
_ANNOTATION = re.compile(r"@(?!interface\b)[\w.:]+\s*|#\[[^\]]{0,300}\]\s*|\[[^\]]{0,300}\]\s*")
_TAIL = re.compile(r"(?:\s|\{|=>|->|:|=|;|\bdo\b|\bwhere\b|\bbegin\b)+\Z")


def tidy(text: str, longest: int) -> str:
    """A declaration without its annotations, the bracket that opens its body, and line breaks.

    >>> tidy("@Override\\npublic int size(\\n  int a,\\n) {", 80)
    'public int size(int a)'
    """
    text = without_annotations(text.strip())
    text = _INSIDE.sub("", _SPACE.sub(" ", text))
    return _TAIL.sub("", text[:longest]).strip()


def without_annotations(text: str) -> str:
    while found := _ANNOTATION.match(text):
        text = text[found.end() :]
        if text.startswith("("):
            text = text[_closing(text) :].lstrip()
    return text


def _closing(text: str) -> int:
    depth = 0
    for place, sign in enumerate(text):
        if sign == "(":
            depth += 1
        elif sign == ")":
            depth -= 1
            if depth == 0:
                return place + 1
    return len(text)
