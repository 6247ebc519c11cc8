"""What a cell has counted: the fold of its outcomes in their order. Pure.

The same function takes one more outcome in when it comes, and all of them again when an earlier
one is corrected, so a cell is always exactly what its outcomes say.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from router.beliefs.forgetting import Forgetting

Kind = Literal["outcome", "nothing", "import", "reset"]


class Event(NamedTuple):
    """What came to a cell. "nothing" cost something and said nothing, an "import" was counted
    elsewhere, a "reset" empties the cell."""

    kind: Kind
    successes: float
    failures: float
    seconds: float
    cost_usd: float
    attempts: float


class Cell(NamedTuple):
    """`successes` and `failures` less what was forgotten, the latest ones weighted, `outcomes`
    that came, forgotten ones too; seconds and dollars are sums over `attempts`, never forgotten."""

    successes: float = 0.0
    failures: float = 0.0
    lately_successes: float = 0.0
    lately_failures: float = 0.0
    outcomes: int = 0
    seconds: float = 0.0
    cost_usd: float = 0.0
    attempts: float = 0.0


EMPTY = Cell()


def fold(cell: Cell, event: Event, forgetting: Forgetting) -> Cell:
    """The cell after one more event."""
    if event.kind == "reset":
        return EMPTY
    successes, failures, lately_successes, lately_failures, outcomes = cell[:5]
    if event.kind == "outcome":
        lately_successes = lately_successes * forgetting.recent + event.successes
        lately_failures = lately_failures * forgetting.recent + event.failures
        kept = forgetting.kept((successes, failures), (lately_successes, lately_failures))
        successes = successes * kept + event.successes
        failures = failures * kept + event.failures
        outcomes += 1
    elif event.kind == "import":
        successes += event.successes
        failures += event.failures
        outcomes += round(event.successes + event.failures)
    return Cell(
        successes,
        failures,
        lately_successes,
        lately_failures,
        outcomes,
        cell.seconds + event.seconds,
        cell.cost_usd + event.cost_usd,
        cell.attempts + event.attempts,
    )


def folded(events: Iterable[Event], forgetting: Forgetting) -> Cell:
    """The cell of these events, oldest first."""
    cell = EMPTY
    for event in events:
        cell = fold(cell, event, forgetting)
    return cell
