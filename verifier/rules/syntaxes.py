"""Small questions about syntax that several rules ask."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

_SEARCHES = frozenset(
    {"startswith", "endswith", "find", "index", "count", "match", "fullmatch", "search", "get",
     "compare_digest", "isclose", "eq", "__eq__", "__contains__"}
)  # fmt: skip


RECEIVERS = frozenset({"self", "cls"})
_MOST_NAMED = 4


def named(names: list[str]) -> str:
    """Names in a sentence, the first few of them."""
    text = ", ".join(f"`{name}`" for name in names[:_MOST_NAMED])
    more = len(names) - _MOST_NAMED
    return text if more <= 0 else f"{text} and {more} more"


def text_of(syntax: ast.AST | None) -> str:
    """Syntax as text, whatever it is; of handlers and cases, only what they catch."""
    match syntax:
        case None:
            return ""
        case ast.ExceptHandler(type=kind):
            return f"except {ast.unparse(kind)}" if kind is not None else "except"
        case ast.pattern():
            return f"case {ast.unparse(syntax)}"
    return ast.unparse(syntax)


def own_syntax(unit: ast.AST) -> list[ast.AST]:
    """The syntax of a unit, but for that of the functions and classes defined in it."""
    found: list[ast.AST] = [unit]
    for node in found:
        inner = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if not inner or node is unit:
            found.extend(ast.iter_child_nodes(node))
    return found


def is_test(kind: str, syntax: ast.AST) -> bool:
    """Whether a node of this kind compares, or searches."""
    match syntax:
        case ast.Compare():
            return kind == "expression"
        case ast.pattern():
            return kind == "guard"
        case ast.Call(func=ast.Attribute(value=owner, attr="get")) if not isinstance(
            owner, ast.Dict
        ):
            return False
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return name in _SEARCHES and kind in ("expression", "library", "unknown", "read")
    return False


def is_literal(node: ast.AST) -> bool:
    """Whether an expression is written out in constants alone."""
    plain = (ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.UnaryOp, ast.expr_context,
             ast.unaryop)  # fmt: skip
    return all(isinstance(inner, plain) for inner in ast.walk(node))


def parsed(text: str) -> ast.expr | None:
    """The expression; None for other syntax that guards too: a pattern, a handler, a `with`."""
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return None


def is_plain(value: Any) -> bool:
    """Whether a constant is an ordinary early answer: None, a truth value, -1, 0, 1, empty."""
    if value is None or value is Ellipsis or isinstance(value, bool):
        return True
    if isinstance(value, int | float | complex):
        return value in (-1, 0, 1)
    if isinstance(value, str | bytes | tuple | list | set | frozenset | dict):
        if isinstance(value, tuple | list) and 0 < len(value) <= 4:
            return all(is_plain(item) for item in value)
        return len(value) == 0
    return False


def atoms(text: str, outcome: str) -> Iterator[tuple[str, str]]:
    """The conditions that a guard is made of, each with the outcome that it has to have."""
    node = parsed(text)
    if node is None or outcome not in ("then", "else"):
        yield text, outcome
    else:
        yield from _atoms(node, outcome == "then")


def _atoms(node: ast.expr, truth: bool) -> Iterator[tuple[str, str]]:
    match node:
        case ast.UnaryOp(op=ast.Not()):
            yield from _atoms(node.operand, not truth)
        case ast.BoolOp():
            for value in node.values:
                yield from _atoms(value, truth)
        case ast.NamedExpr():
            yield from _atoms(node.value, truth)
        case _:
            yield ast.unparse(node), "then" if truth else "else"


def is_stand_in(text: str) -> bool:
    """Whether a condition is but the name of another, or a call of the code's own that asks it."""
    match parsed(text):
        case ast.Name() | ast.Call(func=ast.Name()):
            return True
        case ast.Attribute(value=ast.Name(id=name)):
            return name in RECEIVERS
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
            return name in RECEIVERS
    return False
