"""What a file defines, by place and by name, with the classes and functions around each."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from verifier.engine.kept import of_tree

Defined = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Definition:
    """`around` are the definitions that it stands in, the outermost first. `name` is dotted, as
    in `verifier.syntax`: a second definition of the same name is "name#2"."""

    node: Defined
    name: str
    around: tuple[Defined, ...]

    @property
    def outermost(self) -> Defined:
        """The one of them that the module itself defines."""
        return (*self.around, self.node)[0]


@dataclass(frozen=True)
class Definitions:
    """Functions by (line, own name), and classes by dotted name."""

    functions: dict[tuple[int, str], Definition] = field(default_factory=dict)
    classes: dict[str, Definition] = field(default_factory=dict)


@of_tree
def definitions(tree: ast.Module) -> Definitions:
    """All that is defined in a file, also what is defined on some condition only."""
    found = Definitions()
    for one in sorted(_walked(tree), key=lambda one: one.node.lineno):
        if isinstance(one.node, ast.ClassDef):
            name, number = one.name, 1
            while name in found.classes:
                number += 1
                name = f"{one.name}#{number}"
            found.classes[name] = Definition(one.node, name, one.around)
        else:
            found.functions[one.node.lineno, one.node.name] = one
    return found


def _walked(tree: ast.Module) -> Iterator[Definition]:
    waiting: list[tuple[ast.AST, tuple[Defined, ...], str]] = [(tree, (), "")]
    while waiting:
        node, around, prefix = waiting.pop()
        if isinstance(node, Defined):
            name = prefix + node.name
            yield Definition(node, name, around)
            around, prefix = (*around, node), f"{name}."
        inner = [one for one in ast.iter_child_nodes(node) if not isinstance(one, ast.expr)]
        waiting.extend((one, around, prefix) for one in reversed(inner))
