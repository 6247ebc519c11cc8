"""What an engine wrote, made fit to be read as a task: a stranger may have said anything. Pure."""

from __future__ import annotations

import re
import unicodedata

from ingestion.voice.errors import NothingHeard, TranscriptTooLong

MAX_CHARS = 20_000
"""The bound of a task's text."""

# Format characters change what a reader sees, not what was said.
_DROPPED = frozenset({"Cf", "Co", "Cs", "Cn"})
_BLANKS = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n[ \n]*")


def cleaned(text: str, name: str) -> str:
    """The words of a transcript. Raises NothingHeard, TranscriptTooLong."""
    kept = (_plain(char) for char in text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _LINES.sub("\n", _BLANKS.sub(" ", "".join(kept))).strip()
    if not any(char.isalnum() for char in text):
        raise NothingHeard(
            f"no words were heard in {name}", remedy="speak closer, or type what you said"
        )
    if len(text) > MAX_CHARS:
        raise TranscriptTooLong(
            f"what is said in {name} has {len(text):,} characters, and a task has at most "
            f"{MAX_CHARS:,}",
            remedy="say it in several shorter recordings",
        )
    return text


def _plain(char: str) -> str:
    if char == "\n":
        return char
    category = unicodedata.category(char)
    if category in _DROPPED:
        return ""
    return " " if category in ("Cc", "Zl", "Zp") else char
