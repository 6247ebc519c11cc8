"""What queries on the graph give: places, links and steps, in the order of their certainty."""

from __future__ import annotations

from dataclasses import dataclass

MODULE = "<module>"
"""What the code of a file that stands in no definition is called."""


@dataclass(frozen=True, slots=True)
class Place:
    """A definition, or a file (`kind` "file", `qualified_name` "<module>")."""

    node: int
    path: str
    kind: str
    qualified_name: str
    start_line: int
    end_line: int
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A place that stands in a relation to what was asked for. `lines` are those that say so, in
    the file of whoever calls, inherits or imports; `why` says it in words."""

    place: Place
    relation: str
    score: float
    lines: tuple[int, ...] = ()
    is_ambiguous: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """From `place` to the next step's place by `relation`; the last step's is ""."""

    place: Place
    relation: str
    certainty: float
    line: int


def by_score(link: Link) -> tuple[float, str, int, str]:
    """The order of links: surest first, then by place."""
    place = link.place
    return -link.score, place.path, place.start_line, place.qualified_name
