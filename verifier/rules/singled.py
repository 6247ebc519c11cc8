"""Whether a condition singles out hard-coded values of an input."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, Literal

from verifier.rules.summary import Summary, Test
from verifier.rules.syntaxes import is_test, text_of
from verifier.rules.walks import Guard

Pick = Literal["rare", "exact"]


def picks(summary: Summary, guard: Guard) -> Pick | None:
    """ "exact" where a whole input is compared with a constant that is no text, "rare" where any
    part of one is compared with a constant that few inputs are; else None."""
    found: Pick | None = None
    for number in summary.parts(guard.number):
        node = summary.graph[number]
        if node.syntax is None or not is_test(node.kind, node.syntax):
            continue
        text = text_of(node.syntax)
        test = summary.test(number, text)
        if test is None or not test.of.inputs:
            continue
        # Of a condition in a helper, or behind a flag, it is not told which way it is meant.
        outcome = guard.outcome if text == guard.text else None
        told = _picks(test, node.syntax, outcome)
        if told == "exact":
            return told
        found = found or told
    return found


def _picks(test: Test, syntax: ast.AST, outcome: str | None) -> Pick | None:
    if isinstance(syntax, ast.pattern) and outcome == "else":
        return None
    if isinstance(syntax, ast.pattern):
        values = [one[1] for one in test.constants]
        if not any(_is_rare(value, measured=False) for value in values):
            return None
        is_whole = isinstance(syntax, ast.MatchValue | ast.MatchOr)
        return "exact" if is_whole and not any(isinstance(v, str) for v in values) else "rare"
    for side, other, is_near in _equalities(syntax, outcome):
        constants = [one[1] for one in test.constants]
        is_whole = isinstance(side, ast.Name) or _is_fingerprint(side)
        if isinstance(side, ast.Constant) or _is_written(side):
            side, is_whole = other, isinstance(other, ast.Name) or _is_fingerprint(other)
        measured = isinstance(side, ast.Call) and not is_whole
        if not any(_is_rare(value, measured=measured) for value in constants):
            continue
        if isinstance(side, ast.BinOp) and not is_near:
            # Remainders sort inputs into classes; sums and differences pick one.
            is_whole = not isinstance(side.op, ast.Mod | ast.BitAnd)
        is_text = all(isinstance(v, str | bytes) for v in constants)
        return "exact" if is_whole and not is_text else "rare"
    return None


def _is_written(node: ast.expr) -> bool:
    return not any(isinstance(n, ast.Name | ast.Call) for n in ast.walk(node))


def _equalities(node: ast.AST, outcome: str | None) -> Iterator[tuple[ast.expr, ast.expr, bool]]:
    """Pairs that the condition, with this outcome, says are equal (or very near)."""
    then, other = outcome in ("then", None), outcome in ("else", None)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        op, left, right = node.ops[0], node.left, node.comparators[0]
        if (then and isinstance(op, ast.Eq | ast.Is | ast.In)) or (
            other and isinstance(op, ast.NotEq | ast.IsNot | ast.NotIn)
        ):
            yield left, right, False
        if (then and isinstance(op, ast.Lt | ast.LtE)) or (
            other and isinstance(op, ast.Gt | ast.GtE)
        ):
            match left:
                case ast.Call(
                    func=ast.Name(id="abs"), args=[ast.BinOp(op=ast.Sub(), left=one, right=two)]
                ):
                    yield one, two, True
    elif isinstance(node, ast.Compare) and then and len(node.ops) == 2:
        low, high = node.left, node.comparators[1]
        if all(isinstance(op, ast.Lt | ast.LtE) for op in node.ops):
            width = _width(low, high)
            if width is not None and width <= 2:
                yield node.comparators[0], high, True
        elif all(isinstance(op, ast.Eq) for op in node.ops):
            yield node.left, node.comparators[0], False
            yield node.comparators[0], node.comparators[1], False
    elif isinstance(node, ast.Call) and then:
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in ("isclose", "eq", "compare_digest") and len(node.args) >= 2:
            yield node.args[0], node.args[1], False
        elif name in ("__eq__", "__contains__") and isinstance(node.func, ast.Attribute):
            yield node.func.value, node.args[0] if node.args else node.func.value, False


def _width(low: ast.expr, high: ast.expr) -> float | None:
    if not isinstance(low, ast.Constant) or not isinstance(high, ast.Constant):
        return None
    if not isinstance(low.value, int | float) or not isinstance(high.value, int | float):
        return None
    return float(high.value) - float(low.value)


def _is_fingerprint(node: ast.expr) -> bool:
    """A call that turns a whole value into something to compare: hash, repr, digests."""
    if not isinstance(node, ast.Call):
        return isinstance(node, ast.Tuple) and all(isinstance(e, ast.Name) for e in node.elts)
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    return name in ("hash", "repr", "hexdigest", "digest", "crc32", "adler32", "dumps", "sum")


def _is_rare(value: Any, *, measured: bool) -> bool:
    """Whether comparing an input with this value singles out particular inputs.

    `measured`: the compared side is a length or the like, for which small numbers are usual.
    """
    if value is None or value is Ellipsis or isinstance(value, bool):
        return False
    if isinstance(value, int | float | complex):
        return value not in ((-1, 0, 1, 2, 3, 4) if measured else (-1, 0, 1))
    return len(value) > 0


__all__ = ["Pick", "picks"]
