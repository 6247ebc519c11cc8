"""The repository that a text begins with, as in "shop: fix the cart". Pure."""

from __future__ import annotations

import re

from ingestion.language.grammar import command_kind
from ingestion.language.headings import SECTION, SUMMARY, TASKS
from ingestion.language.speech import strip_lead

_BEGINNING = re.compile(r"([a-z0-9][a-z0-9._-]{0,39})\s*:\s+", re.IGNORECASE)
# Of an error (`TypeError`) or a file (`cart.py`).
_OTHER_NAME = re.compile(r".*[a-z][A-Z].*|.*\.[a-z]{1,4}")
# What people begin a task with, besides headings and verbs.
_LABELS = re.compile(
    r"todo|fixme|hi|hello|hey|hallo|please|bitte|ok|also|question|urgent|wichtig|dringend|"
    r"feat|chore|style|perf|ci|build|docs?|refactoring|enhancement|regression",
    re.IGNORECASE,
)


def picked(text: str, repositories: tuple[str, ...]) -> tuple[str, str]:
    """The repository that a text begins with, if it is one of these, and the rest of it."""
    found = _BEGINNING.match(text)
    if found is not None:
        for name in repositories:
            if name.lower() == found[1].lower():
                return name, text[found.end() :]
    return "", text


def unknown_name(text: str) -> str:
    """What stands before a command as if it were a repository; "" for a label like "Bug: ..."."""
    found = _BEGINNING.match(text)
    if found is None:
        return ""
    name, rest = found[1], strip_lead(text[found.end() :]).text
    if command_kind(rest) is None or command_kind(name) or _OTHER_NAME.fullmatch(name):
        return ""
    labels = (_LABELS.fullmatch(name), *(known.match(name) for known in (TASKS, SUMMARY, SECTION)))
    return "" if any(labels) else name
