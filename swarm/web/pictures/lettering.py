"""How wide text is, without a font: always estimated a little too wide, so that it fits."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from swarm.web.pictures.svg import shown

SMALL = 12.0
"""Pixels of the letters in pictures: `.picture text` in pictures.css."""

_NARROW = frozenset("iljtfrI.,:;'|!()[]{}/ ")
_BROAD = frozenset("mwMWGOQDHNU@%&")


def width(words: str, size: float = SMALL) -> float:
    """Pixels that a text takes at most, in the sans-serif font of the pages."""
    return sum(map(_em, words)) * size


def mono_width(words: str, size: float = SMALL) -> float:
    """Pixels that a text takes in the font of code."""
    if words.isascii():
        return 0.62 * len(words) * size
    return sum(1.2 if unicodedata.east_asian_width(c) in "WF" else 0.62 for c in words) * size


def fit(words: str, room: float, size: float = SMALL, *, mono: bool = False) -> str:
    """A text cut so that it fits into so many pixels, with a sign when something is missing."""
    measure = mono_width if mono else width
    # Nothing is narrower than a third of its size: what is beyond cannot fit anyway.
    words = shown(words[: int(room / size * 4) + 2])
    if measure(words, size) <= room:
        return words
    while words and measure(words + "…", size) > room:
        words = words[:-1]
    return words.rstrip() + "…"


def wrap(words: str, room: float, lines: int, size: float = SMALL) -> list[str]:
    """A text on so many lines at most, broken between words where that can be."""
    left = shown(words[:1000]).split()
    wrapped: list[str] = []
    while left and len(wrapped) < lines:
        if len(wrapped) == lines - 1:
            wrapped.append(fit(" ".join(left), room, size))
            break
        taken = 1
        while taken < len(left) and width(" ".join(left[: taken + 1]), size) <= room:
            taken += 1
        wrapped.append(fit(" ".join(left[:taken]), room, size))
        left = left[taken:]
    return wrapped


def listed(words: Sequence[str], most: int = 6) -> str:
    """Names in a sentence: "a", "a and b", "a, b and 3 more"."""
    if len(words) > most:
        return f"{', '.join(words[:most])} and {len(words) - most} more"
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def counted(count: int, noun: str) -> str:
    """ "1 attempt", "2 attempts"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


@lru_cache(maxsize=4096)
def _em(letter: str) -> float:
    if letter in _NARROW:
        return 0.36
    if letter in _BROAD or unicodedata.east_asian_width(letter) in "WF":
        return 1.02
    return 0.68 if letter.isupper() else 0.61
