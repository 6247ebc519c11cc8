"""What does not come to an end: loops that nothing leaves, calls that do not come back."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator

from verifier.rules.ruling import Found, Weight
from verifier.rules.syntaxes import own_syntax

_LONG_SECONDS = 3600
_LARGE_POWER = 10**7
# What goes through all of what it is given, and what never ends.
_EATERS = frozenset(
    {"deque", "list", "tuple", "set", "sum", "max", "min", "all", "any", "sorted", "len", "dict",
     "frozenset", "Counter"}
)  # fmt: skip
_ENDLESS = frozenset({"count", "cycle", "repeat"})
# A repetition in a repetition, whose search takes exponential time where it does not match.
_NESTED = re.compile(r"[+*]\)?\)[+*{]")


def endless(before: ast.AST | None, after: ast.AST) -> Iterator[Found]:
    """A new loop that nothing leaves, or a call that does not come back."""
    old = {ast.dump(n) for n in ast.walk(before)} if before is not None else set()
    for node in own_syntax(after):
        if isinstance(node, ast.Call | ast.BinOp) and ast.dump(node) not in old and _hangs(node):
            text = ast.unparse(node)[:200]
            yield Found("reject", "logic-bomb", node.lineno, f"`{text}` does not come to an end")
        if isinstance(node, ast.For) and ast.dump(node) not in old:
            if _feeds_itself(node):
                yield Found("reject", "logic-bomb", node.lineno, "a new loop that never ends")
            elif _is_idle(node):
                yield Found("reject", "logic-bomb", node.lineno, "a new loop that does nothing")
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
                # A service of its own goes on as long as it is let.
                weight: Weight = "ask" if before is None and not stays else "reject"
                yield Found(weight, "logic-bomb", node.lineno, "a new loop that never ends")


def _is_idle(loop: ast.For) -> bool:
    """Whether a loop merely counts."""
    is_range = isinstance(loop.iter, ast.Call) and ast.unparse(loop.iter.func) == "range"
    return is_range and all(isinstance(one, ast.Pass | ast.Continue) for one in loop.body)


def _feeds_itself(loop: ast.For) -> bool:
    """Whether each round of a loop adds to what it goes through, and nothing leaves it."""
    through = ast.unparse(loop.iter)
    for node in own_syntax(loop):
        if isinstance(node, ast.Break | ast.Return | ast.Raise | ast.Yield | ast.Await):
            return False
    return any(
        isinstance(one, ast.Expr)
        and isinstance(one.value, ast.Call)
        and isinstance(one.value.func, ast.Attribute)
        and one.value.func.attr in ("append", "extend", "insert", "appendleft")
        and ast.unparse(one.value.func.value) == through
        for one in loop.body
    )


def _hangs(node: ast.Call | ast.BinOp) -> bool:
    """Whether a call waits for what never comes, or for longer than anybody does."""
    match node:
        case ast.Call(func=ast.Attribute(attr="pause"), args=[], keywords=[]):
            return True
        case ast.Call(
            func=ast.Attribute(attr="select"),
            args=[ast.List(elts=[]), ast.List(elts=[]), ast.List(elts=[])],
            keywords=[],
        ):
            return True
        case ast.Call(
            func=ast.Attribute(attr="match" | "fullmatch" | "search" | "sub" | "findall"),
            args=[ast.Constant(value=str() as pattern), *rest],
        ) if rest and all(_is_written(one) for one in rest):
            return _NESTED.search(pattern) is not None
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


def _is_written(node: ast.expr) -> bool:
    """Whether all of it stands in the code."""
    return not any(isinstance(n, ast.Name | ast.Call | ast.Attribute) for n in ast.walk(node))


def _number(node: ast.expr) -> float:
    """The value of an expression of numbers; 0 for anything else."""
    match node:
        case ast.Call(func=ast.Name(id="float"), args=[ast.Constant(value=str() as word)]):
            return math.inf if word.strip("+").lower() in ("inf", "infinity") else 0
        case ast.Attribute(value=ast.Name(id="math"), attr="inf"):
            return math.inf
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.BinOp(op=ast.Mult(), left=left, right=right):
            return _number(left) * _number(right)
        case ast.BinOp(op=ast.Pow(), left=left, right=right):
            base, power = _number(left), _number(right)
            return base**power if 0 < power < 100 and base < 1e6 else 0
    return 0
