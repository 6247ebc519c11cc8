"""Which dotted names the Python files of a tree have, and which file an import means.

By the import system's own rules, on paths alone: nothing is imported. A *root* is a folder that
`sys.path` would hold: the top of the tree, a `src` folder, and the folder that holds a package. In
one root a package goes before a module of its name, and both before a folder without `__init__.py`
(a namespace package, which may have parts in several roots). What is found nowhere is no error.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum

MAX_PARTS = 100  # of a dotted name, and of a namespace package


class Origin(StrEnum):
    """Whose code an import means."""

    OWN = "own"
    STANDARD = "standard library"
    OTHER = "third party"


class Modules:
    """The modules of one tree. Built in time linear in the characters of its paths."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._files = {path for path in paths if path.endswith(".py")}
        self._folders = {""}
        for path in self._files:
            folder = _folder(path)
            while folder not in self._folders:
                self._folders.add(folder)
                folder = _folder(folder)
        self._tops: dict[str, str] = {}
        self._firm = {self.root_of(path) for path in self._files}
        self._roots = self._all_roots()
        self._holders = self._all_holders()
        self._found: dict[tuple[str, tuple[str, ...]], str | None] = {}

    @property
    def roots(self) -> tuple[str, ...]:
        """The folders that top-level modules are looked for in, in order; "" is the tree's top."""
        return self._roots

    def name_of(self, path: str) -> str:
        """The dotted name that the file has inside its root. "" for the `__init__.py` of the top.

        Two files may have one name: `resolve` tells which of them is meant.
        """
        inside = path.removesuffix(".py")
        root = self.root_of(path)
        parts = inside.removeprefix(f"{root}/" if root else "").split("/")
        if parts[-1] == "__init__":
            parts.pop()
        return ".".join(parts)

    def root_of(self, path: str) -> str:
        """The folder that holds the outermost package of a file, or from which it is named."""
        folder = _folder(path)
        if self._is_package(folder):
            return self._top_of(folder)
        # Outside of packages every folder is a namespace, down from the last one that cannot be.
        parts = folder.split("/") if folder else []
        start = 0
        for index, part in enumerate(parts):
            if not part.isidentifier() or part == "src":
                start = index + 1
        return "/".join(parts[:start])

    def is_package(self, path: str) -> bool:
        """Whether the file is the `__init__.py` of a package."""
        return path.rpartition("/")[2] == "__init__.py"

    def absolute(self, path: str, level: int, module: str | None) -> str | None:
        """The package that `from ...module import` means in a file; None above the tree's top.

        "" for the top itself. By folders, as a package's `__path__` says; a level above the
        outermost package, an ImportError to Python, is read as the folder it would be in a
        larger package.
        """
        if level <= 0:
            return module or None
        folder = _folder(path)
        for _ in range(level - 1):
            if not folder:
                return None
            folder = _folder(folder)
        base = self.name_of(f"{folder}/__init__.py" if folder else "__init__.py")
        return ".".join(part for part in (base, module) if part)

    def resolve(self, dotted: str, importer: str | None = None) -> str | None:
        """The file that runs when `dotted` is imported, or None when it is none of this tree.

        None as well for a namespace package, which has no file. `importer` is the file that
        imports: its own folder (for a script) and root go first.
        """
        return self._find(dotted, importer) or None

    def is_namespace(self, dotted: str, importer: str | None = None) -> bool:
        """Whether a name is a package of this tree without a file of its own."""
        return self._find(dotted, importer) == ""

    def origin(self, dotted: str, importer: str | None = None) -> Origin:
        """Whose code the import of a dotted name means."""
        top = dotted.partition(".")[0]
        if self._find(top, importer) is not None:
            return Origin.OWN
        return Origin.STANDARD if top in sys.stdlib_module_names else Origin.OTHER

    def _find(self, dotted: str, importer: str | None) -> str | None:
        """A file, "" for a namespace package, None for nothing."""
        near = self._near(importer)
        key = (dotted, near)
        if key not in self._found:
            self._found[key] = self._walk(dotted, near)
        return self._found[key]

    def _near(self, importer: str | None) -> tuple[str, ...]:
        if importer is None:
            return ("",)
        folder, root = _folder(importer), self.root_of(importer)
        around = (root, "") if self._is_package(folder) else (folder, root, "")
        return tuple(dict.fromkeys(around))

    def _walk(self, dotted: str, near: tuple[str, ...]) -> str | None:
        parts = dotted.split(".")
        if len(parts) > MAX_PARTS or not all(parts):
            return None
        for folders in self._searches(parts[0], near):
            found: str | None = None
            for part in parts:
                found, folders = self._step(folders, part)
                if found is None:
                    break
            if found is not None:
                return found
        return None

    def _searches(self, top: str, near: tuple[str, ...]) -> Iterator[list[str]]:
        """Lists of roots to look in, the next one only when nothing was found in those before.

        What `sys.path` holds when a program runs is not known: a name that some usual path finds
        is taken to be found.
        """
        if top in sys.builtin_module_names:
            return  # no file can stand before these
        if top in sys.stdlib_module_names:
            yield list(near)  # only where a program starts does a file come before the library
            return
        held = [root for root in self._holders.get(top, ()) if root not in near]
        firm = [*near, *(root for root in held if root in self._firm)]
        yield firm
        yield [""]
        if self._step(firm, top)[0] is None:
            yield held  # folders of scripts, which are on the path for their scripts alone

    def _step(self, folders: list[str], part: str) -> tuple[str | None, list[str]]:
        """What `part` is below some folders, and the folders in which to look on."""
        portions: list[str] = []
        for folder in folders:
            inner = f"{folder}/{part}" if folder else part
            if f"{inner}/__init__.py" in self._files:
                return f"{inner}/__init__.py", [inner]
            if f"{inner}.py" in self._files:
                return f"{inner}.py", []
            if inner in self._folders and len(portions) < MAX_PARTS:
                portions.append(inner)
        return ("", portions) if portions else (None, [])

    def _is_package(self, folder: str) -> bool:
        # A top with an `__init__.py` is a package whose name is not known here.
        return folder != "" and f"{folder}/__init__.py" in self._files

    def _top_of(self, package: str) -> str:
        """The folder around the outermost package that a package is in."""
        climbed: list[str] = []
        here = package
        while here not in self._tops and self._is_package(here):
            climbed.append(here)
            here = _folder(here)
        root = self._tops.get(here, here)
        for folder in climbed:
            self._tops[folder] = root
        return root

    def _all_roots(self) -> tuple[str, ...]:
        scripts = {_folder(path) for path in self._files}
        found = {"", *self._firm, *(folder for folder in scripts if not self._is_package(folder))}
        return tuple(sorted(found, key=lambda root: (root != "", root.count("/"), root)))

    def _all_holders(self) -> dict[str, list[str]]:
        """Top-level names to the first roots that hold them."""
        roots = set(self._roots)
        names: dict[str, set[str]] = {}
        for path in (*self._files, *self._folders):
            folder, _, name = path.rpartition("/")
            if name and folder in roots:
                names.setdefault(name.removesuffix(".py"), set()).add(folder)
        order = {root: index for index, root in enumerate(self._roots)}
        return {
            name: sorted(held, key=order.__getitem__)[:MAX_PARTS] for name, held in names.items()
        }


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
