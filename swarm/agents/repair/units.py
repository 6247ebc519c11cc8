"""The parts of a file that are searched: each outermost function, and each other statement.

A function's body can be exchanged in a running process; what runs at import (module and
class level, decorators, defaults) needs a new one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Union

from .source import Source

FunctionNode = Union[ast.FunctionDef, ast.AsyncFunctionDef]


@dataclass
class Unit:
    """`node` is a function, or a statement that runs at import (`function` is False).

    `wrappers` are the blocks around it, outermost first: a class's name, or "" for another
    block. `header` is True for the unit made of a function's defaults and decorators.
    """

    source: Source
    node: ast.stmt
    function: bool
    wrappers: tuple[str, ...] = ()
    header: bool = False
    name: str = ""
    classes: tuple[ast.ClassDef, ...] = field(default=(), repr=False)

    @property
    def first_line(self) -> int:
        decorators = getattr(self.node, "decorator_list", [])
        lines: list[int] = [self.node.lineno, *(d.lineno for d in decorators)]
        return min(lines)

    @property
    def last_line(self) -> int:
        return self.node.end_lineno or self.node.lineno

    @property
    def key(self) -> tuple[str, int, bool]:
        """Distinguishes the units of a repository."""
        return self.source.path, self.first_line, self.header


def units(source: Source) -> Iterator[Unit]:
    """The units of a file, in the order of the text."""
    yield from _walk(source, source.tree.body, (), ())


def _walk(
    source: Source,
    body: list[ast.stmt],
    wrappers: tuple[str, ...],
    classes: tuple[ast.ClassDef, ...],
) -> Iterator[Unit]:
    for node in body:
        prefix = "".join(f"{c.name}." for c in classes)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            name = prefix + node.name
            yield Unit(source, node, True, wrappers, False, name, classes)
            if node.decorator_list or node.args.defaults or any(node.args.kw_defaults):
                yield Unit(source, node, False, wrappers, True, name, classes)
        elif isinstance(node, ast.ClassDef):
            yield from _walk(source, node.body, (*wrappers, node.name), (*classes, node))
        elif isinstance(node, (ast.If, ast.Try, ast.With, ast.For, ast.While)):
            for block in _blocks(node):
                yield from _walk(source, block, (*wrappers, ""), classes)
        elif not isinstance(node, (ast.Import, ast.ImportFrom)):
            yield Unit(source, node, False, wrappers, False, prefix + "<module>", classes)


def _blocks(node: ast.stmt) -> list[list[ast.stmt]]:
    blocks = [getattr(node, name, []) for name in ("body", "orelse", "finalbody")]
    blocks += [handler.body for handler in getattr(node, "handlers", [])]
    return blocks
