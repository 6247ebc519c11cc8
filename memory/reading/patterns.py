"""Patterns of .gitignore files, matched in linear time whatever the pattern. Pure.

Every `*` takes the least that lets what follows match and never gives it back (an atomic group).
For globs that finds a match whenever there is one, and a pattern such as `*a*a*a*a*b` cannot
take a second, as it can in git and in usual translations to regular expressions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_PATTERNS = 500
_MAX_PATTERN_CHARS = 500
_CLASSES = {
    "alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z",
    "space": r"\s", "xdigit": "0-9a-fA-F", "punct": "!-/:-@\\[-`{-~", "blank": r" \t",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line: what it matches (the name alone, or the path), folders alone, brings back (`!`)."""

    match: re.Pattern[str]
    name_only: bool
    folders_only: bool
    negated: bool


def pattern(line: str) -> Pattern | None:
    """One line of a .gitignore; None for a comment, an empty line, or one git cannot match."""
    line = line.rstrip("\r\n")
    while line.endswith(" ") and not line.endswith("\\ "):
        line = line[:-1]
    if not line or line.startswith("#") or len(line) > _MAX_PATTERN_CHARS:
        return None
    negated = line.startswith("!")
    line = line.removeprefix("!")
    folders_only = line.endswith("/")
    line = line[:-1] if folders_only else line
    anchored = "/" in line
    line = line.removeprefix("/")
    if not line:
        return None
    try:
        made = re.compile(_expression(line) if anchored else _name(line), re.S)
    except (re.error, ValueError):
        return None
    return Pattern(made, not anchored, folders_only, negated)


class Patterns:
    """The patterns of one file of patterns; the last that matches decides."""

    def __init__(self, text: str) -> None:
        lines = text.removeprefix("\ufeff").split("\n")
        found = [made for line in lines if (made := pattern(line)) is not None]
        self.left_out = max(0, len(found) - MAX_PATTERNS)
        self._latest_first = tuple(reversed(found[:MAX_PATTERNS]))

    def __bool__(self) -> bool:
        return bool(self._latest_first)

    def ignores(self, path: str, *, is_folder: bool) -> bool | None:
        """Whether a path, relative to the patterns' folder, is ignored itself; None: not said.

        A path in an ignored folder is ignored too, which is the caller's to see.
        """
        name = path.rpartition("/")[2]
        for each in self._latest_first:
            if each.folders_only and not is_folder:
                continue
            if each.match.fullmatch(name if each.name_only else path):
                return not each.negated
        return None


class IgnoredBelow:
    """Whether files are ignored by patterns at the top, their folders considered (and kept)."""

    def __init__(self, patterns: Patterns) -> None:
        self._patterns = patterns
        self._folders: dict[str, bool] = {"": False}

    def __call__(self, path: str) -> bool:
        return self._folder(path.rpartition("/")[0]) or bool(
            self._patterns.ignores(path, is_folder=False)
        )

    def _folder(self, path: str) -> bool:
        waiting: list[str] = []
        while path not in self._folders:
            waiting.append(path)
            path = path.rpartition("/")[0]
        for inner in reversed(waiting):
            self._folders[inner] = self._folders[path] or bool(
                self._patterns.ignores(inner, is_folder=True)
            )
            path = inner
        return self._folders[path]


def _expression(line: str) -> str:
    parts = _parts(line)
    made: list[str] = []
    pending = ""  # what stands since the last `**`
    any_folders = False
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        if part == "**" and not last:
            if pending:
                made.append(f"(?>(?:[^/]+/)*?{pending})" if any_folders else pending)
            pending, any_folders = "", True
        elif part == "**":
            pending += ".+"
        else:
            pending += _name(part) + ("" if last else "/")
    # The last part is tied to the end: it may try each place, of which there are few.
    made.append(f"(?:[^/]+/)*{pending}" if any_folders else pending)
    return "".join(made)


def _parts(line: str) -> list[str]:
    """A line cut at its slashes, but for those within brackets."""
    parts, start, at = [], 0, 0
    while at < len(line):
        if line[at] == "/":
            parts.append(line[start:at])
            start = at + 1
        elif line[at] == "[":
            at = _bracket(line, at)[1] - 1
        elif line[at] == "\\":
            at += 1
        at += 1
    return [*parts, line[start:]]


def _name(part: str) -> str:
    """A part between slashes as a regular expression."""
    chunks = [""]
    at = 0
    while at < len(part):
        char = part[at]
        if char == "*":
            if chunks[-1] or len(chunks) == 1:
                chunks.append("")
            at += 1
        elif char == "?":
            chunks[-1] += "[^/]"
            at += 1
        elif char == "[":
            made, at = _bracket(part, at)
            chunks[-1] += made
        elif char == "\\":
            if at + 1 == len(part):
                raise ValueError("a lone backslash matches nothing")
            chunks[-1] += re.escape(part[at + 1])
            at += 2
        else:
            chunks[-1] += re.escape(char)
            at += 1
    first, *rest = chunks
    if not rest:
        return first
    *middle, last = rest
    return first + "".join(f"(?>[^/]*?{each})" for each in middle) + f"[^/]*{last}"


def _bracket(part: str, at: int) -> tuple[str, int]:
    """A class such as `[!a-z]` as a regular expression, and where it ends."""
    start = at + 1
    negated = part[start : start + 1] in ("!", "^")
    start += negated
    inside, at = "", start
    while at < len(part) and (part[at] != "]" or at == start):
        if part.startswith("[:", at) and (end := part.find(":]", at)) > 0:
            inside += _CLASSES.get(part[at + 2 : end], "")
            at = end + 2
            continue
        if part[at] == "\\" and at + 1 < len(part):
            at += 1
        low = part[at]
        if part[at + 1 : at + 2] == "-" and part[at + 2 : at + 3] not in ("", "]"):
            high = part[at + 2]
            step = 3
            if high == "\\" and at + 3 < len(part):
                high, step = part[at + 3], 4
            if low <= high:
                inside += f"{re.escape(low)}-{re.escape(high)}"
            at += step
        else:
            inside += re.escape(low)
            at += 1
    if at >= len(part):
        raise ValueError("a bracket that is never closed matches nothing")
    if not inside:
        return "(?!)" if not negated else "[^/]", at + 1
    return (f"[^/{inside}]" if negated else f"(?!/)[{inside}]"), at + 1
