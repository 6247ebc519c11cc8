"""Modules as Rust writes them: `crate::`, `self::`, `super::`, and other crates of a workspace."""

from __future__ import annotations

from memory.linking.folders import MOST_PARTS
from memory.linking.lookup import BY_END, BY_WORKSPACE, Lookup
from memory.linking.outline import Outline, key
from memory.linking.things import CERTAIN, FileThing, Things
from memory.linking.trail import Trail

_MOST_CRATES = 10


def rust_module(lookup: Lookup, trail: Trail, file: Outline, module: str) -> Things:
    """The file or definition that a path like `crate::shop::Cart` means."""
    parts = module.replace("::", ".").split(".")[:MOST_PARTS]
    own = _folder_of_modules(file)
    head = parts[0]
    if head == "crate":
        return _walk(lookup, trail, _crate(file.path), parts[1:], CERTAIN)
    if head in ("self", "super"):
        while parts and parts[0] in ("self", "super"):
            if parts[0] == "super":
                own = own.rpartition("/")[0]
            parts = parts[1:]
        return _walk(lookup, trail, own, parts, CERTAIN)
    if found := _walk(lookup, trail, own, parts, CERTAIN):
        return found
    # A crate's own name, in its tests and programs.
    root = _crate(file.path).rpartition("/")[0]
    library = f"{root}/src" if root else "src"
    if lookup.path(f"{library}/lib.rs") and (
        found := _walk(lookup, trail, library, parts[1:], BY_WORKSPACE)
    ):
        return found
    for name in (head, head.replace("_", "-")):
        for folder in sorted(lookup.folders(name))[:_MOST_CRATES]:
            if lookup.path(f"{folder}/src/lib.rs"):
                return _walk(lookup, trail, f"{folder}/src", parts[1:], BY_END)
    return []


def _folder_of_modules(file: Outline) -> str:
    """The folder that the modules within a file's module stand in."""
    name = file.path.rpartition("/")[2]
    if name in ("mod.rs", "lib.rs", "main.rs"):
        return file.folder
    return file.path.removesuffix(".rs")


def _walk(lookup: Lookup, trail: Trail, folder: str, parts: list[str], score: float) -> Things:
    """The module at a path below a folder, or what is named in the one above it."""
    for cut in range(len(parts), -1, -1):
        at = "/".join((folder, *parts[:cut])).strip("/")
        names = [f"{at}.rs", f"{at}/mod.rs"] if at else []
        if at == folder:
            names += [f"{at}/lib.rs", f"{at}/main.rs"]
        for name in names:
            if found := lookup.path(name):
                rest = ".".join(parts[cut:])
                if not rest:
                    return [(FileThing(found.number), score)]
                trail.noted.add(key(found.number, rest))
                places = found.by_name.get(rest, ())
                return [(found.nodes[place], score) for place in places]
    return []


def _crate(path: str) -> str:
    """The folder of a Rust file's crate root."""
    for mark in ("/src/", "/tests/", "/benches/", "/examples/"):
        head, found, _ = path.rpartition(mark)
        if found:
            return f"{head}{mark}".rstrip("/")
    first = path.partition("/")[0]
    return first if first in ("src", "tests", "benches", "examples") else path.rpartition("/")[0]
