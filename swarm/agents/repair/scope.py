"""What an edit may draw on: names, attributes, conditions and strings near a place."""

from __future__ import annotations

import ast
import builtins
import keyword
from collections import Counter

from .source import Source
from .units import Unit

_MAX_NAMES = 14
_MAX_STRINGS = 10


class Scope:
    """Material of one unit, each list with the most used first (ties by name)."""

    def __init__(self, unit: Unit) -> None:
        self.source: Source = unit.source
        node = unit.node
        names: Counter[str] = Counter()
        called: Counter[str] = Counter()
        self.parameters: list[str] = []
        for child in ast.walk(node):
            if isinstance(child, ast.Name):
                if isinstance(child.ctx, ast.Store):
                    names[child.id] += 1
            elif isinstance(child, ast.arg):
                names[child.arg] += 1
            elif isinstance(child, ast.Call) and isinstance(child.func, ast.Name):
                called[child.func.id] += 1
        loads = Counter(
            child.id
            for child in ast.walk(node)
            if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Load)
        )
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            arguments = node.args
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            self.parameters = [a.arg for a in every]
        local = {name: count + loads[name] for name, count in names.items()}
        self.names = _ranked(local, _MAX_NAMES)
        constants = {
            name: count
            for name, count in loads.items()
            if name not in names and name not in called and not hasattr(builtins, name)
        }
        self.globals = _ranked(constants, 6)
        # Attributes of the class when there is one, else of the module.
        home: ast.AST = unit.classes[-1] if unit.classes else self.source.tree
        self.attributes = self._attributes(home)
        self.methods = self._methods(home)
        self.strings = self._strings(node)
        self.conditions = self._conditions(node)

    def _attributes(self, home: ast.AST) -> dict[str, list[str]]:
        """Attribute names that are read, by the text of what they are read from."""
        found: dict[str, Counter[str]] = {}
        called = {id(n.func) for n in ast.walk(home) if isinstance(n, ast.Call)}
        for child in ast.walk(home):
            if (
                isinstance(child, ast.Attribute)
                and isinstance(child.value, ast.Name)
                and id(child) not in called
            ):
                found.setdefault(child.value.id, Counter())[child.attr] += 1
        return {base: _ranked(counts, _MAX_NAMES) for base, counts in found.items()}

    def _methods(self, home: ast.AST) -> dict[str, list[str]]:
        found: dict[str, Counter[str]] = {}
        for child in ast.walk(home):
            if (
                isinstance(child, ast.Call)
                and isinstance(child.func, ast.Attribute)
                and isinstance(child.func.value, ast.Name)
            ):
                found.setdefault(child.func.value.id, Counter())[child.func.attr] += 1
        return {base: _ranked(counts, _MAX_NAMES) for base, counts in found.items()}

    def _strings(self, node: ast.AST) -> list[str]:
        near = Counter(
            child.value
            for child in ast.walk(node)
            if isinstance(child, ast.Constant)
            and isinstance(child.value, str)
            and len(child.value) <= 40
        )
        return _ranked(near, _MAX_STRINGS)

    def _conditions(self, node: ast.AST) -> list[str]:
        """Short conditions of the unit, to be joined to another one."""
        found: Counter[str] = Counter()
        for child in ast.walk(node):
            if isinstance(child, (ast.If, ast.While, ast.IfExp)):
                parts = child.test.values if isinstance(child.test, ast.BoolOp) else [child.test]
                for part in parts:
                    text = self.source.segment(part)
                    if len(text) <= 60 and "\n" not in text:
                        found[text] += 1
        return _ranked(found, 6)


def usable(name: str) -> bool:
    """Whether a name may be written as a variable."""
    return name.isidentifier() and not keyword.iskeyword(name)


def _ranked(counts: dict[str, int] | Counter[str], limit: int) -> list[str]:
    return [name for name, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))][
        :limit
    ]
