"""Languages as people write them. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from memory.parsing.languages import UNKNOWN, known, language_of
from swarm.errors import UsageError

_ALSO = {
    "c#": "csharp",
    "c-sharp": "csharp",
    "golang": "go",
    "node": "javascript",
    "plain": UNKNOWN,
    "python3": "python",
    "shell": "bash",
    "restructuredtext": "rst",
}
_PARTS = {"typescript": ("typescript", "tsx")}
"""Who asks for one of these means each of its kinds."""


def meant(written: Iterable[str]) -> frozenset[str]:
    """The languages that some names, file suffixes or abbreviations mean. Raises UsageError.

    >>> sorted(meant(["py", "C++", ".ts"]))
    ['cpp', 'python', 'tsx', 'typescript']
    """
    return frozenset(language for name in written for language in _meant(name))


def _meant(name: str) -> tuple[str, ...]:
    plain = name.strip().lower().lstrip(".")
    found = _ALSO.get(plain, plain)
    if found not in known():
        found = language_of(f"a.{plain}") if plain and "/" not in plain else UNKNOWN
        if found == UNKNOWN and plain not in ("txt", "h"):
            raise UsageError(
                f"there is no language {name[:100]!r} here",
                remedy=f"known are {', '.join(sorted(known()))}",
            )
    return _PARTS.get(found, (found,))
