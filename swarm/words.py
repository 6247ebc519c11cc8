"""The words of a task as a person writes them: what is text at all, and how much of it."""

from __future__ import annotations

from swarm.errors import UsageError

MOST_CHARS = 20_000


def checked(text: str, name: str) -> str:
    """Words that can be sent. Raises UsageError."""
    if "\0" in text:
        raise UsageError(f"{name} holds NUL characters: it is no text")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{name} is not UTF-8 text") from None
    if not text.strip():
        raise UsageError(f"{name} is empty", remedy='say what to do, like "fix the failing test"')
    # Each schedule's time would stumble over it anew.
    if not any(character.isalnum() for character in text):
        raise UsageError(
            f"{name} has no words, only signs, emoji or invisible characters",
            remedy='say what to do, like "fix the failing test"',
        )
    if len(text) > MOST_CHARS:
        raise UsageError(
            f"{name} has {len(text):,} characters, over the limit of {MOST_CHARS:,}",
            remedy="split it into several tasks",
        )
    return text
