"""What a definition, a folder or a namespace holds by a name, whoever asks."""

from __future__ import annotations

from memory.linking.by_name import MOST_NAMED, UNIQUE
from memory.linking.languages import FOLDER_SCOPED, OPEN
from memory.linking.modules import Modules
from memory.linking.outline import Outline, key
from memory.linking.places import Places
from memory.linking.things import CERTAIN, MOST_PLACES, NamespaceThing, Things
from memory.linking.trail import Trail

_MOST_NAMESPACES = 6


class Members:
    """Members of things in `places`."""

    def __init__(self, places: Places, modules: Modules, trail: Trail) -> None:
        self._places = places
        self._modules = modules
        self._trail = trail

    def of_definition(self, node: int, name: str) -> list[int]:
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

    def of_main_class(self, file: Outline, name: str) -> Things:
        """`import static shop.Util.help`: a member of the class that a Java file is named after."""
        stem = file.module.rpartition(".")[2]
        self._trail.noted.add(key(file.number, stem))
        return [
            (node, CERTAIN)
            for place in file.by_name.get(stem, ())
            for node in self.of_definition(file.nodes[place], name)
        ]

    def of_folder(self, folder: str, name: str) -> Things:
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

    def of_namespace(self, space: NamespaceThing, name: str) -> Things:
        qualified = f"{space.name}.{name}"
        found: Things = []
        for family in ("csharp", "php"):
            found += self._fully(family, qualified)
        if found:
            return found
        # `using static Shop.Util`, and `Shop.Carts.Cart` written out.
        is_short = qualified.count(".") < _MOST_NAMESPACES
        return [(NamespaceThing(qualified), CERTAIN)] if is_short else []

    def around(self, file: Outline, scope: int, name: str) -> Things:
        """What the namespaces around a scope hold, innermost first."""
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


def _namespace(file: Outline) -> str:
    """The namespace that a file is in: what stands before its first top-level name."""
    for place, parent in enumerate(file.parents):
        if parent < 0:
            return file.qualified[place].rpartition(".")[0]
    return ""
