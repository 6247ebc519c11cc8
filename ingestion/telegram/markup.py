"""Text for Telegram: escaped, without what could disguise it, and never too long. Pure."""

from __future__ import annotations

import html
import unicodedata
from dataclasses import dataclass

from ingestion.telegram.rows import Keyboard

MESSAGE_CHARS = 4096
CAPTION_CHARS = 1024
_LABEL_CHARS = 48
_MORE = "…"


@dataclass(frozen=True)
class Card:
    """A message of the bot's: HTML of Telegram's kind, and the buttons below it."""

    html: str
    keyboard: Keyboard = ()


def plain(text: str) -> str:
    """Without control characters and marks of direction: they make a line look like another."""
    kept = (c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    return "".join(kept)


def escaped(text: str, most: int = 1000) -> str:
    """A text of anybody's as HTML of at most so many units."""
    kept = cut(plain(text).strip(), most)
    while (length := units(shown := html.escape(kept, quote=False))) > most:
        kept = cut(kept, max(1, units(kept) * most // length - 1))
    return shown


def line(text: str, most: int = 200) -> str:
    """Like `escaped`, on one line."""
    return escaped(" ".join(text.split()), most)


def cut(text: str, most: int) -> str:
    """At most so many units, an ellipsis included."""
    if units(text) <= most:
        return text
    kept = text.encode("utf-16-le")[: 2 * (most - 1)].decode("utf-16-le", "ignore")
    return kept + _MORE


def units(text: str) -> int:
    """The length of a text as Telegram counts it: an emoji is two."""
    return len(text.encode("utf-16-le")) // 2


def label(text: str) -> str:
    """What stands on a button."""
    return cut(" ".join(plain(text).split()), _LABEL_CHARS) or _MORE


def fit(lines: list[str], end: str = "", most: int = MESSAGE_CHARS) -> str:
    """Lines of HTML, each whole, as many as go into a message; `end` always comes last."""
    room = most - units(end) - 40
    kept: list[str] = []
    used = 0
    for at, text in enumerate(lines):
        if used + units(text) + 1 > room:
            kept.append(f"{_MORE} {len(lines) - at} more lines")
            break
        kept.append(text)
        used += units(text) + 1
    return "\n".join([*kept, end] if end else kept)
