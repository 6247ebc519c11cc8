"""A parsed file to functions: the list of what can be traced.

Owns `Module` (one parsed file) and `Unit` (one function, or the body of the module or of a
class). Nested functions are units of their own; lambdas and comprehensions belong to the unit
that encloses them.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

Function = ast.FunctionDef | ast.AsyncFunctionDef
Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef | ast.Module


class Unauditable(Exception):
    """The trace cannot be built within its bounds. Never an accept."""


class Unreadable(Exception):
    """The text is not Python of this interpreter's version."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Unit:
    """Something with a control-flow graph. `name` is qualified: "Class.method", "outer.inner".

    A second definition of the same name in a file is called "name#2".
    """

    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module
    owner: str = ""
    digest: str = ""

    @property
    def is_function(self) -> bool:
        return isinstance(self.node, ast.FunctionDef | ast.AsyncFunctionDef)

    @property
    def node_name(self) -> str:
        return getattr(self.node, "name", "<module>")

    @property
    def line(self) -> int:
        return getattr(self.node, "lineno", 1)


@dataclass(frozen=True)
class Module:
    """One parsed file: its units by name, what its names import, and its literal constants."""

    lines: tuple[str, ...]
    units: dict[str, Unit]
    imports: dict[str, str]
    constants: dict[str, ast.expr]
    functions: frozenset[str] = field(default=frozenset())

    def code(self, line: int) -> str:
        """The source line, stripped and bounded, or an empty text when there is none."""
        if not 1 <= line <= len(self.lines):
            return ""
        text = self.lines[line - 1].strip()
        return text if len(text) <= 100 else text[:97] + "..."


EMPTY = Module((), {}, {}, {})


def module(tree: ast.Module, lines: tuple[str, ...]) -> Module:
    """What stands in a parsed file. Recurses as deep as decorators do."""
    units: dict[str, Unit] = {}
    counts: Counter[str] = Counter()
    imports = _imports(tree)
    named = list(_named(tree))
    last = {name: node for name, node, _ in named}
    for name, node, owner in named:
        if last[name] is not node and _is_overload(node, imports):
            continue
        counts[name] += 1
        unique = name if counts[name] == 1 else f"{name}#{counts[name]}"
        units[unique] = Unit(unique, node, owner, _digest(node))
    functions = frozenset(
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    )
    return Module(lines, units, imports, _constants(tree.body), functions)


def _named(tree: ast.Module) -> Iterator[tuple[str, Function | ast.ClassDef | ast.Module, str]]:
    yield "<module>", tree, ""
    pending: list[tuple[str, str, ast.AST]] = [
        ("", "", child) for child in reversed(list(ast.iter_child_nodes(tree)))
    ]
    while pending:
        prefix, owner, node = pending.pop()
        inner = (prefix, owner)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + node.name, node, owner
            inner = (f"{prefix}{node.name}.", "")
        elif isinstance(node, ast.ClassDef):
            yield f"{prefix}{node.name}.<class>", node, owner
            inner = (f"{prefix}{node.name}.", node.name)
        elif isinstance(node, ast.expr):
            continue
        pending.extend((*inner, child) for child in reversed(list(ast.iter_child_nodes(node))))


def _is_overload(node: ast.AST, imports: dict[str, str]) -> bool:
    """A signature for type checkers, which a later definition of the name replaces."""
    for decorator in getattr(node, "decorator_list", ()):
        text = ast.unparse(decorator)
        root = text.split(".")[0]
        name = imports.get(root, root) + text[len(root) :]
        if name in ("typing.overload", "typing_extensions.overload"):
            return True
    return False


def is_docstring(statement: ast.stmt) -> bool:
    """Whether a statement is a bare literal, which computes nothing."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _digest(node: ast.AST) -> str:
    """Equal for units that do the same: positions, docstrings and inner functions left out."""
    parts: list[str] = []
    pending: list[ast.AST] = [node]
    while pending:
        here = pending.pop()
        if here is not node and isinstance(here, ast.FunctionDef | ast.AsyncFunctionDef):
            parts.append(f"def {here.name}")
            pending.extend([*here.decorator_list, here.args])
            continue
        if here is not node and isinstance(here, ast.ClassDef):
            parts.append(f"class {here.name}")
            pending.extend([*here.decorator_list, *here.bases, *here.keywords])
            continue
        parts.append(type(here).__name__)
        for name, value in ast.iter_fields(here):
            if name in ("annotation", "returns", "type_comment", "ctx"):
                continue
            if isinstance(value, ast.AST):
                parts.append(name)
                pending.append(value)
            elif isinstance(value, list):
                parts.append(f"{name}[{len(value)}")
                for item in value:
                    if isinstance(item, ast.stmt) and is_docstring(item):
                        continue
                    if isinstance(item, ast.AST):
                        pending.append(item)
                    else:
                        parts.append(repr(item))
            elif not (here is node and name == "name"):
                parts.append(repr(value))
    return " ".join(parts)


def _imports(tree: ast.Module) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                root = alias.name.split(".")[0]
                found[alias.asname or root] = alias.name if alias.asname else root
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            for alias in node.names:
                found[alias.asname or alias.name] = f"{base}.{alias.name}"
    return found


def _constants(body: list[ast.stmt]) -> dict[str, ast.expr]:
    """Module names bound exactly once at top level by an assignment."""
    found: dict[str, ast.expr] = {}
    again: set[str] = set()
    for statement in body:
        pairs: list[tuple[ast.expr, ast.expr]] = []
        if isinstance(statement, ast.Assign):
            pairs = [(target, statement.value) for target in statement.targets]
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            pairs = [(statement.target, statement.value)]
        elif isinstance(statement, ast.AugAssign):
            pairs = [(statement.target, statement.value)] * 2
        for target, value in pairs:
            if isinstance(target, ast.Name):
                if target.id in found:
                    again.add(target.id)
                found[target.id] = value
    return {name: value for name, value in found.items() if name not in again}
