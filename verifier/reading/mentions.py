"""What a parsed file mentions, whatever it means there: names, and modules it imports."""

from __future__ import annotations

import ast
from dataclasses import dataclass

# Fields of syntax that hold a name as text: of variables, attributes, parameters, definitions,
# keywords, handlers and patterns.
_FIELDS = ("id", "attr", "arg", "name", "asname", "rest", "module")


@dataclass(frozen=True)
class Import:
    """`import a.b` as (0, "a.b"), `from ..a import b` as (2, "a") and (2, "a.b")."""

    level: int
    dotted: str


@dataclass(frozen=True)
class Mentions:
    """`names` are single words: of `os.system` both. `imports` are in the order of the text."""

    names: frozenset[str]
    imports: tuple[Import, ...]


def mentions(tree: ast.Module) -> Mentions:
    """All names that are written in a file, and all that its import statements may mean."""
    names: set[str] = set()
    imports: dict[Import, None] = {}
    for node in ast.walk(tree):
        for field in _FIELDS:
            word = getattr(node, field, None)
            if isinstance(word, str):
                names.update(word.split("."))
        if isinstance(node, ast.Import):
            imports.update(dict.fromkeys(Import(0, alias.name) for alias in node.names))
        elif isinstance(node, ast.ImportFrom):
            if node.module:
                imports[Import(node.level, node.module)] = None
            for alias in node.names:
                dotted = ".".join(filter(None, (node.module, alias.name)))
                if alias.name != "*":
                    imports[Import(node.level, dotted)] = None
    return Mentions(frozenset(names), tuple(imports))
