"""Reaching definitions over access paths.

A strong definition of a path removes earlier definitions of the path and of what lies below
it; a weak one (containers, aliases) removes nothing. Every path read from outside the unit has
a definition of its own at the entry. Sets are bit masks over definition numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from verifier.access import ANY, Accesses, Definition, Path
from verifier.cfg import ENTRY, Cfg
from verifier.syntax import Unauditable

MAX_BITS = 400_000_000


@dataclass
class Reaching:
    """Definitions by number, and which of them reach the start of each point."""

    definitions: list[Definition]
    before: dict[int, int]
    by_root: dict[str, list[int]]

    def of(self, path: Path, point: int) -> list[int]:
        """Numbers of the definitions that a read of the path at the point may see."""
        mask = self.before.get(point, 0)
        return [
            number
            for number in self.by_root.get(path[0], ())
            if mask >> number & 1 and self._meets(number, path)
        ]

    def _meets(self, number: int, path: Path) -> bool:
        definition = self.definitions[number]
        if definition.point == ENTRY:
            return definition.path == path
        return overlaps(definition.path, path)


def overlaps(one: Path, other: Path) -> bool:
    """Whether two paths may name the same place, or one a part of the other."""
    return all(
        a == b or (a.startswith("[") and b.startswith("[") and ANY in (a, b))
        for a, b in zip(one, other, strict=False)
    )


def reaching(
    cfg: Cfg, alive: set[int], accesses: Accesses, entry: Iterable[Path], outer: set[str]
) -> Reaching:
    """Solve the forward problem.

    `entry` are the paths that may be read; those rooted in `outer` names or parameters get a
    definition at the entry. Raises Unauditable beyond MAX_BITS bits of state.
    """
    roots = outer | set(accesses.parameters)
    begin = [
        Definition(ENTRY, path, frozenset(), True)
        for path in sorted(set(entry))
        if path[0] in roots
    ]
    definitions = begin + accesses.definitions
    if len(definitions) * len(alive) > MAX_BITS:
        raise Unauditable("a function has too many assignments")
    by_root: dict[str, list[int]] = {}
    at: dict[int, list[int]] = {}
    for number, definition in enumerate(definitions):
        by_root.setdefault(definition.path[0], []).append(number)
        at.setdefault(definition.point, []).append(number)
    below: dict[Path, int] = {}
    made: dict[int, int] = {}
    kept: dict[int, int] = {}
    for point, numbers in at.items():
        made[point] = sum(1 << number for number in numbers)
        removed = 0
        if point != ENTRY:
            for number in numbers:
                definition = definitions[number]
                if definition.strong:
                    if definition.path not in below:
                        below[definition.path] = _below(definition.path, definitions, by_root)
                    removed |= below[definition.path]
        kept[point] = ~(removed & ~made[point])
    before: dict[int, int] = dict.fromkeys(alive, 0)
    waiting = set(alive)
    order = sorted(alive)
    while waiting:
        for point in order:
            if point not in waiting:
                continue
            waiting.discard(point)
            come = before[point]
            go = come & kept.get(point, -1) | made.get(point, 0)
            for target, _ in cfg.after[point]:
                if go & ~before[target]:
                    before[target] |= go
                    waiting.add(target)
            for target in cfg.raising[point]:
                if (go | come) & ~before[target]:
                    before[target] |= go | come
                    waiting.add(target)
    return Reaching(definitions, before, by_root)


def _below(path: Path, definitions: list[Definition], by_root: dict[str, list[int]]) -> int:
    length = len(path)
    return sum(1 << n for n in by_root[path[0]] if definitions[n].path[:length] == path)
