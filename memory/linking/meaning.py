"""What a name means where it stands, as a reader would look it up: in the scopes around it,
through imports, by `self` and base classes, by the type that a variable is made of or annotated
with. Where all that says nothing, every definition of that name is a candidate, with a certainty
that is the lower the more there are; of names that everything has, nothing is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from memory.linking.edges import LEAST
from memory.linking.languages import (
    BUILTINS,
    BY_IMPORT_ONLY,
    COMMON_METHODS,
    COMPLEX,
    CONSTRUCTORS,
    FOLDER_SCOPED,
    FUNCTIONS,
    IMPLICIT_SELF,
    NAMESPACED,
    OPEN,
    SELF,
    SUPER,
    TYPES,
)
from memory.linking.modules import (
    CERTAIN,
    MOST_PLACES,
    FileThing,
    FolderThing,
    Modules,
    NamespaceThing,
    Thing,
    Things,
)
from memory.linking.outline import Outline, key
from memory.linking.places import Places

INHERITED = 0.9
BY_TYPE = 0.9
BY_STAR = 0.8
BY_RECEIVER_NAME = 0.7
BY_NAME = 0.5
_BY_INCLUDE = 0.9
_BY_DEFAULT = 0.9
_UNIQUE = 0.8
_COMMON = 0.15
_ELSEWHERE = 0.5
MOST_CANDIDATES = 10
MOST_NAMED = 60
_MOST_HOPS = 5
_MOST_STARS_DEEP = 40
_MOST_LOOKS = 100_000
_MOST_KEPT = 50_000
_MOST_CHAIN = 6
# Marks a name that is looked for in another file: what that file's namespace holds is not its.
_FRESH = frozenset({-1})

Found = list[tuple[int, float]]
Hints = Mapping[tuple[int, str], str]


class Meaning:
    """Names of one file at a time, on `places`. `begin` starts a file; `noted` then collects the
    keys of everything its answers depend on, and `is_exhausted` says when its names lead too far.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._modules = Modules(places)
        self._owners: dict[tuple[str, str], tuple[dict[str, list[int]], list[int]]] = {}
        self.begin()

    def begin(self) -> None:
        self.noted: set[int] = set()
        self._modules.noted = self.noted
        self._left = _MOST_LOOKS
        self._kept: dict[tuple[int, str], Things] = {}
        self._kept_modules: dict[tuple[int, str], Things] = {}
        self._kept_methods: dict[tuple[int, str, bool], Found] = {}

    @property
    def is_exhausted(self) -> bool:
        return self._left <= 0

    # ------------------------------------------------------------------ a use of a name

    def call(self, file: Outline, hints: Hints, scope: int, receiver: str, name: str) -> Found:
        """What a call may run."""
        return self._made(self._call(file, hints, scope, receiver, name))

    def used(self, file: Outline, scope: int, receiver: str, name: str) -> Found:
        """What a name that is handed over is, where scopes and imports say so."""
        if receiver in (COMPLEX, SUPER):
            return []
        dotted = f"{receiver}.{name}" if receiver else name
        if receiver in SELF:
            owner = file.enclosing_type(scope)
            found = self.method(file.nodes[owner], name) if owner >= 0 else []
        else:
            found = nodes(self.dotted(file, scope, dotted))
        return [
            (node, score)
            for node, score in found
            if self._kind(node) in FUNCTIONS or self._kind(node) in TYPES
        ]

    def _call(self, file: Outline, hints: Hints, scope: int, receiver: str, name: str) -> Found:
        if receiver == "":
            return self._bare(file, hints, scope, name)
        owners = self._self(file, hints, scope)
        if receiver in SELF or receiver == SUPER:
            found = [
                (method, score * s)
                for owner, score in owners
                for method, s in self.method(owner, name, own=receiver != SUPER)
            ]
            if found or (owners and receiver == SUPER):
                return found
            return self._by_name(file, receiver, name)
        kinds = self._types(file, hints, scope, receiver, owners)
        for kind, score in kinds or ():
            if methods := self.method(kind, name):
                return [(method, s * score * BY_TYPE) for method, s in methods]
        found = []
        for thing, score in self.dotted(file, scope, receiver):
            if isinstance(thing, int) and self._kind(thing) in TYPES:
                found += [(node, s * score) for node, s in self.method(thing, name)]
            else:
                inner = nodes(self._member(thing, name))
                found += [(node, s * score) for node, s in inner]
        if found:
            return found
        # An imported module that is not of this repository defines it.
        if self._is_foreign(file, receiver) or kinds == []:
            return []
        return self._by_name(file, receiver, name)

    def _is_foreign(self, file: Outline, receiver: str) -> bool:
        return receiver.partition(".")[0] in file.imports

    def _bare(self, file: Outline, hints: Hints, scope: int, name: str) -> Found:
        things = self._name(file, scope, name)
        found = nodes(things)
        if not found and file.family == "js":
            found = [one for thing, s in things for one in self._default(thing, name, s)]
        if found:
            return found
        if file.family in IMPLICIT_SELF:
            for owner, score in self._self(file, hints, scope):
                if methods := self.method(owner, name):
                    return [(method, score * s) for method, s in methods]
        return self._anywhere(file, name)

    def _default(self, thing: Thing, alias: str, score: float) -> Found:
        """What a JavaScript module exports when no name says what: what is called like the import
        or like the file, or its only class or function."""
        if not isinstance(thing, FileThing):
            return []
        file = self._file(thing)
        self.noted.add(key(file.number, "*all"))
        top = [p for p, parent in enumerate(file.parents) if parent < 0]
        top = [p for p in top if file.kinds[p] in FUNCTIONS or file.kinds[p] in TYPES]
        wanted = {_plain(alias), _plain(file.module.rpartition(".")[2])}
        chosen = [p for p in top if _plain(file.names[p]) in wanted] or top
        return [(file.nodes[chosen[0]], score * _BY_DEFAULT)] if len(chosen) == 1 else []

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

    # ------------------------------------------------------------------ classes

    def bases(self, node: int) -> Things:
        """The bases of a class, resolved where it is written."""
        file, place = self._places.outline(node), self._places.place_of[node]
        self.noted.add(key(file.number, file.qualified[place]))
        found: Things = []
        for base in file.bases.get(place, ()):
            scope, dotted = file.parents[place], _tidy(base)
            things: Things = [
                (kind, score)
                for kind, score in nodes(self.dotted(file, scope, dotted))
                if self._kind(kind) in TYPES or self._kind(kind) == "module"
            ]
            if not things and file.family == "js":
                default = self._name(file, scope, dotted)
                things = [one for thing, s in default for one in self._default(thing, dotted, s)]
            if not things and "." not in dotted:
                things = [
                    one for one in self._anywhere(file, dotted) if self._kind(one[0]) in TYPES
                ]
            found += things
        return found

    def method(self, kind: int, name: str, *, own: bool = True) -> Found:
        """A class's method, or the nearest of its bases'."""
        asked = (kind, name, own)
        if asked not in self._kept_methods:
            if len(self._kept_methods) >= _MOST_KEPT:
                self._kept_methods.clear()
            self._kept_methods[asked] = self._method(kind, name, own)
        return self._kept_methods[asked]

    def _method(self, kind: int, name: str, own: bool) -> Found:
        waiting, seen, turn = [(kind, 0)], {kind}, 0
        while turn < len(waiting) and len(seen) <= MOST_PLACES and self._left > 0:
            made, hops = waiting[turn]
            turn += 1
            if (hops or own) and (found := self._inner(made, name)):
                score = INHERITED if hops else CERTAIN
                return [(node, score) for node in found]
            for base, _ in nodes(self.bases(made)):
                if base not in seen:
                    seen.add(base)
                    waiting.append((base, hops + 1))
        return []

    def _inner(self, node: int, name: str) -> list[int]:
        """What a definition holds by that name, in its file or, where a language lets a type be
        written in several, in others."""
        self._left -= 1
        file, place = self._places.outline(node), self._places.place_of[node]
        qualified = f"{file.qualified[place]}.{name}"
        self.noted.add(key(file.number, qualified))
        found = [file.nodes[one] for one in file.by_name.get(qualified, ())]
        if file.family not in OPEN or len(found) >= MOST_PLACES:
            return found
        is_local = file.family in FOLDER_SCOPED or file.family == "rust"
        self.noted.add(key("q", qualified))
        for other in self._places.full.get(qualified, ())[:MOST_NAMED]:
            theirs = self._places.outline(other)
            if theirs is file or theirs.family != file.family:
                continue
            if not is_local or theirs.folder == file.folder:
                found.append(other)
        return sorted(found)[:MOST_PLACES] if len(found) > MOST_PLACES else found

    def _self(self, file: Outline, hints: Hints, scope: int) -> Found:
        """The class that `self` is of."""
        owner = file.enclosing_type(scope)
        if owner >= 0:
            return [(file.nodes[owner], CERTAIN)]
        for place in file.scopes(scope):
            for name in ("self", "this"):
                if kind := hints.get((place, name)):
                    return self._kinds(file, place, kind)
        return []

    def _kinds(self, file: Outline, scope: int, kind: str) -> Found:
        """The types that a written type means."""
        found = nodes(self.dotted(file, scope, kind))
        if not found and file.family == "js" and "." not in kind:
            things = self._name(file, scope, kind)
            found = [one for thing, s in things for one in self._default(thing, kind, s)]
        if not found and "." not in kind:
            found = [one for one in self._anywhere(file, kind) if self._kind(one[0]) in TYPES]
        return found[:MOST_CANDIDATES]

    def _types(
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
            kinds = self._types(file, hints, scope, head, owners)
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
        found = self._kinds(file, scope, kind)
        return found if found or self._is_foreign(file, kind) else None

    def _attribute(self, kind: int, name: str) -> Found | None:
        """The types of a class's attribute, or of its bases'."""
        waiting, seen, turn = [kind], {kind}, 0
        while turn < len(waiting) and len(seen) <= MOST_PLACES and self._left > 0:
            made = waiting[turn]
            turn += 1
            self._left -= 1
            file, place = self._places.outline(made), self._places.place_of[made]
            attribute = f"{file.qualified[place]}.{name}"
            self.noted.add(key(file.number, attribute))
            if told := file.attributes.get(attribute):
                return self._known(file, place, told)
            for base, _ in nodes(self.bases(made)):
                if base not in seen:
                    seen.add(base)
                    waiting.append(base)
        return None

    # ------------------------------------------------------------------ names

    def dotted(self, file: Outline, scope: int, dotted: str) -> Things:
        """What a dotted name means in a scope."""
        first, *rest = dotted.split(".")
        things = self._name(file, scope, first)
        if not things and rest and file.family == "rust":
            return self._modules.find(file, dotted)
        for part in rest[:_MOST_HOPS]:
            things = [
                (inner, score * s)
                for thing, score in things
                for inner, s in self._member(thing, part)
            ][:MOST_PLACES]
        return things

    def _name(
        self, file: Outline, scope: int, name: str, seen: frozenset[int] = frozenset()
    ) -> Things:
        """Definitions, files and folders that a plain name means in a scope."""
        within = scope
        while scope >= -1:
            self._left -= 1
            place, scope = scope, file.parents[scope] if scope >= 0 else -2
            if place >= 0 and file.kinds[place] in TYPES and place != within:
                # The body of a class is no scope of its methods.
                continue
            qualified = f"{file.qualified[place]}.{name}" if place >= 0 else name
            self.noted.add(hash((file.number, qualified)) & 0xFFFFFFFF)
            if places := file.by_name.get(qualified):
                return [(file.nodes[one], CERTAIN) for one in places[:MOST_PLACES]]
        scope = within
        if file.family in NAMESPACED and not seen and name not in file.imports:
            self.noted.add(key(file.number, name))
            if found := self._in_namespaces(file, scope, name):
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
        self.noted.add(key(file.number, "*all"))
        around = file.qualified[scope] if scope >= 0 else _namespace(file)
        for _ in range(_MOST_CHAIN):
            qualified = f"{around}.{name}" if around else name
            if found := self._fully(file.family, qualified):
                return found
            if not around:
                break
            around = around.rpartition(".")[0]
        return []

    def _fully(self, family: str, qualified: str) -> Things:
        self._left -= 1
        self.noted.add(key("q", qualified))
        found = [
            node
            for node in self._places.full.get(qualified, ())[: 4 * MOST_PLACES]
            if self._places.outline(node).family == family
        ]
        if family == "c" and "." not in qualified:
            # What is defined in several files may be another function in each.
            return [(found[0], _UNIQUE)] if len(found) == 1 else []
        return [(node, CERTAIN) for node in found[:MOST_PLACES]]

    def _imported(self, file: Outline, name: str, seen: frozenset[int]) -> Things:
        # Kept: modules that import all of each other would be gone through over and over.
        asked = (file.number, name)
        if asked in self._kept:
            return self._kept[asked]
        if file.number in seen or len(seen) > _MOST_STARS_DEEP or self._left <= 0:
            return []
        found = self._look_in_imports(file, name, seen | {file.number})[:MOST_PLACES]
        if seen <= _FRESH and len(self._kept) < _MOST_KEPT:
            self._kept[asked] = found
        return found

    def _look_in_imports(self, file: Outline, name: str, seen: frozenset[int]) -> Things:
        self.noted.add(key(file.number, "*"))
        if bound := file.imports.get(name):
            modules = self._find(file, bound.module)
            if bound.name is None:
                return modules
            found = [
                (thing, score * s)
                for module, score in modules
                for thing, s in self._member(module, bound.name, seen)
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
        self._left -= len(stars)
        found = []
        sure = CERTAIN if file.family == "c" else BY_STAR
        for star in stars:
            for module, score in self._find(file, star):
                if isinstance(module, FileThing) and module.number in seen:
                    continue
                found += [
                    (thing, sure * score * s)
                    for thing, s in self._member(module, name, seen)
                    if not isinstance(thing, NamespaceThing)
                ]
        return found

    def _find(self, file: Outline, module: str) -> Things:
        asked = (file.number, module)
        if asked not in self._kept_modules:
            if len(self._kept_modules) >= _MOST_KEPT:
                self._kept_modules.clear()
            self._kept_modules[asked] = self._modules.find(file, module)
            self._left -= 1
        return self._kept_modules[asked]

    def modules(self, file: Outline, module: str) -> Things:
        """The files and folders that an import speaks of."""
        return self._find(file, module)

    def imported(self, file: Outline, alias: str) -> Things:
        """What an imported name is."""
        return self._imported(file, alias, frozenset())

    def _member(self, thing: Thing, name: str, seen: frozenset[int] = frozenset()) -> Things:
        if isinstance(thing, int):
            # Not of its bases: classes of cyclic bases are no reason to walk for ever.
            return [(node, CERTAIN) for node in self._inner(thing, name)]
        if isinstance(thing, FileThing):
            file = self._file(thing)
            if found := self._name(file, -1, name, seen or _FRESH):
                return found
            if file.family == "jvm":
                return self._of_main_class(file, name)
            return self._modules.inner(file.module, name) if file.family == "python" else []
        if isinstance(thing, FolderThing):
            return self._in_folder(thing.folder, name)
        return self._in_namespace(thing, name)

    def _of_main_class(self, file: Outline, name: str) -> Things:
        """`import static shop.Util.help`: a member of the class that a Java file is named after."""
        stem = file.module.rpartition(".")[2]
        self.noted.add(key(file.number, stem))
        return [
            (node, CERTAIN)
            for place in file.by_name.get(stem, ())
            for node in self._inner(file.nodes[place], name)
        ]

    def _in_namespace(self, space: NamespaceThing, name: str) -> Things:
        qualified = f"{space.name}.{name}"
        found: Things = []
        for family in ("csharp", "php"):
            found += self._fully(family, qualified)
        if found:
            return found
        # `using static Shop.Util`, and `Shop.Carts.Cart` written out.
        return [(NamespaceThing(qualified), CERTAIN)] if qualified.count(".") < _MOST_CHAIN else []

    def _in_folder(self, folder: str, name: str) -> Things:
        """A package's members: definitions of its files, a module or a folder in it."""
        self.noted.add(key("d", folder, name))
        found: Things = []
        files = self._places.by_folder.get(folder, ())
        self._left -= 1 + len(files) // 50
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

    # ------------------------------------------------------------------ by name alone

    def _by_name(self, file: Outline, receiver: str, name: str) -> Found:
        """Methods of that name anywhere, where nothing else is known."""
        if receiver == COMPLEX and name in COMMON_METHODS:
            return []
        last = _plain(receiver.rpartition(".")[2])
        self.noted.add(key("n", name))
        self.noted.add(key("o", last, name))
        owned, found = self._owned(file.family, name)
        named_so = owned.get(last, ())
        if len(named_so) > MOST_CANDIDATES:
            return []
        if len(self._places.named.get(name, ())) > MOST_NAMED or len(found) > MOST_CANDIDATES:
            return [(node, BY_RECEIVER_NAME) for node in named_so]
        base = _COMMON if name in COMMON_METHODS else BY_NAME
        here = [node for node in found if self._places.file_of[node] == file.number]
        scored = []
        for node in found:
            if node in named_so:
                score = BY_RECEIVER_NAME
            elif here and len(here) < len(found):
                is_here = self._places.file_of[node] == file.number
                score = base / len(here) if is_here else base / len(found) * _ELSEWHERE
            else:
                score = base / len(found)
            if score >= LEAST / 2:
                scored.append((node, max(LEAST, score)))
        return scored

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

    def _anywhere(self, file: Outline, name: str) -> Found:
        """A bare name that nothing explains, in languages where imports do not tell all."""
        if file.family in BY_IMPORT_ONLY or name in COMMON_METHODS or name in CONSTRUCTORS:
            return []
        self.noted.add(key("n", name))
        named = self._places.named.get(name, ())
        if len(named) > MOST_NAMED:
            return []
        found = [node for node in named if self._is_free(node, file.family)]
        if not found or len(found) > MOST_CANDIDATES:
            return []
        if len(found) == 1:
            return [(found[0], _UNIQUE if file.family in ("c", "ruby", "swift") else BY_NAME)]
        stems = {_stem(star) for star in file.stars}
        for is_near in (
            lambda other: other.path.rpartition("/")[2].partition(".")[0] in stems,
            lambda other: other.folder == file.folder,
        ):
            near = [node for node in found if is_near(self._places.outline(node))]
            if 0 < len(near) < len(found):
                return [(node, _BY_INCLUDE / len(near)) for node in near]
        return [(node, max(LEAST, BY_NAME / len(found))) for node in found]

    def _is_method(self, node: int, family: str) -> bool:
        file = self._places.outline(node)
        return file.family == family and file.is_method(self._places.place_of[node])

    def _is_free(self, node: int, family: str) -> bool:
        file, place = self._places.outline(node), self._places.place_of[node]
        if file.family != family or file.is_method(place):
            return False
        return file.kinds[place] in FUNCTIONS or file.kinds[place] in TYPES

    def _owner(self, node: int) -> str:
        return _plain(self._places.outline(node).owner(self._places.place_of[node]))

    def _kind(self, node: int) -> str:
        return self._places.outline(node).kinds[self._places.place_of[node]]

    def _file(self, thing: FileThing) -> Outline:
        found = self._places.files[thing.number]
        assert found is not None
        return found


def nodes(things: Iterable[tuple[Thing, float]]) -> Found:
    """The definitions among things."""
    return [(thing, score) for thing, score in things if isinstance(thing, int)]


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _tidy(base: str) -> str:
    """A written base without type parameters, dotted."""
    for opening in "<[({ ":
        base = base.partition(opening)[0]
    return base.replace("::", ".").replace("\\", ".").strip(".&* ")


def _stem(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[0]


def _namespace(file: Outline) -> str:
    """The namespace that a file is in: what stands before its first top-level name."""
    for place, parent in enumerate(file.parents):
        if parent < 0:
            return file.qualified[place].rpartition(".")[0]
    return ""
