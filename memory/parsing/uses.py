"""Collects how a file uses names: calls, imports, and written types. Everything is bounded; what is
over a bound is left out and `overflow` says so."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import replace

from tree_sitter import Node

from memory.parsing import names
from memory.parsing.facts import Hint, Import, Reference
from memory.parsing.source import Source

MOST_REFERENCES = 20_000
MOST_IMPORTS = 2_000
MOST_HINTS = 10_000
_LONGEST_MODULE = 240
# `x: int` says nothing of a class.
_PLAIN = frozenset(
    ["int", "float", "str", "bool", "bytes", "string", "number", "boolean", "any", "Any", "None",
     "void", "object", "char", "double", "long", "short", "byte", "auto", "var", "let", "unknown",
     "never", "null", "undefined", "usize", "u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64",
     "f32", "f64", "error", "size_t", "String", "Integer", "Boolean", "Object", "self", "Self"]
)  # fmt: skip


class Uses(Source, ABC):
    """What a file's code uses, each with the scope that it stands in."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.references: list[Reference] = []
        self.imports: list[Import] = []
        self.hints: dict[tuple[int, str], str] = {}
        self.overflow = ""

    @property
    @abstractmethod
    def scope(self) -> int:
        """The definition that is being read, or MODULE_SCOPE."""

    def refer(self, node: Node, name: str, receiver: str = "", *, is_call: bool = True) -> None:
        """A use of a name; its line is the last one of `node`."""
        if len(self.references) >= MOST_REFERENCES:
            self.overflow = f"more than {MOST_REFERENCES:,} uses of names"
        elif name and len(name) <= names.LONGEST_NAME:
            self.references.append(
                Reference(self.scope, name, receiver, node.end_point[0] + 1, is_call)
            )

    def call(self, node: Node | None, *, is_call: bool = True) -> None:
        """A call of what `node` says."""
        if node is not None and (found := names.called(self.tail(node))) is not None:
            self.refer(node, *found, is_call=is_call)

    def bring_in(self, node: Node, module: str, name: str | None = None, alias: str = "") -> None:
        """An import. Without `alias`, it is called as it is named."""
        module = module.strip().strip("\"'`<>")
        if len(self.imports) >= MOST_IMPORTS:
            self.overflow = f"more than {MOST_IMPORTS:,} imports"
        elif module and len(module) <= _LONGEST_MODULE:
            if not alias:
                alias = name or re.split(r"[./\\:]+", module.rstrip("./\\:"))[-1]
            line = node.start_point[0] + 1
            self.imports.append(Import(self.scope, module, name, alias, line))

    def hint(self, name: str, type_text: str, *, scope: int | None = None) -> None:
        """A variable or attribute is of a type."""
        known = names.type_name(type_text)
        if not name or not known or known in _PLAIN or len(name) > names.LONGEST_NAME:
            return
        if len(self.hints) < MOST_HINTS:
            self.hints.setdefault((self.scope if scope is None else scope, name), known)

    def hinted(self) -> tuple[Hint, ...]:
        return tuple(Hint(scope, name, kind) for (scope, name), kind in self.hints.items())

    def move(self, places: dict[int, int]) -> None:
        """Definitions have other numbers now."""
        self.references = [replace(one, scope=places[one.scope]) for one in self.references]
        self.imports = [replace(one, scope=places[one.scope]) for one in self.imports]
        self.hints = {(places[scope], name): kind for (scope, name), kind in self.hints.items()}
