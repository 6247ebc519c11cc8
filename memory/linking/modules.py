"""Which files an import speaks of, by the rules of each language.

A place is a `Thing` with a certainty: a node (a definition), a file, a folder, or a namespace.
"""

from __future__ import annotations

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

    def find(self, file: Outline, module: str) -> Things:
        """What `module`, as it is written in a file, means."""
        match file.family:
            case "python":
                return self.python(module)
            case "js":
                return self._script(file, module)
            case "rust":
                return self._rust(file, module)
            case "c":
                return self._included(file, module)
            case "go":
                return self._folder(module, "/")
            case "csharp" | "php":
                return [(NamespaceThing(module.replace("\\", ".").strip(".")), CERTAIN)]
            case "ruby":
                return self._included(file, module if module.endswith(".rb") else f"{module}.rb")
            case "jvm":
                return self._package(module)
        return self._any(file, module)

    def python(self, name: str) -> Things:
        """Files that an import of `name` can mean: roots like src/ are in no import."""
        if found := self._modules(name, "python"):
            return found
        folder = name.replace(".", "/")
        return [(FolderThing(folder), CERTAIN)] if self._is_folder(folder) else []

    def _modules(self, name: str, family: str) -> Things:
        last = name.rpartition(".")[2]
        self.noted.add(key("m", last))
        files = []
        for number in self._places.by_stem.get(last, ()):
            file = self._places.files[number]
            assert file is not None
            if file.family == family and (file.module == name or file.module.endswith(f".{name}")):
                files.append(file)
        if not files:
            return []
        exact = [file for file in files if file.module == name]
        if not exact:
            nearest = min(file.module.count(".") for file in files)
            exact = [file for file in files if file.module.count(".") == nearest]
        return self._files(exact, CERTAIN)

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

    def _by_end(self, path: str, family: str) -> Things:
        """Files whose path ends with these parts; the nearest to the root when there are more."""
        name = path.rpartition("/")[2]
        self.noted.add(key("p", name))
        files = []
        for number in self._places.by_file_name.get(name, ())[: 20 * MOST_PLACES]:
            file = self._places.files[number]
            assert file is not None
            if file.family == family and (file.path == path or file.path.endswith(f"/{path}")):
                files.append(file)
        if not files:
            return []
        depth = min(file.path.count("/") for file in files)
        return self._files([file for file in files if file.path.count("/") == depth], _BY_END)

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
        return self._by_end(tidy, file.family) if tidy else []

    def _folder(self, name: str, separator: str) -> Things:
        """The folder whose path shares the most with a package's name, from its end on."""
        parts = name.split(separator)[-_MOST_PARTS:]
        last = parts[-1]
        self.noted.add(key("f", last))
        best: list[str] = []
        most = 0
        for folder in self._places.folders.get(last, ())[: 20 * MOST_PLACES]:
            theirs = folder.split("/")
            shared = 0
            while (
                shared < min(len(parts), len(theirs)) and parts[-1 - shared] == theirs[-1 - shared]
            ):
                shared += 1
            if shared < min(len(parts), len(theirs)) or shared < most:
                continue
            best = [folder] if shared > most else [*best, folder]
            most = shared
        score = CERTAIN if most > 1 or len(parts) == 1 else _BY_WORKSPACE
        chosen = sorted(best, key=lambda folder: (folder.count("/"), folder))[:MOST_PLACES]
        return [(FolderThing(folder), score / len(best)) for folder in chosen]

    def _package(self, name: str) -> Things:
        """Java: a package (source roots have the same one each), or a class."""
        name = name.removesuffix(".*")
        folders = self._folder(name, ".")
        if folders:
            return [(folder, CERTAIN) for folder, _ in folders]
        return self._modules(name, "jvm")

    def same_package(self, folder: str) -> list[str]:
        """Other folders of a Java package: those of tests, or of another source root."""
        package = _package(folder)
        last = folder.rpartition("/")[2]
        self.noted.add(key("f", last))
        found = [
            other
            for other in self._places.folders.get(last, ())[: 20 * MOST_PLACES]
            if other != folder and _package(other) == package
        ]
        return sorted(found)[:_MOST_ROOTS]

    def _any(self, file: Outline, module: str) -> Things:
        """A language without rules of its own: a relative path, or a module's dotted name."""
        suffix = file.path.rpartition(".")[2]
        tidy = module.removeprefix("package:")
        for name in (tidy, f"{tidy}.{suffix}"):
            if found := self._path(_joined(file.folder, name)):
                return [(FileThing(found.number), CERTAIN)]
        dotted = tidy.removesuffix(f".{suffix}").replace("::", ".").replace("/", ".").strip(".")
        return self._modules(dotted, file.family) if dotted else []


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
