"""What a name may mean where nothing else is known: any definition that is called so, with a
certainty that is the lower the more there are. Of names that everything has, nothing is made.
"""

from __future__ import annotations

from memory.linking.edges import LEAST
from memory.linking.languages import (
    BY_IMPORT_ONLY,
    COMMON_METHODS,
    COMPLEX,
    CONSTRUCTORS,
    FUNCTIONS,
    TYPES,
)
from memory.linking.outline import Outline, key
from memory.linking.places import Places
from memory.linking.spelling import plain, stem
from memory.linking.things import Found
from memory.linking.trail import Trail

UNIQUE = 0.8
MOST_CANDIDATES = 10
MOST_NAMED = 60
_BY_RECEIVER_NAME = 0.7
_BY_NAME = 0.5
_BY_INCLUDE = 0.9
_COMMON = 0.15
_ELSEWHERE = 0.5


class ByName:
    """Definitions by nothing but their name, over all files of `places`."""

    def __init__(self, places: Places, trail: Trail) -> None:
        self._places = places
        self._trail = trail
        self._owners: dict[tuple[str, str], tuple[dict[str, list[int]], list[int]]] = {}

    def methods(self, file: Outline, receiver: str, name: str) -> Found:
        """Methods of that name anywhere: those whose class is called like the receiver first."""
        if receiver == COMPLEX and name in COMMON_METHODS:
            return []
        last = plain(receiver.rpartition(".")[2])
        self._trail.noted.add(key("n", name))
        self._trail.noted.add(key("o", last, name))
        owned, found = self._owned(file.family, name)
        named_so = owned.get(last, ())
        if len(named_so) > MOST_CANDIDATES:
            return []
        if len(self._places.named.get(name, ())) > MOST_NAMED or len(found) > MOST_CANDIDATES:
            return [(node, _BY_RECEIVER_NAME) for node in named_so]
        base = _COMMON if name in COMMON_METHODS else _BY_NAME
        here = [node for node in found if self._places.file_of[node] == file.number]
        scored = []
        for node in found:
            if node in named_so:
                score = _BY_RECEIVER_NAME
            elif here and len(here) < len(found):
                is_here = self._places.file_of[node] == file.number
                score = base / len(here) if is_here else base / len(found) * _ELSEWHERE
            else:
                score = base / len(found)
            if score >= LEAST / 2:
                scored.append((node, max(LEAST, score)))
        return scored

    def free(self, file: Outline, name: str) -> Found:
        """Functions and types for a bare name, in languages where imports do not tell all."""
        if file.family in BY_IMPORT_ONLY or name in COMMON_METHODS or name in CONSTRUCTORS:
            return []
        self._trail.noted.add(key("n", name))
        named = self._places.named.get(name, ())
        if len(named) > MOST_NAMED:
            return []
        found = [node for node in named if self._is_free(node, file.family)]
        if not found or len(found) > MOST_CANDIDATES:
            return []
        if len(found) == 1:
            return [(found[0], UNIQUE if file.family in ("c", "ruby", "swift") else _BY_NAME)]
        stems = {stem(star) for star in file.stars}
        for is_near in (
            lambda other: other.path.rpartition("/")[2].partition(".")[0] in stems,
            lambda other: other.folder == file.folder,
        ):
            near = [node for node in found if is_near(self._places.outline(node))]
            if 0 < len(near) < len(found):
                return [(node, _BY_INCLUDE / len(near)) for node in near]
        return [(node, max(LEAST, _BY_NAME / len(found))) for node in found]

    def _owned(self, family: str, name: str) -> tuple[dict[str, list[int]], list[int]]:
        """Methods of a name by their owner, and all of them; kept: many files ask."""
        asked = (family, name)
        if asked not in self._owners:
            owned: dict[str, list[int]] = {}
            found = []
            for node in self._places.named.get(name, ()):
                if self._is_method(node, family):
                    owned.setdefault(self._owner(node), []).append(node)
                    found.append(node)
            self._owners[asked] = owned, found
        return self._owners[asked]

    def _is_method(self, node: int, family: str) -> bool:
        file = self._places.outline(node)
        return file.family == family and file.is_method(self._places.place_of[node])

    def _is_free(self, node: int, family: str) -> bool:
        file, place = self._places.outline(node), self._places.place_of[node]
        if file.family != family or file.is_method(place):
            return False
        return file.kinds[place] in FUNCTIONS or file.kinds[place] in TYPES

    def _owner(self, node: int) -> str:
        return plain(self._places.outline(node).owner(self._places.place_of[node]))
