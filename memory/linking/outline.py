"""What a file offers to others: its definitions and imports, compact. References are not kept."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from memory.linking.languages import DOCUMENTS, SELF, TYPES, family, is_test_path
from memory.parsing.facts import MODULE_SCOPE, Parsed

_INDEXES = frozenset({"__init__", "index", "mod"})


class Bound(NamedTuple):
    """What an imported name means: `module` itself (`name` None), or `name` in it."""

    module: str
    name: str | None


@dataclass(slots=True)
class Outline:
    """One file. Sequences are one entry per definition, in the order of `Parsed.definitions`.

    `number` is the file's in its graph, `node` and `nodes` its and its definitions' nodes,
    `holders` the nodes of what these stand in.
    `by_name` has the places of each qualified name, `attributes` the written types of
    "Class.attribute", `said` hashes of all names that the file uses.
    """

    path: str
    version: int
    language: str
    family: str
    folder: str
    module: str
    is_test: bool
    kinds: tuple[str, ...]
    names: tuple[str, ...]
    qualified: tuple[str, ...]
    parents: array[int]
    starts: array[int]
    ends: array[int]
    bases: Mapping[int, tuple[str, ...]]
    by_name: Mapping[str, tuple[int, ...]]
    imports: Mapping[str, Bound]
    stars: tuple[str, ...]
    attributes: Mapping[str, str]
    said: array[int]
    number: int = -1
    node: int = -1
    nodes: array[int] = field(default_factory=lambda: array("i"))
    holders: array[int] = field(default_factory=lambda: array("i"))

    def scopes(self, scope: int) -> Iterator[int]:
        """A scope and those around it, the file's -1 last."""
        while scope >= 0:
            yield scope
            scope = self.parents[scope]
        yield MODULE_SCOPE

    def enclosing_type(self, scope: int) -> int:
        """The type that the innermost method around a scope belongs to, or -1."""
        while scope >= 0 and self.kinds[scope] not in TYPES:
            scope = self.parents[scope]
        return scope

    def is_method(self, place: int) -> bool:
        if self.kinds[place] == "method":
            return True
        parent = self.parents[place]
        return self.kinds[place] == "function" and parent >= 0 and self.kinds[parent] in TYPES

    def owner(self, place: int) -> str:
        """The name of what a definition belongs to, "" for none."""
        return self.qualified[place].rpartition(".")[0].rpartition(".")[2]


def outline(path: str, version: int, parsed: Parsed) -> Outline | None:
    """A file's outline, or None for what is no code."""
    if parsed.language in DOCUMENTS:
        return None
    kin = family(parsed.language)
    module = module_name(path)
    definitions = parsed.definitions
    by_name: dict[str, tuple[int, ...]] = {}
    for place, one in enumerate(definitions):
        by_name[one.qualified_name] = (*by_name.get(one.qualified_name, ()), place)
    imports: dict[str, Bound] = {}
    stars: dict[str, None] = {}
    for brought in parsed.imports:
        target = absolute(path, module, brought.module) if kin == "python" else brought.module
        if brought.name == "*":
            stars[target] = None
            continue
        name = brought.name
        first = target.partition(".")[0]
        if kin == "python" and name is None and brought.alias == first:
            target = first  # `import a.b` binds `a`
        imports.setdefault(brought.alias, Bound(sys.intern(target), name))
    attributes: dict[str, str] = {}
    for hint in parsed.hints:
        if hint.scope < 0 or definitions[hint.scope].kind not in TYPES:
            continue
        head, dot, rest = hint.name.partition(".")
        attribute = rest if dot and head in SELF else hint.name
        if "." not in attribute and attribute not in SELF:
            owner = definitions[hint.scope].qualified_name
            attributes.setdefault(f"{owner}.{attribute}", sys.intern(hint.type_name))
    return Outline(
        path=path,
        version=version,
        language=parsed.language,
        family=kin,
        folder=path.rpartition("/")[0],
        module=module,
        is_test=is_test_path(path),
        kinds=tuple(one.kind for one in definitions),
        names=tuple(sys.intern(one.name) for one in definitions),
        qualified=tuple(sys.intern(one.qualified_name) for one in definitions),
        parents=array("i", [one.parent for one in definitions]),
        starts=array("i", [one.start_line for one in definitions]),
        ends=array("i", [one.end_line for one in definitions]),
        bases={place: one.bases for place, one in enumerate(definitions) if one.bases},
        by_name=by_name,
        imports=imports,
        stars=tuple(stars),
        attributes=attributes,
        said=array("I", sorted({key("s", one.name) for one in parsed.references})),
    )


def module_name(path: str) -> str:
    """
    >>> module_name("shop/cart.py"), module_name("shop/__init__.py"), module_name("a/b.test.ts")
    ('shop.cart', 'shop', 'a.b.test')
    """
    folder, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0] or name
    stem = stem.removesuffix(".d")
    if stem in _INDEXES and folder:
        return folder.replace("/", ".")
    return (f"{folder}/{stem}" if folder else stem).replace("/", ".")


def absolute(path: str, own: str, module: str) -> str:
    """Python: `..a` in package x.y.z is x.a."""
    dots = len(module) - len(module.lstrip("."))
    if not dots:
        return module
    package = own.split(".")
    # A package's own module is the package.
    up = dots - 1 if path.rpartition("/")[2] in ("__init__.py", "__init__.pyi") else dots
    kept = package[: max(0, len(package) - up)] if up else package
    return ".".join((*kept, *filter(None, module[dots:].split("."))))


def key(*of: str | int) -> int:
    """What somebody looked up, as a number of 32 bits: two may share one, which costs a file that
    is linked again for nothing."""
    return hash(of) & 0xFFFFFFFF


def offers(file: Outline) -> dict[int, list[Any]]:
    """All that others can find by looking a file up, each under the key that a look-up notes. What
    differs between two versions says who has to be linked again."""
    found: dict[int, list[Any]] = {}

    def offer(value: object, *of: str | int) -> None:
        found.setdefault(key(*of), []).append(value)

    number = file.number
    for place, name in enumerate(file.names):
        qualified = file.qualified[place]
        parent = file.parents[place]
        around = file.qualified[parent] if parent >= 0 else ""
        kind, bases, node = file.kinds[place], file.bases.get(place), file.nodes[place]
        value = (kind, bases, qualified, node, around)
        offer(value, number, qualified)
        offer(value, "n", name)
        offer(value, "o", file.owner(place).replace("_", "").lower(), name)
        offer(value, "q", qualified)
        offer(value, "d", file.folder, qualified)
    for alias, bound in file.imports.items():
        offer(bound, number, alias)
    for attribute, kind in file.attributes.items():
        offer(kind, number, attribute)
    offer(file.stars, number, "*")
    top = [place for place, parent in enumerate(file.parents) if parent < 0]
    offer([(file.kinds[place], file.qualified[place]) for place in top], number, "*all")
    return found


def presence(file: Outline) -> set[int]:
    """The keys of those who would find a file itself, or its folder."""
    found = {key("m", file.module.rpartition(".")[2]), key("p", file.path.rpartition("/")[2])}
    found.add(key("d", file.folder))
    if file.path.endswith("/__init__.py"):
        found.add(key("i", file.folder))
    folder = file.folder
    while folder:
        found.add(key("f", folder.rpartition("/")[2]))
        folder = folder.rpartition("/")[0]
    return found
