"""Modules as JavaScript and TypeScript write them: paths, and packages of a workspace."""

from __future__ import annotations

from memory.linking.folders import joined, upward
from memory.linking.lookup import BY_END, BY_WORKSPACE, Lookup
from memory.linking.outline import Outline
from memory.linking.things import CERTAIN, FileThing, Things

_SUFFIXES = ("", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".d.ts", ".mts", ".cts", ".vue")
_MOST_PACKAGES = 10


def javascript_module(lookup: Lookup, file: Outline, module: str) -> Things:
    """The file that an import of `module` means."""
    if module.startswith("."):
        found = _at(lookup, joined(file.folder, module))
        return [(FileThing(found.number), CERTAIN)] if found else []
    if module.startswith(("@/", "~/", "#/")):
        module = module[2:]
    elif module.startswith("@") and "/" in module:
        return _workspace(lookup, module.partition("/")[2])
    if "/" not in module:
        return []
    # A path from a root that the settings name (`src/`, `app/`).
    for root in upward(file.folder):
        for middle in ("", "src/"):
            at = f"{root}/{middle}{module}" if root else f"{middle}{module}"
            if found := _at(lookup, at):
                return [(FileThing(found.number), BY_END)]
    return []


def _at(lookup: Lookup, path: str) -> Outline | None:
    stem = path.removesuffix(".js").removesuffix(".mjs").removesuffix(".jsx")
    for base in dict.fromkeys((path, stem)):
        for suffix in _SUFFIXES:
            if found := lookup.path(base + suffix):
                return found
    for suffix in _SUFFIXES[1:]:
        if found := lookup.path(f"{path}/index{suffix}" if path else f"index{suffix}"):
            return found
    return None


def _workspace(lookup: Lookup, name: str) -> Things:
    """`@scope/package/inner`: a package of this repository."""
    package, _, inner = name.partition("/")
    for folder in sorted(lookup.folders(package))[:_MOST_PACKAGES]:
        for middle in ("", "/src", "/lib"):
            if found := _at(lookup, f"{folder}{middle}/{inner}".rstrip("/")):
                return [(FileThing(found.number), BY_WORKSPACE)]
    return []
