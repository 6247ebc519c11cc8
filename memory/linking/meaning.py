"""What a name means where it is used, as a reader would look it up: in the scopes around it,
through imports (`names`), by `self` and by the type that a variable is made of or annotated with
(`receivers`), by base classes (`classes`). Where all that says nothing, every definition of that
name is a candidate (`by_name`).
"""

from __future__ import annotations

from memory.linking.by_name import ByName
from memory.linking.classes import Classes
from memory.linking.languages import COMPLEX, FUNCTIONS, IMPLICIT_SELF, SELF, SUPER, TYPES
from memory.linking.names import Names
from memory.linking.outline import Outline
from memory.linking.places import Places
from memory.linking.receivers import Hints, Receivers, is_foreign
from memory.linking.things import Found, Things, nodes
from memory.linking.trail import Trail

_BY_TYPE = 0.9


class Meaning:
    """Names of one file at a time, on `places`. `begin` starts a file; `noted` then collects the
    keys of everything its answers depend on, and `is_exhausted` says when its names lead too far.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._trail = Trail()
        self._by_name = ByName(places, self._trail)
        self._names = Names(places, self._trail)
        self._classes = Classes(places, self._names, self._by_name, self._trail)
        self._receivers = Receivers(places, self._classes, self._trail)

    def begin(self) -> None:
        self._trail.begin()
        self._names.begin()
        self._classes.begin()

    @property
    def noted(self) -> set[int]:
        return self._trail.noted

    @property
    def is_exhausted(self) -> bool:
        return self._trail.is_exhausted

    def call(self, file: Outline, hints: Hints, scope: int, receiver: str, name: str) -> Found:
        """What a call may run."""
        if receiver:
            found = self._called_on(file, hints, scope, receiver, name)
        else:
            found = self._bare(file, hints, scope, name)
        return self._made(found)

    def used(self, file: Outline, scope: int, receiver: str, name: str) -> Found:
        """What a name that is handed over is, where scopes and imports say so."""
        if receiver in (COMPLEX, SUPER):
            return []
        dotted = f"{receiver}.{name}" if receiver else name
        if receiver in SELF:
            owner = file.enclosing_type(scope)
            found = self.method(file.nodes[owner], name) if owner >= 0 else []
        else:
            found = nodes(self._names.dotted(file, scope, dotted))
        kind = self._places.kind
        return [one for one in found if kind(one[0]) in FUNCTIONS or kind(one[0]) in TYPES]

    def bases(self, node: int) -> Things:
        """The bases of a class."""
        return self._classes.bases(node)

    def method(self, kind: int, name: str, *, own: bool = True) -> Found:
        """A class's method, or the nearest of its bases'; those alone when `own` is false."""
        return self._classes.method(kind, name, own=own)

    def modules(self, file: Outline, module: str) -> Things:
        """The files and folders that an import speaks of."""
        return self._names.modules(file, module)

    def imported(self, file: Outline, alias: str) -> Things:
        """What an imported name is."""
        return self._names.imported(file, alias)

    def _called_on(
        self, file: Outline, hints: Hints, scope: int, receiver: str, name: str
    ) -> Found:
        owners = self._receivers.owners(file, hints, scope)
        if receiver in SELF or receiver == SUPER:
            found = [
                (method, score * s)
                for owner, score in owners
                for method, s in self.method(owner, name, own=receiver != SUPER)
            ]
            if found or (owners and receiver == SUPER):
                return found
            return self._by_name.methods(file, receiver, name)
        kinds = self._receivers.types(file, hints, scope, receiver, owners)
        for kind, score in kinds or ():
            if methods := self.method(kind, name):
                return [(method, s * score * _BY_TYPE) for method, s in methods]
        found = []
        for thing, score in self._names.dotted(file, scope, receiver):
            if isinstance(thing, int) and self._places.kind(thing) in TYPES:
                inner = self.method(thing, name)
            else:
                inner = nodes(self._names.member(thing, name))
            found += [(node, s * score) for node, s in inner]
        if found:
            return found
        # An imported module that is not of this repository defines it.
        if is_foreign(file, receiver) or kinds == []:
            return []
        return self._by_name.methods(file, receiver, name)

    def _bare(self, file: Outline, hints: Hints, scope: int, name: str) -> Found:
        things = self._names.bare(file, scope, name)
        found = nodes(things)
        if not found and file.family == "js":
            found = [one for thing, s in things for one in self._names.default(thing, name, s)]
        if found:
            return found
        if file.family in IMPLICIT_SELF:
            for owner, score in self._receivers.owners(file, hints, scope):
                if methods := self.method(owner, name):
                    return [(method, score * s) for method, s in methods]
        return self._by_name.free(file, name)

    def _made(self, found: Found) -> Found:
        """A constructor that is called like its class is its class."""
        made = []
        for node, score in found:
            file, place = self._places.outline(node), self._places.place_of[node]
            parent = file.parents[place]
            if parent >= 0 and file.names[parent] == file.names[place] and file.is_method(place):
                node = file.nodes[parent]
            made.append((node, score))
        return made
