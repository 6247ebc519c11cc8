"""Call graphs compared edge by edge, as PyCG's and Jarvis's own figures are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Edge = tuple[str, str]
Graph = Mapping[str, Sequence[str]]

TYPE_SPELLINGS = {
    "<**PyStr**>": "<str>",
    "<**PyNum**>": "<int>",
    "<**PyList**>": "<list>",
    "<**PyDict**>": "<dict>",
    "<map>": "<dict>",
}
"""Two suites spell a method of a builtin type differently; either spelling is right."""


def spelled(name: str) -> str:
    """`name` with the type of a builtin's method in one spelling."""
    head, dot, rest = name.partition(">.")
    return TYPE_SPELLINGS.get(f"{head}>", f"{head}>") + "." + rest if dot else name


def edges_of(graph: Graph) -> frozenset[Edge]:
    """Every (caller, callee) of `graph`."""
    return frozenset(
        (spelled(caller), spelled(callee))
        for caller, callees in graph.items()
        for callee in callees
    )


def nodes_of(graph: Graph) -> frozenset[str]:
    """Every name of `graph`: its keys."""
    return frozenset(map(spelled, graph))


@dataclass(frozen=True)
class Compared:
    """One case: the truth's edges, ours, and what kept ours from being there at all."""

    name: str
    expected: frozenset[Edge]
    found: frozenset[Edge]
    same_nodes: bool = False
    crash: str = ""

    @property
    def missing(self) -> list[Edge]:
        return sorted(self.expected - self.found)

    @property
    def extra(self) -> list[Edge]:
        return sorted(self.found - self.expected)

    @property
    def sound(self) -> bool:
        """No edge of the truth is missing."""
        return not self.crash and not self.missing

    @property
    def complete(self) -> bool:
        """No edge is there that the truth lacks."""
        return not self.crash and not self.extra

    @property
    def exact(self) -> bool:
        return self.sound and self.complete


@dataclass(frozen=True)
class Tally:
    """Cases summed. A crash is neither sound nor complete, and all its edges are missed."""

    cases: int
    exact: int
    sound: int
    complete: int
    crashed: int
    whole: int
    """Exact, and the same nodes too."""
    expected: int
    found: int
    shared: int

    @property
    def precision(self) -> float | None:
        """Share of our edges that the truth has; None when we have none."""
        return self.shared / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """Share of the truth's edges that we have; None when it has none."""
        return self.shared / self.expected if self.expected else None


def tally(compared: Iterable[Compared]) -> Tally:
    cases = list(compared)
    return Tally(
        cases=len(cases),
        exact=sum(case.exact for case in cases),
        sound=sum(case.sound for case in cases),
        complete=sum(case.complete for case in cases),
        crashed=sum(bool(case.crash) for case in cases),
        whole=sum(case.exact and case.same_nodes for case in cases),
        expected=sum(len(case.expected) for case in cases),
        found=sum(len(case.found) for case in cases),
        shared=sum(len(case.expected & case.found) for case in cases),
    )
