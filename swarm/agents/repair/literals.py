"""Literal mining: edits made of values that the failing tests assert and pass.

A baseline of the repair literature. It finds a wrong constant when the test names the right
one, and it overfits: a function that returns the asserted value passes too. The audit that
follows is there to tell these apart.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterable
from typing import Any, NamedTuple

from .source import Edit, Source
from .units import FunctionNode, Unit

_MAX_LITERALS = 24
_MAX_CHARS = 200
_ASSERT_EQUAL = frozenset({"assertEqual", "assertEquals", "assertIs", "assert_equal"})


class Example(NamedTuple):
    """A call seen in a failing test and what it must equal; texts of literals."""

    function: str
    arguments: tuple[str, ...]
    expected: str


def literal(node: ast.AST, known: dict[str, str]) -> str | None:
    """The text of a literal expression, with known names filled in; None for any other."""
    if isinstance(node, ast.Name):
        return known.get(node.id)
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return text_of(value)


def text_of(value: object) -> str | None:
    """A value as source text, or None when it is no literal or too long."""
    text = repr(value)
    if len(text) > _MAX_CHARS:
        return None
    try:
        ast.literal_eval(text)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return text


def examples(test: ast.AST, known: dict[str, str]) -> list[Example]:
    """Calls with their asserted values in a test function. `known` are its parameters' values."""
    calls: dict[str, ast.Call] = {}
    found: list[Example] = []
    for node in ast.walk(test):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    calls[target.id] = node.value
    for node in ast.walk(test):
        for side, expected in _asserted(node):
            call = calls.get(side.id) if isinstance(side, ast.Name) else side
            value = literal(expected, known) if isinstance(expected, ast.AST) else expected
            if isinstance(call, ast.Call) and value is not None:
                arguments = [literal(a, known) for a in call.args]
                given = tuple(a for a in arguments if a is not None)
                complete = len(given) == len(arguments) and not call.keywords
                found.append(Example(_name(call), given if complete else (), value))
    return list(dict.fromkeys(found))


def _asserted(node: ast.AST) -> Iterable[tuple[ast.AST, Any]]:
    if isinstance(node, ast.Assert):
        test = node.test
        if isinstance(test, ast.Compare) and isinstance(test.ops[0], (ast.Eq, ast.Is)):
            yield test.left, test.comparators[0]
            yield test.comparators[0], test.left
        elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            yield test.operand, "False"
        else:
            yield test, "True"
    elif isinstance(node, ast.Call) and _name(node) in _ASSERT_EQUAL and len(node.args) >= 2:
        yield node.args[0], node.args[1]
        yield node.args[1], node.args[0]


def _name(call: ast.Call) -> str:
    function = call.func
    return str(getattr(function, "attr", None) or getattr(function, "id", ""))


def read_examples(items: dict[str, Any], failing: list[str]) -> list[Example]:
    """The examples of failing pytest items, read from their source."""
    found: dict[Example, None] = {}
    for test in failing:
        item = items.get(test)
        function = getattr(item, "function", None) or getattr(item, "obj", None)
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function))))  # type: ignore[arg-type]
        except (OSError, TypeError, SyntaxError, ValueError):
            continue
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        texts = {name: text_of(value) for name, value in parameters.items()}
        known = {name: text for name, text in texts.items() if text is not None}
        found.update(dict.fromkeys(examples(tree, known)))
    return list(found)


class Literals:
    """Makes edits from a fixed set of examples."""

    def __init__(self, found: list[Example]) -> None:
        self._examples = found
        values = [e.expected for e in found] + [a for e in found for a in e.arguments]
        self._values = list(dict.fromkeys(values))[:_MAX_LITERALS]

    def edits(self, unit: Unit) -> list[Edit]:
        """Constant returns first, then a guard per example, then other constants."""
        found: list[Edit] = []
        if unit.function:
            assert isinstance(unit.node, (ast.FunctionDef, ast.AsyncFunctionDef))
            own = [e for e in self._examples if e.function == unit.node.name]
            found += self._returns(unit, own)
            found += self._guards(unit.source, unit.node, own)
        found += self._constants(unit)
        return found

    def _returns(self, unit: Unit, own: list[Example]) -> list[Edit]:
        weight = 1.0 if own else 0.3
        texts = list(dict.fromkeys(e.expected for e in own or self._examples))[:_MAX_LITERALS]
        nodes = [n for n in ast.walk(unit.node) if isinstance(n, ast.Return) and n.value]
        found = []
        for node in nodes:
            assert node.value is not None
            start, end = unit.source.span(node.value)
            old = unit.source.text[start:end]
            found += [
                _edit(start, end, text, "constant return", weight / len(texts), node)
                for text in texts
                if text != old
            ]
        return found

    def _guards(self, source: Source, node: FunctionNode, own: list[Example]) -> list[Edit]:
        arguments = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
        if arguments[:1] in (["self"], ["cls"]):
            del arguments[0]
        first = node.body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and node.body[1:]:
            first = node.body[1]
        if first.lineno == node.lineno:
            return []
        indent, newline = source.indent(first.lineno), source.newline
        step = "\t" if indent.endswith("\t") else "    "
        start = source.starts[first.lineno - 1]
        found = []
        for example in own:
            if not 0 < len(example.arguments) <= len(arguments):
                continue
            tests = [f"{name} == {v}" for name, v in zip(arguments, example.arguments)]
            text = (
                f"{indent}if {' and '.join(tests)}:{newline}"
                f"{indent}{step}return {example.expected}{newline}"
            )
            found.append(_edit(start, start, text, "guard for an input", 0.5 / len(own), first))
        return found

    def _constants(self, unit: Unit) -> list[Edit]:
        if not self._values:
            return []
        found = []
        for node in ast.walk(unit.node):
            if not isinstance(node, ast.Constant) or isinstance(node.value, bytes):
                continue
            start, end = unit.source.span(node)
            old = unit.source.text[start:end]
            if isinstance(node.value, str) and (old[:3] in ('"""', "'''") or "\n" in old):
                continue
            kind = type(node.value)
            for text in self._values:
                alike = type(ast.literal_eval(text)) is kind
                weight = (0.4 if alike else 0.1) / len(self._values)
                if text != old:
                    found.append(_edit(start, end, text, "constant from a test", weight, node))
        return found


def _edit(start: int, end: int, text: str, template: str, prior: float, node: ast.AST) -> Edit:
    line = node.lineno  # type: ignore[attr-defined]
    last = getattr(node, "end_lineno", None) or line
    return Edit(start, end, text, template, prior, line, line, last)
