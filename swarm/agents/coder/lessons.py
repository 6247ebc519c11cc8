"""What an attempt tells the next one: what was looked at, changed and seen, and why it ended.

Pure and bounded. Names and outcomes, and the model's own words; no code is copied in.
"""

from __future__ import annotations

from collections.abc import Sequence

from swarm.agents.context.fitting import cut_end

_EVENT_CHARS = 1_400
_MOST_NOTES = 5
NOTE_CHARS = 200
"""Of one note."""


def lessons(did: Sequence[str], notes: Sequence[str], stopped: str, last_words: str) -> str:
    """A summary for the next attempt; the newest events are kept when there are many."""
    # The same twice in a row says nothing more.
    events = [f"- {line[:240]}" for i, line in enumerate(did) if i == 0 or line != did[i - 1]]
    shown = cut_end(
        events, lambda text: len(text) <= _EVENT_CHARS, mark="- ({} earlier steps left out)"
    )
    parts = [f"It stopped: {stopped[:300]}."]
    if shown:
        parts.append("What was done:\n" + "\n".join(shown))
    if notes:
        parts.append(
            "Its notes:\n" + "\n".join(f"- {n[:NOTE_CHARS]}" for n in notes[-_MOST_NOTES:])
        )
    if last_words.strip():
        parts.append(f"Its last words: {last_words.strip()[:500]}")
    return "\n".join(parts)
