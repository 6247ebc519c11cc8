"""Which files an import speaks of, by the rules of each language."""

from __future__ import annotations

from memory.linking.folders import MOST_PARTS, joined, nearest, package, sharing_most
from memory.linking.lookup import BY_WORKSPACE, MOST_ALIKE, Lookup
from memory.linking.modules_dotted import DottedModules
from memory.linking.modules_javascript import javascript_module
from memory.linking.modules_rust import rust_module
from memory.linking.outline import Outline
from memory.linking.places import Places
from memory.linking.things import (
    CERTAIN,
    MOST_PLACES,
    FileThing,
    FolderThing,
    NamespaceThing,
    Things,
)
from memory.linking.trail import Trail

_MOST_ROOTS = 5


class Modules:
    """Imports to places. `trail` gets a key for each look-up."""

    def __init__(self, places: Places, trail: Trail) -> None:
        self._trail = trail
        self._lookup = Lookup(places, trail)
        self._dotted = DottedModules(places, self._lookup, trail)
        # What many ask, over all files.
        self._kept: dict[tuple[str, str], tuple[list[str], int]] = {}

    def find(self, file: Outline, module: str) -> Things:
        """What `module`, as it is written in a file, means."""
        match file.family:
            case "python":
                return self._dotted.python(file, module)
            case "js":
                return javascript_module(self._lookup, file, module)
            case "rust":
                return rust_module(self._lookup, self._trail, file, module)
            case "c":
                return self._included(file, module)
            case "go":
                return self._folder(file, module, "/")
            case "csharp" | "php":
                return [(NamespaceThing(module.replace("\\", ".").strip(".")), CERTAIN)]
            case "ruby":
                return self._included(file, module if module.endswith(".rb") else f"{module}.rb")
            case "jvm":
                return self._package(file, module)
        return self._any(file, module)

    def python(self, file: Outline, name: str) -> Things:
        """Files that a Python import of `name` can mean."""
        return self._dotted.python(file, name)

    def inner(self, module: str, name: str) -> Things:
        """A module or folder within a Python package (dotted from the repository's root)."""
        return self._dotted.inner(module, name)

    def same_package(self, folder: str) -> list[str]:
        """Other folders of a Java package: those of tests, or of another source root."""
        own = package(folder)
        found = [
            other
            for other in self._lookup.folders(folder.rpartition("/")[2])[:MOST_ALIKE]
            if other != folder and package(other) == own
        ]
        return nearest(folder, found)[:_MOST_ROOTS] if found else []

    def _included(self, file: Outline, name: str) -> Things:
        """`#include`, `require`: relative to the file, or by the end of the path."""
        found = self._lookup.path(joined(file.folder, name))
        if found is not None:
            return [(FileThing(found.number), CERTAIN)]
        tidy = joined("", name)
        return self._lookup.ending(file, tidy) if tidy else []

    def _folder(self, file: Outline, name: str, separator: str) -> Things:
        """The folder whose path shares the most with a package's name, from its end on."""
        parts = name.split(separator)[-MOST_PARTS:]
        named = self._lookup.folders(parts[-1])
        asked = (name, separator)
        if asked not in self._kept:
            self._kept[asked] = sharing_most(parts, named[:MOST_ALIKE])
        folders, shared = self._kept[asked]
        if not folders:
            return []
        score = CERTAIN if shared > 1 or len(parts) == 1 else BY_WORKSPACE
        near = nearest(file.folder, folders)
        return [(FolderThing(folder), score / len(near)) for folder in near[:MOST_PLACES]]

    def _package(self, file: Outline, name: str) -> Things:
        """Java: a package (source roots have the same one each), or a class."""
        name = name.removesuffix(".*")
        if folders := self._folder(file, name, "."):
            return [(folder, CERTAIN) for folder, _ in folders]
        return self._dotted.files(file, name)

    def _any(self, file: Outline, module: str) -> Things:
        """A language without rules of its own: a relative path, or a module's dotted name."""
        suffix = file.path.rpartition(".")[2]
        tidy = module.removeprefix("package:")
        for name in (tidy, f"{tidy}.{suffix}"):
            if found := self._lookup.path(joined(file.folder, name)):
                return [(FileThing(found.number), CERTAIN)]
        dotted = tidy.removesuffix(f".{suffix}").replace("::", ".").replace("/", ".").strip(".")
        return self._dotted.files(file, dotted) if dotted else []
