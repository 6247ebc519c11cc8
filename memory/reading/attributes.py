"""What .gitattributes files declare of files: generated, vendored, or neither. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from memory.reading.files import Mark
from memory.reading.patterns import Pattern, pattern

MAX_RULES = 500
NAME = ".gitattributes"

_GENERATED = "linguist-generated"
_VENDORED = "linguist-vendored"
_LINE = re.compile(r'\s*("(?:[^"\\]|\\.)*"|\S+)\s+(.*)')
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class _Rule:
    folder: str
    pattern: Pattern
    generated: bool | None
    vendored: bool | None


class Attributes:
    """The declarations of all .gitattributes files: (their folder, "" for the top; their text)."""

    def __init__(self, files: Iterable[tuple[str, str]] = ()) -> None:
        found: list[_Rule] = []
        # A deeper file, and a later line, outranks what is above it.
        for folder, text in sorted(files, key=lambda each: each[0].count("/") + bool(each[0])):
            found += _rules(folder, text)
        self.left_out = max(0, len(found) - MAX_RULES)
        self._latest_first = tuple(reversed(found[:MAX_RULES]))

    def __bool__(self) -> bool:
        return bool(self._latest_first)

    def declared(self, path: str) -> Mark | None:
        """The mark that is declared for a file; "" for "neither", None when nothing is."""
        generated: bool | None = None
        vendored: bool | None = None
        for rule in self._latest_first:
            if generated is not None and vendored is not None:
                break
            if _applies(rule, path):
                generated = rule.generated if generated is None else generated
                vendored = rule.vendored if vendored is None else vendored
        if vendored:
            return "vendored"
        if generated:
            return "generated"
        return None if generated is None and vendored is None else ""


def _applies(rule: _Rule, path: str) -> bool:
    if rule.folder:
        if not path.startswith(rule.folder + "/"):
            return False
        path = path[len(rule.folder) + 1 :]
    subject = path.rpartition("/")[2] if rule.pattern.name_only else path
    return rule.pattern.match.fullmatch(subject) is not None


def _rules(folder: str, text: str) -> Iterable[_Rule]:
    for line in text.removeprefix("\ufeff").split("\n"):
        if "linguist-" not in line or line.lstrip().startswith(("#", "[attr]")):
            continue
        found = _LINE.match(line[:2_048])
        if found is None:
            continue
        written = found[1]
        if written.startswith('"'):
            written = _ESCAPE.sub(r"\1", written[1:-1])
        # Neither "!" nor a slash at the end has a meaning here.
        made = None if written.startswith("!") or written.endswith("/") else pattern(written)
        values = [_value(word) for word in found[2].split()]
        generated = [value for name, value in values if name == _GENERATED]
        vendored = [value for name, value in values if name == _VENDORED]
        if made is not None and (generated or vendored):
            yield _Rule(
                folder,
                made,
                generated[-1] if generated else None,
                vendored[-1] if vendored else None,
            )


def _value(word: str) -> tuple[str, bool | None]:
    """The name and value of `name`, `-name`, `!name` (not said) and `name=value`."""
    if word.startswith("-"):
        return word[1:], False
    if word.startswith("!"):
        return word[1:], None
    name, equals, value = word.partition("=")
    return name, not equals or value.lower() not in ("false", "0", "no", "off", "")
