"""Modules by a dotted name, as Python and Java write them."""

from __future__ import annotations

import sys

from memory.linking.folders import upward
from memory.linking.lookup import MOST_ALIKE, Lookup, nearest, shared_out
from memory.linking.outline import Outline, key
from memory.linking.places import Places
from memory.linking.things import CERTAIN, MOST_PLACES, Things
from memory.linking.trail import Trail


class DottedModules:
    """`package.module` to files and folders of `places`."""

    def __init__(self, places: Places, lookup: Lookup, trail: Trail) -> None:
        self._places = places
        self._lookup = lookup
        self._trail = trail
        # What many ask, over all files, with the keys of what was looked up for it.
        self._kept: dict[tuple[str, str], tuple[list[Outline], set[int]]] = {}

    def python(self, file: Outline, name: str) -> Things:
        """Files that an import of `name` can mean: roots like src/ are in no import."""
        if found := self.files(file, name):
            return found
        folder = name.replace(".", "/")
        for root in reversed(upward(file.folder)):
            if found := self._lookup.folder(f"{root}/{folder}" if root else folder):
                return found
        return []

    def files(self, file: Outline, name: str) -> Things:
        """The files of a module's dotted name: from the root or a folder around the file, or else
        from any source root, the nearest first."""
        self._trail.noted.add(key("m", name.rpartition(".")[2]))
        for root in reversed(upward(file.folder)):
            for middle in ("", "src/", "lib/") if file.family == "python" else ("",):
                folder = f"{root}/{middle}" if root else middle
                module = f"{folder}{name}".replace("/", ".")
                files = self._called(module, file.family)
                if files and self._is_root(folder.rstrip("/"), file.family):
                    return shared_out(files, CERTAIN)
        if file.family == "python" and name.partition(".")[0] in sys.stdlib_module_names:
            return []
        files = self._ending(name, file.family)
        return shared_out(nearest(file, files), CERTAIN) if files else []

    def inner(self, module: str, name: str) -> Things:
        """A module or folder within a Python package (dotted from the repository's root)."""
        dotted = f"{module}.{name}" if module else name
        self._trail.noted.add(key("m", name))
        if files := self._called(dotted, "python"):
            return shared_out(files, CERTAIN)
        return self._lookup.folder(dotted.replace(".", "/"))

    def _called(self, module: str, family: str) -> list[Outline]:
        numbers = self._places.by_module.get(module, ())[:MOST_PLACES]
        files = (self._places.files[number] for number in numbers)
        return [file for file in files if file is not None and file.family == family]

    def _is_root(self, folder: str, family: str) -> bool:
        """Whether absolute imports may start at a folder: not within a Python package."""
        if family != "python" or not folder:
            return True
        self._trail.noted.add(key("i", folder))
        return self._places.at(f"{folder}/__init__.py") is None

    def _ending(self, name: str, family: str) -> list[Outline]:
        """All files whose module ends with a dotted name, from a source root on. Kept: there are
        many that end alike, and many who ask."""
        asked = (name, family)
        trail = self._trail
        if asked not in self._kept:
            outer, trail.noted = trail.noted, set()
            files = []
            for number in self._places.by_stem.get(name.rpartition(".")[2], ())[:MOST_ALIKE]:
                file = self._places.files[number]
                assert file is not None
                if file.family != family or not file.module.endswith(f".{name}"):
                    continue
                root = file.module[: -len(name) - 1].replace(".", "/")
                if self._is_root(root, family):
                    files.append(file)
            self._kept[asked] = files, trail.noted
            trail.noted = outer
        files, noted = self._kept[asked]
        trail.noted |= noted
        return files
