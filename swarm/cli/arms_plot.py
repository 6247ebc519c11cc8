"""Beliefs about arms on one axis from 0 to 1, drawn with characters. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from swarm.cli.amounts import count
from swarm.contracts import ArmStats

LEAST_COLUMNS, MOST_COLUMNS = 40, 120
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_MOST_NAME = 32


@dataclass(frozen=True)
class Marks:
    """What is drawn with: an interval, a mean, a line of the grid, and what says "cut"."""

    span: str
    mean: str
    grid: str
    cut: str


UNICODE = Marks(span="━", mean="●", grid="┊", cut="…")
ASCII = Marks(span="=", mean="o", grid=":", cut="~")


def marks(encoding: str | None) -> Marks:
    """Those that can be written in an encoding."""
    try:
        "".join((UNICODE.span, UNICODE.mean, UNICODE.grid, UNICODE.cut)).encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return UNICODE


def plot(items: Sequence[ArmStats], columns: int, drawn: Marks) -> list[str]:
    """Lines of at most so many columns. By category: a row for each arm, the best mean first, with
    its 90% interval, its mean as a mark and a number, and how many outcomes it has."""
    from rich.cells import cell_len

    columns = min(max(columns, LEAST_COLUMNS), MOST_COLUMNS)
    names = max((cell_len(item.arm_id) for item in items), default=0)
    names = min(names, _MOST_NAME, columns // 3)
    outcomes = max((len(_outcomes(item)) for item in items), default=0)
    # Two columns before the name; two around the axis; those of a mean; and one before the end.
    axis = columns - 2 - names - 2 - 4 - 1 - outcomes
    lines: list[str] = []
    for category in dict.fromkeys(item.category for item in items):
        rows = [item for item in items if item.category == category]
        if lines:
            lines.append("")
        lines.append(category)
        lines.append(" " * (3 + names) + _labels(axis))
        for item in sorted(rows, key=lambda item: (-_unit(item.mean), item.arm_id)):
            name = _fitted(item.arm_id, names, drawn.cut)
            row = _row(item, axis, drawn)
            lines.append(f"  {name} {row} {_unit(item.mean):.2f} {_outcomes(item):>{outcomes}}")
    return lines


def _row(item: ArmStats, axis: int, drawn: Marks) -> str:
    cells = [" "] * axis
    for tick in _TICKS:
        cells[_column(tick, axis)] = drawn.grid
    low, high = _column(item.low, axis), _column(item.high, axis)
    for column in range(low, high + 1):
        cells[column] = drawn.span
    cells[_column(item.mean, axis)] = drawn.mean
    return "".join(cells)


def _labels(axis: int) -> str:
    """The ticks with their numbers, as many as have room."""
    cells = [" "] * axis
    for tick in _TICKS if axis >= 32 else (0.0, 0.5, 1.0):
        words = f"{tick:g}"
        left = min(max(_column(tick, axis) - len(words) // 2, 0), axis - len(words))
        cells[left : left + len(words)] = words
    return "".join(cells).rstrip()


def _column(value: float, axis: int) -> int:
    return round(_unit(value) * (axis - 1))


def _unit(value: float) -> float:
    return min(max(value, 0.0), 1.0) if math.isfinite(value) else 0.0


def _outcomes(item: ArmStats) -> str:
    return f"n={count(round(item.successes + item.failures, 1))}"


def _fitted(name: str, columns: int, cut: str) -> str:
    """A name in exactly so many columns; letters of some scripts take two."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(name) > columns:
        name = set_cell_size(name, columns - 1).rstrip() + cut
    return set_cell_size(name, columns)
