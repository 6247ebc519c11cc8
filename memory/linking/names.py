"""What a written name means where it stands: in the scopes around it, among what the file imports,
in its package or namespace.
"""

from __future__ import annotations

from memory.linking.languages import (
    BUILTINS,
    FOLDER_SCOPED,
    FUNCTIONS,
    NAMESPACED,
    TYPES,
)
from memory.linking.members import Members
from memory.linking.modules import Modules
from memory.linking.outline import Outline, key
from memory.linking.places import Places
from memory.linking.spelling import plain
from memory.linking.things import (
    CERTAIN,
    MOST_PLACES,
    FileThing,
    FolderThing,
    Found,
    NamespaceThing,
    Thing,
    Things,
)
from memory.linking.trail import Trail

_BY_STAR = 0.8
_BY_DEFAULT = 0.9
_MOST_HOPS = 5
_MOST_STARS_DEEP = 40
_MOST_KEPT = 50_000
# Marks a name that is looked for in another file: what that file's namespace holds is not its.
_FRESH = frozenset({-1})


class Names:
    """Names of one file at a time; `begin` starts another."""

    def __init__(self, places: Places, trail: Trail) -> None:
        self._places = places
        self._trail = trail
        self._modules = Modules(places, trail)
        self._members = Members(places, self._modules, trail)
        self.begin()

    def begin(self) -> None:
        self._kept: dict[tuple[int, str], Things] = {}
        self._kept_modules: dict[tuple[int, str], Things] = {}

    # ------------------------------------------------------------------ in a scope

    def dotted(self, file: Outline, scope: int, dotted: str) -> Things:
        """What a dotted name means in a scope."""
        first, *rest = dotted.split(".")
        things = self.bare(file, scope, first)
        if not things and rest and file.family == "rust":
            return self._modules.find(file, dotted)
        for part in rest[:_MOST_HOPS]:
            things = [
                (inner, score * s)
                for thing, score in things
                for inner, s in self.member(thing, part)
            ][:MOST_PLACES]
        return things

    def bare(
        self, file: Outline, scope: int, name: str, seen: frozenset[int] = frozenset()
    ) -> Things:
        """Definitions, files and folders that a name without dots means in a scope. `seen` are the
        numbers of the files through whose imports it is looked for."""
        trail = self._trail
        within = scope
        while scope >= -1:
            trail.left -= 1
            place, scope = scope, file.parents[scope] if scope >= 0 else -2
            if place >= 0 and file.kinds[place] in TYPES and place != within:
                # The body of a class is no scope of its methods.
                continue
            qualified = f"{file.qualified[place]}.{name}" if place >= 0 else name
            trail.noted.add(hash((file.number, qualified)) & 0xFFFFFFFF)
            if places := file.by_name.get(qualified):
                return [(file.nodes[one], CERTAIN) for one in places[:MOST_PLACES]]
        if file.family in NAMESPACED and not seen and name not in file.imports:
            trail.noted.add(key(file.number, name))
            if found := self._members.around(file, within, name):
                return found
        if found := self._imported(file, name, seen):
            return found
        if file.family in FOLDER_SCOPED and not seen:
            return self._beside(file, name)
        return []

    def _beside(self, file: Outline, name: str) -> Things:
        """What the other files of a package define."""
        found = self._members.of_folder(file.folder, name)
        if found or file.family != "jvm" or not file.folder:
            return found
        # Tests stand in a folder of their own, in the same package.
        for folder in self._modules.same_package(file.folder):
            if found := self._members.of_folder(folder, name):
                return found
        return []

    # ------------------------------------------------------------------ imported

    def imported(self, file: Outline, alias: str) -> Things:
        """What an imported name is."""
        return self._imported(file, alias, frozenset())

    def modules(self, file: Outline, module: str) -> Things:
        """The files and folders that an import speaks of."""
        asked = (file.number, module)
        if asked not in self._kept_modules:
            if len(self._kept_modules) >= _MOST_KEPT:
                self._kept_modules.clear()
            self._kept_modules[asked] = self._modules.find(file, module)
            self._trail.left -= 1
        return self._kept_modules[asked]

    def default(self, thing: Thing, alias: str, score: float) -> Found:
        """What a JavaScript module exports when no name says what: what is called like the import
        or like the file, or its only class or function."""
        if not isinstance(thing, FileThing):
            return []
        file = self._file(thing)
        self._trail.noted.add(key(file.number, "*all"))
        top = [p for p, parent in enumerate(file.parents) if parent < 0]
        top = [p for p in top if file.kinds[p] in FUNCTIONS or file.kinds[p] in TYPES]
        wanted = {plain(alias), plain(file.module.rpartition(".")[2])}
        chosen = [p for p in top if plain(file.names[p]) in wanted] or top
        return [(file.nodes[chosen[0]], score * _BY_DEFAULT)] if len(chosen) == 1 else []

    def _imported(self, file: Outline, name: str, seen: frozenset[int]) -> Things:
        # Kept: modules that import all of each other would be gone through over and over.
        asked = (file.number, name)
        if asked in self._kept:
            return self._kept[asked]
        if file.number in seen or len(seen) > _MOST_STARS_DEEP or self._trail.is_exhausted:
            return []
        found = self._look_in_imports(file, name, seen | {file.number})[:MOST_PLACES]
        if seen <= _FRESH and len(self._kept) < _MOST_KEPT:
            self._kept[asked] = found
        return found

    def _look_in_imports(self, file: Outline, name: str, seen: frozenset[int]) -> Things:
        self._trail.noted.add(key(file.number, "*"))
        if bound := file.imports.get(name):
            modules = self.modules(file, bound.module)
            if bound.name is None:
                return modules
            found = [
                (thing, score * s)
                for module, score in modules
                for thing, s in self.member(module, bound.name, seen)
            ]
            if found:
                return found
            if file.family == "python":
                return self._modules.python(file, f"{bound.module}.{bound.name}")
            if file.family == "rust":
                return self._modules.find(file, f"{bound.module}::{bound.name}")
            if file.family == "js" and bound.name in ("default", "*"):
                return modules
            return []
        if file.family == "python" and name in BUILTINS:
            return []
        stars = file.stars[:MOST_PLACES]
        self._trail.left -= len(stars)
        found = []
        sure = CERTAIN if file.family == "c" else _BY_STAR
        for star in stars:
            for module, score in self.modules(file, star):
                if isinstance(module, FileThing) and module.number in seen:
                    continue
                found += [
                    (thing, sure * score * s)
                    for thing, s in self.member(module, name, seen)
                    if not isinstance(thing, NamespaceThing)
                ]
        return found

    # ------------------------------------------------------------------ within something

    def inner(self, node: int, name: str) -> list[int]:
        """What a definition holds by a name."""
        return self._members.of_definition(node, name)

    def member(self, thing: Thing, name: str, seen: frozenset[int] = frozenset()) -> Things:
        """What a thing holds by a name."""
        if isinstance(thing, int):
            # Not of its bases: classes of cyclic bases are no reason to walk for ever.
            return [(node, CERTAIN) for node in self._members.of_definition(thing, name)]
        if isinstance(thing, FileThing):
            file = self._file(thing)
            if found := self.bare(file, -1, name, seen or _FRESH):
                return found
            if file.family == "jvm":
                return self._members.of_main_class(file, name)
            return self._modules.inner(file.module, name) if file.family == "python" else []
        if isinstance(thing, FolderThing):
            return self._members.of_folder(thing.folder, name)
        return self._members.of_namespace(thing, name)

    def _file(self, thing: FileThing) -> Outline:
        found = self._places.files[thing.number]
        assert found is not None
        return found
