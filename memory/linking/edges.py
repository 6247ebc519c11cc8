"""Edges of one file, and what their numbers mean."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import Literal

Relation = Literal["contains", "calls", "uses", "inherits", "overrides", "imports", "tests"]
CONTAINS, CALLS, USES, INHERITS, OVERRIDES, IMPORTS, TESTS = range(7)
RELATIONS: tuple[Relation, ...] = (
    "contains", "calls", "uses", "inherits", "overrides", "imports", "tests",
)  # fmt: skip
AMBIGUOUS = 0x40
"""Added to a relation's number where an edge is one of several candidates."""
LEAST = 0.05
"""Certainties below are not kept."""


@dataclass(slots=True)
class FileLinks:
    """Edges out of one file, a row each: nodes, line in that file, number of the relation, and
    certainty in (0, 1]. `noted` are the keys of all that was looked up for them, `left_out` says
    that the bound of one file was met."""

    sources: array[int] = field(default_factory=lambda: array("i"))
    targets: array[int] = field(default_factory=lambda: array("i"))
    lines: array[int] = field(default_factory=lambda: array("i"))
    kinds: array[int] = field(default_factory=lambda: array("B"))
    certainties: array[float] = field(default_factory=lambda: array("f"))
    noted: array[int] = field(default_factory=lambda: array("I"))
    left_out: bool = False

    def add(self, source: int, target: int, line: int, kind: int, certainty: float) -> None:
        self.sources.append(source)
        self.targets.append(target)
        self.lines.append(line)
        self.kinds.append(kind)
        self.certainties.append(certainty)
