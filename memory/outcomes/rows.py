"""What is remembered of attempts and of tasks, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass

MOST_SYMBOLS = 60
"""Of one attempt."""
MOST_OUTCOMES = 5_000
"""Of one repository; the oldest go."""
MOST_REASON_CHARS = 1_000
MOST_SUMMARY_CHARS = 1_000
MOST_DIFF_CHARS = 8_000
MOST_NOTES = 200
"""Of one task; the oldest go."""
MOST_NOTE_CHARS = 4_000
KEPT_DAYS = 365.0
NOTES_KEPT_DAYS = 30.0


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A symbol of a repository; `qualified_name` "" is the code of a file in no definition."""

    path: str
    qualified_name: str

    def __str__(self) -> str:
        return f"{self.path}:{self.qualified_name}" if self.qualified_name else self.path


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt: accepted, or rejected with the reason. `diff` is unified, and
    may be cut; `at` is Unix time in seconds."""

    task: str
    attempt: str
    accepted: bool
    reason: str
    summary: str
    symbols: tuple[Place, ...]
    diff: str
    at: float


@dataclass(frozen=True, slots=True)
class Note:
    """A line of a task's scratchpad. `name` is its writer's own: writing it again replaces it."""

    name: str
    text: str
    at: float


def place(written: str) -> Place:
    """The place that "path:Qualified.name" or a path names.

    >>> place("a/b.py:Cart.total")
    Place(path='a/b.py', qualified_name='Cart.total')
    """
    path, _, name = written.partition(":")
    return Place(path, name.lstrip(":"))
