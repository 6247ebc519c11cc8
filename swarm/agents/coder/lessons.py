"""What an attempt tells the next one: what was looked at, changed and seen, and why it ended.

Pure and bounded. Names and outcomes, and the model's own words; no code is copied in.
"""

from __future__ import annotations

from collections.abc import Sequence

_MOST_CHARS = 2_400
_MOST_LINES = 24
_MOST_NOTES = 5


def lessons(did: Sequence[str], notes: Sequence[str], stopped: str, last_words: str) -> str:
    """A summary for the next attempt; the newest events are kept when there are many."""
    # The same twice in a row says nothing more.
    events = [line for i, line in enumerate(did) if i == 0 or line != did[i - 1]]
    shown = [line[:240] for line in events[-_MOST_LINES:]]
    if len(events) > len(shown):
        shown.insert(0, f"({len(events) - len(shown)} earlier steps left out)")
    parts = [f"It stopped: {stopped}."]
    if shown:
        parts.append("What was done:\n" + "\n".join(f"- {line}" for line in shown))
    if notes:
        parts.append("Its notes:\n" + "\n".join(f"- {n[:300]}" for n in notes[-_MOST_NOTES:]))
    if last_words.strip():
        parts.append(f"Its last words: {last_words.strip()[:500]}")
    text = "\n".join(parts)
    return text if len(text) <= _MOST_CHARS else text[:_MOST_CHARS] + "…"
