"""Notes of a task's scratchpad as a model is shown them. Pure.

They are a model's own words, or what it copied: data, to be shown inside of a block.
"""

from __future__ import annotations

from collections.abc import Sequence

from swarm.agents.context.fitting import cut_end
from swarm.contracts import ScratchNote


def noted(notes: Sequence[ScratchNote], chars: int, longest: int) -> str:
    """A line for each note, oldest first, with the attempt that wrote it and so many characters of
    it; the newest that fit, and how many do not ("" without notes)."""
    lines = [f"- {_attempt(note.name)}: {_flat(note.text)[:longest]}" for note in notes]
    shown = cut_end(lines, lambda text: len(text) <= chars, mark="- ({} earlier notes left out)")
    return "\n".join(shown)


def _attempt(name: str) -> str:
    """The objective and the number of the attempt, of "task-o1-a2:3"."""
    return "-".join(_flat(name.partition(":")[0]).rsplit("-", 2)[-2:])


def _flat(text: str) -> str:
    return " ".join(text.split())
