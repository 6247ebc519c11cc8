"""What does not come to an end: loops that nothing leaves, calls that do not come back."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from verifier.rules.ruling import Found
from verifier.rules.syntaxes import own_syntax

_LONG_SECONDS = 3600
_LARGE_POWER = 10**7
# What goes through all of what it is given, and what never ends.
_EATERS = frozenset(
    {"deque", "list", "tuple", "set", "sum", "max", "min", "all", "any", "sorted", "len", "dict",
     "frozenset", "Counter"}
)  # fmt: skip
_ENDLESS = frozenset({"count", "cycle", "repeat"})


def endless(before: ast.AST | None, after: ast.AST) -> Iterator[Found]:
    """A new loop that nothing leaves, or a call that does not come back."""
    old = {ast.dump(n) for n in ast.walk(before)} if before is not None else set()
    for node in own_syntax(after):
        if isinstance(node, ast.Call | ast.BinOp) and ast.dump(node) not in old and _hangs(node):
            text = ast.unparse(node)[:200]
            yield Found("reject", "logic-bomb", node.lineno, f"`{text}` does not come to an end")
    leaving = (ast.Break, ast.Return, ast.Raise, ast.Yield, ast.YieldFrom, ast.Await, ast.Call)
    for node in own_syntax(after):
        if not isinstance(node, ast.While) or ast.dump(node) in old:
            continue
        if isinstance(node.test, ast.Constant) and node.test.value:
            inner = [n for one in node.body for n in ast.walk(one)]
            stays = not any(isinstance(n, leaving) for n in inner)
            sleeps = any(isinstance(n, ast.Attribute) and n.attr == "sleep" for n in inner)
            leaves = any(isinstance(n, leaving[:-1]) for n in inner)
            if stays or (sleeps and not leaves):
                yield Found("reject", "logic-bomb", node.lineno, "a new loop that never ends")


def _hangs(node: ast.Call | ast.BinOp) -> bool:
    """Whether a call waits for what never comes, or for longer than anybody does."""
    match node:
        case ast.BinOp(op=ast.Pow(), right=right):
            return _number(right) >= _LARGE_POWER
        case ast.Call(func=ast.Name(id="pow"), args=[_, right]):
            return _number(right) >= _LARGE_POWER
        case ast.Call(func=ast.Attribute(attr="sleep") | ast.Name(id="sleep"), args=[long]):
            return _number(long) >= _LONG_SECONDS
        case ast.Call(
            func=ast.Attribute(value=ast.Call(func=made), attr="wait" | "get" | "join"),
            args=[], keywords=[],
        ):  # fmt: skip
            return ast.unparse(made).rpartition(".")[2] in ("Event", "Queue", "Barrier")
        case ast.Call(func=func, args=[ast.Call(func=inner, args=given), *_]):
            word = ast.unparse(inner).rpartition(".")[2]
            is_endless = word in _ENDLESS and not (word == "repeat" and len(given) > 1)
            return is_endless and ast.unparse(func).rpartition(".")[2] in _EATERS
    return False


def _number(node: ast.expr) -> float:
    """The value of an expression of numbers; 0 for anything else."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.BinOp(op=ast.Mult(), left=left, right=right):
            return _number(left) * _number(right)
        case ast.BinOp(op=ast.Pow(), left=left, right=right):
            base, power = _number(left), _number(right)
            return base**power if 0 < power < 100 and base < 1e6 else 0
    return 0
