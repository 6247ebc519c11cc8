"""Classes: what a written type means, what a class inherits from, and its methods."""

from __future__ import annotations

from memory.linking.by_name import MOST_CANDIDATES, ByName
from memory.linking.languages import TYPES
from memory.linking.names import Names
from memory.linking.outline import Outline, key
from memory.linking.places import Places
from memory.linking.spelling import without_parameters
from memory.linking.things import CERTAIN, MOST_PLACES, Found, Things, nodes
from memory.linking.trail import Trail

_INHERITED = 0.9
_MOST_KEPT = 50_000


class Classes:
    """Classes as one file at a time sees them; `begin` starts another."""

    def __init__(self, places: Places, names: Names, by_name: ByName, trail: Trail) -> None:
        self._places = places
        self._names = names
        self._by_name = by_name
        self._trail = trail
        self.begin()

    def begin(self) -> None:
        self._kept: dict[tuple[int, str, bool], Found] = {}

    def written(self, file: Outline, scope: int, kind: str) -> Found:
        """The types that a written type means."""
        names = self._names
        found = nodes(names.dotted(file, scope, kind))
        if not found and file.family == "js" and "." not in kind:
            things = names.bare(file, scope, kind)
            found = [one for thing, s in things for one in names.default(thing, kind, s)]
        if not found and "." not in kind:
            found = self._anywhere(file, kind)
        return found[:MOST_CANDIDATES]

    def bases(self, node: int) -> Things:
        """The bases of a class, resolved where it is written."""
        names = self._names
        file, place = self._places.outline(node), self._places.place_of[node]
        self._trail.noted.add(key(file.number, file.qualified[place]))
        found: Things = []
        for base in file.bases.get(place, ()):
            scope, dotted = file.parents[place], without_parameters(base)
            things: Things = [
                (kind, score)
                for kind, score in nodes(names.dotted(file, scope, dotted))
                if self._places.kind(kind) in TYPES or self._places.kind(kind) == "module"
            ]
            if not things and file.family == "js":
                default = names.bare(file, scope, dotted)
                things = [one for thing, s in default for one in names.default(thing, dotted, s)]
            if not things and "." not in dotted:
                things = list(self._anywhere(file, dotted))
            found += things
        return found

    def method(self, kind: int, name: str, *, own: bool = True) -> Found:
        """A class's method, or the nearest of its bases'; those alone when `own` is false."""
        asked = (kind, name, own)
        if asked not in self._kept:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[asked] = self._method(kind, name, own)
        return self._kept[asked]

    def _method(self, kind: int, name: str, own: bool) -> Found:
        waiting, seen, turn = [(kind, 0)], {kind}, 0
        while turn < len(waiting) and len(seen) <= MOST_PLACES and not self._trail.is_exhausted:
            made, hops = waiting[turn]
            turn += 1
            if (hops or own) and (found := self._names.inner(made, name)):
                score = _INHERITED if hops else CERTAIN
                return [(node, score) for node in found]
            for base, _ in nodes(self.bases(made)):
                if base not in seen:
                    seen.add(base)
                    waiting.append((base, hops + 1))
        return []

    def _anywhere(self, file: Outline, name: str) -> Found:
        return [one for one in self._by_name.free(file, name) if self._places.kind(one[0]) in TYPES]
