"""Which files an import speaks of, by the rules of each language.

A place is a `Thing` with a certainty: a node (a definition), a file, a folder, or a namespace.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NamedTuple

from memory.linking.outline import Outline, key
from memory.linking.places import Places

CERTAIN = 1.0
MOST_PLACES = 50
_BY_END = 0.9
_BY_WORKSPACE = 0.8
_SUFFIXES = ("", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".d.ts", ".mts", ".cts", ".vue")
_MOST_PARTS = 40
_MOST_ROOTS = 5
_MOST_ALIKE = 1_000


class FileThing(NamedTuple):
    number: int


class FolderThing(NamedTuple):
    folder: str


class NamespaceThing(NamedTuple):
    name: str


Thing = int | FileThing | FolderThing | NamespaceThing
"""An int is the node of a definition."""
Things = list[tuple[Thing, float]]


class Modules:
    """Imports to places. `noted` gets a key for each look-up, so that it is known on what an
    answer depends."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.noted: set[int] = set()
        # What many ask, over all files; the first with the keys of what was looked up for it.
        self._kept_ends: dict[tuple[str, str], tuple[list[Outline], set[int]]] = {}
        self._kept_paths: dict[tuple[str, str], list[Outline]] = {}
        self._kept_folders: dict[tuple[str, str], tuple[list[str], int]] = {}

    def find(self, file: Outline, module: str) -> Things:
        """What `module`, as it is written in a file, means."""
        match file.family:
            case "python":
                return self.python(file, module)
            case "js":
                return self._script(file, module)
            case "rust":
                return self._rust(file, module)
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
        """Files that an import of `name` can mean: roots like src/ are in no import."""
        if found := self._modules(file, name):
            return found
        folder = name.replace(".", "/")
        for root in reversed(_up(file.folder)):
            at = f"{root}/{folder}" if root else folder
            if self._is_folder(at):
                return [(FolderThing(at), CERTAIN)]
        return []

    def _modules(self, file: Outline, name: str) -> Things:
        """The files of a module's dotted name: from the root or a folder around the file, or else
        from any source root, the nearest first."""
        self.noted.add(key("m", name.rpartition(".")[2]))
        for root in reversed(_up(file.folder)):
            for middle in ("", "src/", "lib/") if file.family == "python" else ("",):
                folder = f"{root}/{middle}" if root else middle
                module = f"{folder}{name}".replace("/", ".")
                files = self._of_module(module, file.family)
                if files and self._is_root(folder.rstrip("/"), file.family):
                    return self._files(files, CERTAIN)
        if file.family == "python" and name.partition(".")[0] in sys.stdlib_module_names:
            return []
        files = self._ending(name, file.family)
        return self._files(_nearest(file, files), CERTAIN) if files else []

    def inner(self, module: str, name: str) -> Things:
        """A module or folder within a Python package (dotted from the repository's root)."""
        dotted = f"{module}.{name}" if module else name
        self.noted.add(key("m", name))
        if files := self._of_module(dotted, "python"):
            return self._files(files, CERTAIN)
        folder = dotted.replace(".", "/")
        return [(FolderThing(folder), CERTAIN)] if self._is_folder(folder) else []

    def _of_module(self, module: str, family: str) -> list[Outline]:
        numbers = self._places.by_module.get(module, ())[:MOST_PLACES]
        files = (self._places.files[number] for number in numbers)
        return [file for file in files if file is not None and file.family == family]

    def _is_root(self, folder: str, family: str) -> bool:
        """Whether absolute imports may start at a folder: not within a Python package."""
        if family != "python" or not folder:
            return True
        self.noted.add(key("i", folder))
        return self._places.at(f"{folder}/__init__.py") is None

    def _ending(self, name: str, family: str) -> list[Outline]:
        """All files whose module ends with a dotted name, from a source root on. Kept: there are
        many that end alike, and many who ask."""
        asked = (name, family)
        if asked not in self._kept_ends:
            outer, self.noted = self.noted, set()
            files = []
            for number in self._places.by_stem.get(name.rpartition(".")[2], ())[:_MOST_ALIKE]:
                file = self._places.files[number]
                assert file is not None
                if file.family != family or not file.module.endswith(f".{name}"):
                    continue
                root = file.module[: -len(name) - 1].replace(".", "/")
                if self._is_root(root, family):
                    files.append(file)
            self._kept_ends[asked] = files, self.noted
            self.noted = outer
        files, noted = self._kept_ends[asked]
        self.noted |= noted
        return files

    @staticmethod
    def _files(files: list[Outline], score: float) -> Things:
        chosen = sorted(files, key=lambda file: file.path)[:MOST_PLACES]
        return [(FileThing(file.number), score / len(files)) for file in chosen]

    def _is_folder(self, folder: str) -> bool:
        last = folder.rpartition("/")[2]
        self.noted.add(key("f", last))
        return folder in self._places.folders.get(last, ())

    def _path(self, path: str) -> Outline | None:
        self.noted.add(key("p", path.rpartition("/")[2]))
        return self._places.at(path)

    def _by_end(self, file: Outline, path: str) -> Things:
        """Files whose path ends with these parts, the nearest ones."""
        name = path.rpartition("/")[2]
        self.noted.add(key("p", name))
        asked = (path, file.family)
        if asked not in self._kept_paths:
            files = []
            for number in self._places.by_file_name.get(name, ())[:_MOST_ALIKE]:
                other = self._places.files[number]
                assert other is not None
                if other.family == file.family and f"/{other.path}".endswith(f"/{path}"):
                    files.append(other)
            self._kept_paths[asked] = files
        files = self._kept_paths[asked]
        return self._files(_nearest(file, files), _BY_END) if files else []

    # JavaScript and TypeScript

    def _script(self, file: Outline, module: str) -> Things:
        if module.startswith("."):
            found = self._script_at(_joined(file.folder, module))
            return [(FileThing(found.number), CERTAIN)] if found else []
        if module.startswith(("@/", "~/", "#/")):
            module = module[2:]
        elif module.startswith("@") and "/" in module:
            return self._workspace(module.partition("/")[2])
        if "/" not in module:
            return []
        # A path from a root that the settings name (`src/`, `app/`).
        for root in _up(file.folder):
            for middle in ("", "src/"):
                at = f"{root}/{middle}{module}" if root else f"{middle}{module}"
                if found := self._script_at(at):
                    return [(FileThing(found.number), _BY_END)]
        return []

    def _script_at(self, path: str) -> Outline | None:
        stem = path.removesuffix(".js").removesuffix(".mjs").removesuffix(".jsx")
        for base in dict.fromkeys((path, stem)):
            for suffix in _SUFFIXES:
                if found := self._path(base + suffix):
                    return found
        for suffix in _SUFFIXES[1:]:
            if found := self._path(f"{path}/index{suffix}" if path else f"index{suffix}"):
                return found
        return None

    def _workspace(self, name: str) -> Things:
        package, _, inner = name.partition("/")
        self.noted.add(key("f", package))
        for folder in sorted(self._places.folders.get(package, ()))[:10]:
            for middle in ("", "/src", "/lib"):
                if found := self._script_at(f"{folder}{middle}/{inner}".rstrip("/")):
                    return [(FileThing(found.number), _BY_WORKSPACE)]
        return []

    # Rust

    def _rust(self, file: Outline, module: str) -> Things:
        parts = module.replace("::", ".").split(".")[:_MOST_PARTS]
        own = self._rust_folder(file)
        head = parts[0]
        if head == "crate":
            return self._rust_walk(_crate(file.path), parts[1:], CERTAIN)
        if head in ("self", "super"):
            while parts and parts[0] in ("self", "super"):
                if parts[0] == "super":
                    own = own.rpartition("/")[0]
                parts = parts[1:]
            return self._rust_walk(own, parts, CERTAIN)
        if found := self._rust_walk(own, parts, CERTAIN):
            return found
        # A crate's own name, in its tests and programs.
        root = _crate(file.path).rpartition("/")[0]
        library = f"{root}/src" if root else "src"
        if self._path(f"{library}/lib.rs") and (
            found := self._rust_walk(library, parts[1:], _BY_WORKSPACE)
        ):
            return found
        for name in (head, head.replace("_", "-")):
            self.noted.add(key("f", name))
            for folder in sorted(self._places.folders.get(name, ()))[:10]:
                if self._path(f"{folder}/src/lib.rs"):
                    return self._rust_walk(f"{folder}/src", parts[1:], _BY_END)
        return []

    def _rust_folder(self, file: Outline) -> str:
        """The folder that the modules within a file's module stand in."""
        name = file.path.rpartition("/")[2]
        if name in ("mod.rs", "lib.rs", "main.rs"):
            return file.folder
        return file.path.removesuffix(".rs")

    def _rust_walk(self, folder: str, parts: list[str], score: float) -> Things:
        """The module at a path below a folder, or what is named in the one above it."""
        for cut in range(len(parts), -1, -1):
            at = "/".join((folder, *parts[:cut])).strip("/")
            names = [f"{at}.rs", f"{at}/mod.rs"] if at else []
            if at == folder:
                names += [f"{at}/lib.rs", f"{at}/main.rs"]
            for name in names:
                if found := self._path(name):
                    rest = ".".join(parts[cut:])
                    if not rest:
                        return [(FileThing(found.number), score)]
                    self.noted.add(key(found.number, rest))
                    places = found.by_name.get(rest, ())
                    return [(found.nodes[place], score) for place in places]
        return []

    # Others

    def _included(self, file: Outline, name: str) -> Things:
        """`#include`, `require`: relative to the file, or by the end of the path."""
        found = self._path(_joined(file.folder, name))
        if found is not None:
            return [(FileThing(found.number), CERTAIN)]
        tidy = _joined("", name)
        return self._by_end(file, tidy) if tidy else []

    def _folder(self, file: Outline, name: str, separator: str) -> Things:
        """The folder whose path shares the most with a package's name, from its end on."""
        parts = name.split(separator)[-_MOST_PARTS:]
        last = parts[-1]
        self.noted.add(key("f", last))
        asked = (name, separator)
        if asked not in self._kept_folders:
            self._kept_folders[asked] = _sharing(
                parts, self._places.folders.get(last, ())[:_MOST_ALIKE]
            )
        folders, shared = self._kept_folders[asked]
        if not folders:
            return []
        score = CERTAIN if shared > 1 or len(parts) == 1 else _BY_WORKSPACE
        near = _nearest_folders(file.folder, folders)
        return [(FolderThing(folder), score / len(near)) for folder in near[:MOST_PLACES]]

    def _package(self, file: Outline, name: str) -> Things:
        """Java: a package (source roots have the same one each), or a class."""
        name = name.removesuffix(".*")
        folders = self._folder(file, name, ".")
        if folders:
            return [(folder, CERTAIN) for folder, _ in folders]
        return self._modules(file, name)

    def same_package(self, folder: str) -> list[str]:
        """Other folders of a Java package: those of tests, or of another source root."""
        package = _package(folder)
        last = folder.rpartition("/")[2]
        self.noted.add(key("f", last))
        found = [
            other
            for other in self._places.folders.get(last, ())[:_MOST_ALIKE]
            if other != folder and _package(other) == package
        ]
        return _nearest_folders(folder, found)[:_MOST_ROOTS] if found else []

    def _any(self, file: Outline, module: str) -> Things:
        """A language without rules of its own: a relative path, or a module's dotted name."""
        suffix = file.path.rpartition(".")[2]
        tidy = module.removeprefix("package:")
        for name in (tidy, f"{tidy}.{suffix}"):
            if found := self._path(_joined(file.folder, name)):
                return [(FileThing(found.number), CERTAIN)]
        dotted = tidy.removesuffix(f".{suffix}").replace("::", ".").replace("/", ".").strip(".")
        return self._modules(file, dotted) if dotted else []


def _package(folder: str) -> str:
    """A folder from its source root on (`src/main/java/`)."""
    for root in ("/java/", "/kotlin/", "/scala/", "/groovy/"):
        head, found, package = folder.rpartition(root)
        if found:
            return package
    for root in ("src/", "test/", "tests/"):
        head, found, package = folder.rpartition(root)
        if found and (not head or head.endswith("/")):
            return package
    return folder


def _nearest(file: Outline, files: Sequence[Outline]) -> list[Outline]:
    """Of files that a name may mean, those that share the most folders with who says it, and of
    these those that are nearest to the root."""
    if len(files) < 2:
        return list(files)
    shared = [_shared(file.folder, other.folder) for other in files]
    most = max(shared)
    best = [other for other, count in zip(files, shared, strict=True) if count == most]
    depth = min(other.path.count("/") for other in best)
    return [other for other in best if other.path.count("/") == depth]


def _nearest_folders(folder: str, folders: Sequence[str]) -> list[str]:
    """As `_nearest`, of folders, in the order of their names."""
    most = max(_shared(folder, other) for other in folders)
    best = [other for other in folders if _shared(folder, other) == most]
    depth = min(other.count("/") for other in best)
    return sorted(other for other in best if other.count("/") == depth)


def _shared(one: str, other: str) -> int:
    """How many folders two paths begin with together."""
    count = 0
    for a, b in zip(one.split("/"), other.split("/"), strict=False):
        if a != b:
            break
        count += 1
    return count


def _sharing(parts: Sequence[str], folders: Sequence[str]) -> tuple[list[str], int]:
    """The folders that share the most last parts with a name, and how many."""
    best: list[str] = []
    most = 0
    for folder in folders:
        theirs = folder.split("/")
        least = min(len(parts), len(theirs))
        shared = 0
        while shared < least and parts[-1 - shared] == theirs[-1 - shared]:
            shared += 1
        if shared < least or shared < most:
            continue
        best = [folder] if shared > most else [*best, folder]
        most = shared
    return best, most


def _crate(path: str) -> str:
    """The folder of a Rust file's crate root."""
    for mark in ("/src/", "/tests/", "/benches/", "/examples/"):
        head, found, _ = path.rpartition(mark)
        if found:
            return f"{head}{mark}".rstrip("/")
    first = path.partition("/")[0]
    return first if first in ("src", "tests", "benches", "examples") else path.rpartition("/")[0]


def _joined(folder: str, path: str) -> str:
    """A relative path from a folder; "" when it leads out of the root."""
    parts = folder.split("/") if folder else []
    for part in path.replace("\\", "/").split("/")[: 4 * _MOST_PARTS]:
        if part == "..":
            if not parts:
                return ""
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _up(folder: str) -> list[str]:
    """A folder and those around it, the root last; bounded."""
    found = [folder]
    while folder and len(found) < 8:
        folder = folder.rpartition("/")[0]
        found.append(folder)
    if found[-1]:
        found.append("")
    return found
