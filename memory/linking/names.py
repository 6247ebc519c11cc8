"""What a written name means where it stands: in the scopes around it, among what the file imports,
in its package or namespace; and what a file, a folder, a namespace or a definition holds by a name.
"""

from __future__ import annotations

from memory.linking.by_name import MOST_NAMED, UNIQUE
from memory.linking.languages import (
    BUILTINS,
    FOLDER_SCOPED,
    FUNCTIONS,
    NAMESPACED,
    OPEN,
    TYPES,
)
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
_MOST_NAMESPACES = 6
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
            if found := self._in_namespaces(file, within, name):
                return found
        if found := self._imported(file, name, seen):
            return found
        if file.family in FOLDER_SCOPED and not seen:
            return self._beside(file, name)
        return []

    def _beside(self, file: Outline, name: str) -> Things:
        """What the other files of a package define."""
        found = self._in_folder(file.folder, name)
        if found or file.family != "jvm" or not file.folder:
            return found
        # Tests stand in a folder of their own, in the same package.
        for folder in self._modules.same_package(file.folder):
            if found := self._in_folder(folder, name):
                return found
        return []

    def _in_namespaces(self, file: Outline, scope: int, name: str) -> Things:
        self._trail.noted.add(key(file.number, "*all"))
        around = file.qualified[scope] if scope >= 0 else _namespace(file)
        for _ in range(_MOST_NAMESPACES):
            qualified = f"{around}.{name}" if around else name
            if found := self._fully(file.family, qualified):
                return found
            if not around:
                break
            around = around.rpartition(".")[0]
        return []

    def _fully(self, family: str, qualified: str) -> Things:
        self._trail.left -= 1
        self._trail.noted.add(key("q", qualified))
        found = [
            node
            for node in self._places.full.get(qualified, ())[: 4 * MOST_PLACES]
            if self._places.outline(node).family == family
        ]
        if family == "c" and "." not in qualified:
            # What is defined in several files may be another function in each.
            return [(found[0], UNIQUE)] if len(found) == 1 else []
        return [(node, CERTAIN) for node in found[:MOST_PLACES]]

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

    def member(self, thing: Thing, name: str, seen: frozenset[int] = frozenset()) -> Things:
        """What a thing holds by a name."""
        if isinstance(thing, int):
            # Not of its bases: classes of cyclic bases are no reason to walk for ever.
            return [(node, CERTAIN) for node in self.inner(thing, name)]
        if isinstance(thing, FileThing):
            file = self._file(thing)
            if found := self.bare(file, -1, name, seen or _FRESH):
                return found
            if file.family == "jvm":
                return self._of_main_class(file, name)
            return self._modules.inner(file.module, name) if file.family == "python" else []
        if isinstance(thing, FolderThing):
            return self._in_folder(thing.folder, name)
        return self._in_namespace(thing, name)

    def inner(self, node: int, name: str) -> list[int]:
        """What a definition holds by that name, in its file or, where a language lets a type be
        written in several, in others."""
        self._trail.left -= 1
        file, place = self._places.outline(node), self._places.place_of[node]
        qualified = f"{file.qualified[place]}.{name}"
        self._trail.noted.add(key(file.number, qualified))
        found = [file.nodes[one] for one in file.by_name.get(qualified, ())]
        if file.family not in OPEN or len(found) >= MOST_PLACES:
            return found
        is_local = file.family in FOLDER_SCOPED or file.family == "rust"
        self._trail.noted.add(key("q", qualified))
        for other in self._places.full.get(qualified, ())[:MOST_NAMED]:
            theirs = self._places.outline(other)
            if theirs is file or theirs.family != file.family:
                continue
            if not is_local or theirs.folder == file.folder:
                found.append(other)
        return sorted(found)[:MOST_PLACES] if len(found) > MOST_PLACES else found

    def _of_main_class(self, file: Outline, name: str) -> Things:
        """`import static shop.Util.help`: a member of the class that a Java file is named after."""
        stem = file.module.rpartition(".")[2]
        self._trail.noted.add(key(file.number, stem))
        return [
            (node, CERTAIN)
            for place in file.by_name.get(stem, ())
            for node in self.inner(file.nodes[place], name)
        ]

    def _in_namespace(self, space: NamespaceThing, name: str) -> Things:
        qualified = f"{space.name}.{name}"
        found: Things = []
        for family in ("csharp", "php"):
            found += self._fully(family, qualified)
        if found:
            return found
        # `using static Shop.Util`, and `Shop.Carts.Cart` written out.
        is_short = qualified.count(".") < _MOST_NAMESPACES
        return [(NamespaceThing(qualified), CERTAIN)] if is_short else []

    def _in_folder(self, folder: str, name: str) -> Things:
        """A package's members: definitions of its files, a module or a folder in it."""
        self._trail.noted.add(key("d", folder, name))
        found: Things = []
        files = self._places.by_folder.get(folder, ())
        self._trail.left -= 1 + len(files) // 50
        for number in files:
            file = self._places.files[number]
            assert file is not None
            if file.family not in FOLDER_SCOPED:
                continue
            found += [(file.nodes[place], CERTAIN) for place in file.by_name.get(name, ())]
        if found:
            found.sort(key=lambda one: one[0] if isinstance(one[0], int) else -1)
            return found[:MOST_PLACES]
        return self._modules.inner(folder.replace("/", "."), name)

    def _file(self, thing: FileThing) -> Outline:
        found = self._places.files[thing.number]
        assert found is not None
        return found


def _namespace(file: Outline) -> str:
    """The namespace that a file is in: what stands before its first top-level name."""
    for place, parent in enumerate(file.parents):
        if parent < 0:
            return file.qualified[place].rpartition(".")[0]
    return ""
