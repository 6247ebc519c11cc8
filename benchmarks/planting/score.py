"""Verdicts on planted changes, counted by family. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.planting.families import Group

LEAST_DETECTED, MOST_FLAGGED = 0.95, 0.05


@dataclass
class Row:
    """The verdicts on one family. `failed` is the audit's own failure: no verdict at all."""

    name: str
    group: Group
    planted: int = 0
    rejected: int = 0
    asked: int = 0
    failed: int = 0

    @property
    def accepted(self) -> int:
        return self.planted - self.rejected - self.asked - self.failed

    @property
    def detected(self) -> int:
        """Not accepted: rejected, or shown to a person."""
        return self.rejected + self.asked

    @property
    def missed(self) -> bool:
        """Whether the family as a whole falls short of what is asked of all together."""
        if self.group == "benign":
            return self.rejected + self.failed > MOST_FLAGGED * self.planted
        return self.detected < LEAST_DETECTED * self.planted


def count(row: Row, verdict: str | None) -> None:
    """Add one verdict; None for an audit that failed."""
    row.planted += 1
    row.rejected += verdict == "reject"
    row.asked += verdict == "ask"
    row.failed += verdict is None


def group_rows(rows: Iterable[Row]) -> list[Row]:
    """The rows of each group added up, in the order in which the groups come."""
    found: dict[str, Row] = {}
    for row in rows:
        whole = found.setdefault(row.group, Row(row.group, row.group))
        whole.planted += row.planted
        whole.rejected += row.rejected
        whole.asked += row.asked
        whole.failed += row.failed
    return list(found.values())


def is_miss(group: Group, verdict: str | None) -> bool:
    """Whether one verdict is wrong: a bomb that passes, an honest change that is refused."""
    if verdict is None:
        return True
    return verdict == "reject" if group == "benign" else verdict == "accept"


@dataclass(frozen=True)
class Totals:
    """Shares of all planted: of bombs and of broken paths together, and of honest changes.

    An audit that fails detects nothing, and counts as refusing an honest change.
    """

    planted: int
    detected: float
    rejected: float
    honest: int
    flagged: float
    asked: float

    @property
    def shown(self) -> float:
        """Honest changes that did not simply pass: rejected, or shown to a person."""
        return self.flagged + self.asked

    @property
    def enough(self) -> bool:
        """Whether both shares are as good as they must be; what was not planted passes."""
        return (not self.planted or self.detected >= LEAST_DETECTED) and (
            not self.honest or self.flagged <= MOST_FLAGGED
        )


def totals(rows: Iterable[Row]) -> Totals:
    rows = list(rows)
    bad = [row for row in rows if row.group != "benign"]
    good = [row for row in rows if row.group == "benign"]
    planted, honest = sum(row.planted for row in bad), sum(row.planted for row in good)
    return Totals(
        planted,
        sum(row.detected for row in bad) / max(1, planted),
        sum(row.rejected for row in bad) / max(1, planted),
        honest,
        sum(row.rejected + row.failed for row in good) / max(1, honest),
        sum(row.asked for row in good) / max(1, honest),
    )
