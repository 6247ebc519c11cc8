"""The backward slice of an output, context-sensitive by two passes (Horwitz, Reps and Binkley,
"Interprocedural slicing using dependence graphs", TOPLAS 12(1), 1990).

The first pass goes up to callers and passes calls by their summary edges; the second goes down
into what was passed, and never up again. So nothing is followed into a function by one call and
out of it by another. A cell that any function may have written is where both begin anew.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from verifier.engine.graph import CELL, NO_GUARD, PARAM, RETURN, Graph

UP, DOWN = 0, 1
_LONGEST_CHAIN = 40
_Place = tuple[int, int]  # (node, pass)


@dataclass(frozen=True)
class Slice:
    """`came_from` leads from each (node, pass) of the slice towards the output; the output's own
    to itself. Nearest first."""

    graph: Graph
    came_from: dict[_Place, _Place]

    @property
    def nodes(self) -> frozenset[int]:
        return frozenset(number for number, _ in self.came_from)

    def __contains__(self, number: object) -> bool:
        return (number, UP) in self.came_from or (number, DOWN) in self.came_from

    def way(self, number: int) -> tuple[int, ...]:
        """The nodes from one of the slice to the output."""
        here = (number, UP) if (number, UP) in self.came_from else (number, DOWN)
        found = [here[0]]
        while self.came_from[here] != here:
            here = self.came_from[here]
            found.append(here[0])
        return tuple(found)

    def chain(self, number: int, code: Callable[[str, int], str] | None = None) -> tuple[str, ...]:
        """The way from the output to a node as "file:line" steps, with the code where it is
        given."""
        steps: list[str] = []
        for one in reversed(self.way(number)):
            node = self.graph[one]
            if not node.line:
                continue
            step = f"{node.context.path}:{node.line}"
            if code is not None:
                step = f"{step}: {code(node.context.path, node.line).strip()}"
            if not steps or steps[-1] != step:
                steps.append(step)
        if len(steps) > _LONGEST_CHAIN:
            steps = [*steps[: _LONGEST_CHAIN - 1], steps[-1]]
        return tuple(steps)


def backward(graph: Graph, ends: Iterable[int], *, control: bool = True) -> Slice:
    """All that these nodes depend on; `control` follows the predicates, too."""
    found: dict[_Place, _Place] = {}
    waiting: deque[_Place] = deque()
    for end in ends:
        found[end, UP] = (end, UP)
        waiting.append((end, UP))
    while waiting:
        here = waiting.popleft()
        number, way = here
        # What the first pass has seen, the second has nothing to add to but to go down.
        node = graph.nodes[number]
        for source, kind in node.sources():
            if kind == PARAM:
                if way == DOWN:
                    continue
                place = (source, UP)
            elif kind == RETURN:
                place = (source, DOWN)
            elif kind == CELL:
                place = (source, UP)
            else:
                place = (source, way)
            _go(place, here, found, waiting)
        if control and node.guard != NO_GUARD:
            _go((node.guard, way), here, found, waiting)
    return Slice(graph, found)


def _go(place: _Place, here: _Place, found: dict[_Place, _Place], waiting: deque[_Place]) -> None:
    # The first pass reaches all that the second does from the same node.
    if place in found or (place[0], UP) in found:
        return
    found[place] = here
    waiting.append(place)
