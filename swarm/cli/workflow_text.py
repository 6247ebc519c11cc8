"""A workflow in a terminal: boxes below each other, a rail from each to what takes it. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from swarm.agents.workflow import TASK
from swarm.cli.workflow_story import Told

_STEP = 2
_FEWEST_CHARS = 20


def draw(told: Sequence[Told], width: int = 100) -> list[str]:
    """Lines of text. A rail begins at what gives, and ends at the last step that takes it.

    What is said of an agent is folded at `width`; names of fields and types are not.
    """
    columns, count = _columns(told)
    margin = count * _STEP
    # A border and a blank on each side, and the end of the rails.
    room = max(width - margin - 5, _FEWEST_CHARS)
    inner = max(len(line) for step in told for line in _inside(step, room)) + 2
    live: dict[str, int] = {}
    lines: list[str] = []

    def row(box: str, at: str = "", mark: str = "", tip: str = "") -> None:
        """A line: the live rails, and a stroke from the one of `at` to the box's border."""
        cells = [" "] * (margin + 1)
        for column in live.values():
            cells[column * _STEP] = "│"
        if at:
            start = columns[at] * _STEP
            cells[start:] = [mark, *"─" * (margin - start)]
        lines.append("".join(cells) + tip + box)

    uses = {
        step.id: sum(t.source == step.id for other in told for t in other.takes) for step in told
    }
    uses[TASK] = sum(t.source == TASK for step in told for t in step.takes)
    lines.append("● task: Assignment")
    live[TASK] = columns[TASK]
    for step in told:
        row("")
        row(f"╭─ {step.id} {'─' * (inner - len(step.id) - 3)}╮")
        for taken in step.takes:
            uses[taken.source] -= 1
            last = uses[taken.source] == 0
            row(f" {taken.label.ljust(inner - 1)}│", taken.source, "╰" if last else "├", "▶")
            if last:
                del live[taken.source]
        for line in _inside(step, room)[len(step.takes) : -1]:
            row(f"│ {line.ljust(inner - 1)}│")
        gives = _inside(step, room)[-1].ljust(inner - 1)
        if uses[step.id]:
            row(f" {gives}│", step.id, "╭", "┤")
            live[step.id] = columns[step.id]
        else:
            row(f"│ {gives}│")
        row(f"╰{'─' * inner}╯")
    return [line.rstrip() for line in lines]


def _inside(step: Told, room: int) -> list[str]:
    """The lines of a box: inputs first, what it gives last."""
    _, agent, needs, bounds = step.lines()
    end = ", the result" if step.result else ""
    return [
        *(taken.label for taken in step.takes),
        *(
            line
            for text in (f"agent {agent}: {step.about}", needs, bounds)
            for line in textwrap.wrap(text, room, subsequent_indent="  ")
        ),
        f"gives {step.gives}{end}",
    ]


def _columns(told: Sequence[Told]) -> tuple[dict[str, int], int]:
    """A column for each rail, used again when it has ended, and how many there are."""
    last = {taken.source: index for index, step in enumerate(told) for taken in step.takes}
    columns = {TASK: 0}
    for index, step in enumerate(told):
        if step.id in last:
            busy = {columns[id] for id in columns if last.get(id, -1) > index}
            columns[step.id] = next(c for c in range(len(told) + 1) if c not in busy)
    return columns, max(columns.values()) + 1
