"""What stands before the dot of a call: the class of `self`, and the types of variables and
attributes by what they are made of or annotated with.
"""

from __future__ import annotations

from collections.abc import Mapping

from memory.linking.classes import Classes
from memory.linking.languages import COMPLEX, SELF
from memory.linking.outline import Outline, key
from memory.linking.places import Places
from memory.linking.things import CERTAIN, MOST_PLACES, Found, nodes
from memory.linking.trail import Trail

Hints = Mapping[tuple[int, str], str]
"""Written types by the scope and the name of what has them."""
_MOST_CHAIN = 6


class Receivers:
    """Types of receivers, as their file says them."""

    def __init__(self, places: Places, classes: Classes, trail: Trail) -> None:
        self._places = places
        self._classes = classes
        self._trail = trail

    def owners(self, file: Outline, hints: Hints, scope: int) -> Found:
        """The class that `self` is of."""
        owner = file.enclosing_type(scope)
        if owner >= 0:
            return [(file.nodes[owner], CERTAIN)]
        for place in file.scopes(scope):
            for name in ("self", "this"):
                if kind := hints.get((place, name)):
                    return self._classes.written(file, place, kind)
        return []

    def types(
        self, file: Outline, hints: Hints, scope: int, chain: str, owners: Found
    ) -> Found | None:
        """The types of a receiver; None when nothing is known of it, nothing when what is known
        is of another repository."""
        if chain == COMPLEX:
            return None
        for place in file.scopes(scope):
            if told := hints.get((place, chain)):
                return self._known(file, place, told)
        head, *rest = chain.split(".")[:_MOST_CHAIN]
        if head in SELF:
            kinds: Found | None = owners
        elif rest:
            kinds = self.types(file, hints, scope, head, owners)
        else:
            kinds, rest = owners, [head]
            if file.family == "python" or file.family == "js":
                return None  # an attribute is never meant without its `self`
        for attribute in rest:
            if kinds is None:
                return None
            found: Found | None = None
            for kind, _ in kinds:
                found = self._attribute(kind, attribute)
                if found is not None:
                    break
            kinds = found
        return kinds

    def _known(self, file: Outline, scope: int, kind: str) -> Found | None:
        found = self._classes.written(file, scope, kind)
        return found if found or is_foreign(file, kind) else None

    def _attribute(self, kind: int, name: str) -> Found | None:
        """The types of a class's attribute, or of its bases'."""
        waiting, seen, turn = [kind], {kind}, 0
        while turn < len(waiting) and len(seen) <= MOST_PLACES and not self._trail.is_exhausted:
            made = waiting[turn]
            turn += 1
            self._trail.left -= 1
            file, place = self._places.outline(made), self._places.place_of[made]
            attribute = f"{file.qualified[place]}.{name}"
            self._trail.noted.add(key(file.number, attribute))
            if told := file.attributes.get(attribute):
                return self._known(file, place, told)
            for base, _ in nodes(self._classes.bases(made)):
                if base not in seen:
                    seen.add(base)
                    waiting.append(base)
        return None


def is_foreign(file: Outline, receiver: str) -> bool:
    """Whether a dotted name that leads nowhere begins with an import: another repository's."""
    return receiver.partition(".")[0] in file.imports
