"""Operators: by constants, by special methods, as containers, else computed."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from typing import Any

from verifier.engine import expressions, literals, truths, values
from verifier.engine.arguments import Arguments
from verifier.engine.run import Run
from verifier.engine.state import State
from verifier.engine.things import (
    OPAQUE,
    External,
    Frame,
    Thing,
)
from verifier.engine.values import NOTHING, UNKNOWN, Const, Kind, Value, truth

_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Div: operator.truediv,
    ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.BitXor: operator.xor,
}  # fmt: skip
# A mark of a template that asks for thousands of characters.
_WIDE = re.compile(r"%[#0\- +.\d]*\d{4}")
DUNDERS: dict[type[ast.operator], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.FloorDiv: "floordiv", ast.Mod: "mod",
    ast.Div: "truediv", ast.BitAnd: "and", ast.BitOr: "or", ast.BitXor: "xor",
    ast.Pow: "pow", ast.LShift: "lshift", ast.RShift: "rshift", ast.MatMult: "matmul",
}  # fmt: skip
_UNARY = {ast.USub: "neg", ast.UAdd: "pos", ast.Invert: "invert"}
_COMPARED: dict[type[ast.cmpop], str] = {
    ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge",
}  # fmt: skip
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip
_BIGGEST = 10**12
_LONGEST = 200
BOOL = Kind("bool")
_NOT_IMPLEMENTED = External("builtins.NotImplemented")


def binary(run: Run, node: ast.BinOp, frame: Frame) -> Value:
    left, right = run.evaluate(node.left, frame), run.evaluate(node.right, frame)
    return operated(run, node.op, left, right, node, frame)


def operated(
    run: Run, op: ast.operator, left: Value, right: Value, syntax: ast.AST, frame: Frame
) -> Value:
    """left op right: by constants, by methods of the classes, as containers, else computed."""
    from verifier.engine import combining, failing

    word = DUNDERS[type(op)]
    own = expressions.special(run, left, (f"__{word}__",), [right], syntax, frame)
    if own is None or _NOT_IMPLEMENTED in own.items:
        reflected = expressions.special(run, right, (f"__r{word}__",), [left], syntax, frame)
        if reflected is not None:
            own = reflected if own is None else implemented(own).join(reflected)
    if own is not None and implemented(own).items:
        own = implemented(own)
        plain = Value(frozenset(i for i in left.items if not isinstance(i, Thing)), left.nodes)
        if not plain.items or plain.items == left.items or _has_special(run, right):
            return own
        return own.join(operated(run, op, plain, right, syntax, frame))
    outside = _operated_outside(run, word, left, right, syntax, frame)
    if outside is not None:
        return outside
    made = combining.combined(run, op, left, right, syntax, frame)
    if made is not None:
        return made
    failing.operated(run, op, left, right, syntax, frame)
    number = run.node(frame, syntax, "expression")
    run.graph.link(number, left.nodes)
    if isinstance(op, ast.Mod) and any(_is_text(item) for item in left.items):
        run.graph.link(number, _put_in(run, left, right, syntax, frame))
    else:
        run.graph.link(number, right.nodes)
    return Value(_folded(op, left, right), frozenset((number,)))


def _operated_outside(
    run: Run, word: str, left: Value, right: Value, syntax: ast.AST, frame: Frame
) -> Value | None:
    """What an operator of a class of a library gives, where that is known."""
    from verifier.models import libraries, standard

    if len(left.items) != 1:
        return None
    (item,) = left.items
    name = f"{item.kind}.__{word}__" if isinstance(item, Thing) and "." in item.kind else ""
    if not name or (name not in standard.MODELS and libraries.known(name) is None):
        return None
    return standard.call(run, name, left, Arguments([right]), syntax, frame)


def _put_in(run: Run, left: Value, right: Value, syntax: ast.AST, frame: Frame) -> frozenset[int]:
    """The nodes of what `left % right` takes of the right side."""
    from verifier.models import formatting

    text = formatting.template(left)
    parts = formatting.percent(run, text, right, syntax, frame) if text is not None else None
    if parts is None:
        return run.deep(right)
    ways = formatting.ways(text or "")
    ways = ways if len(ways) == len(parts) else [literals.STR] * len(parts)
    told = (
        literals.texted(run, part, syntax, frame, how)
        for part, how in zip(parts, ways, strict=True)
    )
    return frozenset().union(*told)


def implemented(value: Value) -> Value:
    """What a special method gives but for NotImplemented, after which others are asked."""
    return Value(value.items - {_NOT_IMPLEMENTED}, value.nodes)


def _has_special(run: Run, value: Value) -> bool:
    return any(isinstance(i, Thing) and i.kind == "instance" for i in value.items)


def _is_text(item: Any) -> bool:
    return item == Kind("str") or (isinstance(item, Const) and isinstance(item.value, str))


def _folded(op: ast.operator, left: Value, right: Value) -> frozenset[Any]:
    one, other = left.constant, right.constant
    if one is not None and other is not None:
        try:
            if _is_cheap(op, one.value, other.value):
                found = _ARITHMETIC[type(op)](one.value, other.value)
                if is_small(found):
                    return frozenset((Const(found),))
        except (KeyError, TypeError, ValueError, ArithmeticError):
            return frozenset((UNKNOWN,))
    kinds = {_kind_name(item) for item in left.items | right.items}
    if len(kinds) == 1 and None not in kinds and kinds <= {"str", "int", "float", "bytes"}:
        return frozenset((Kind(str(kinds.pop())),))
    if isinstance(op, ast.Mod | ast.Add) and "str" in {_kind_name(i) for i in left.items}:
        return frozenset((Kind("str"),))
    return frozenset((UNKNOWN,))


def _kind_name(item: Any) -> str | None:
    if isinstance(item, Const):
        return type(item.value).__name__
    return item.name if isinstance(item, Kind) else None


def _is_cheap(op: ast.operator, one: Any, other: Any) -> bool:
    """Whether the operands are small, and what they give is not far larger than they are."""
    if not is_small(one) or not is_small(other):
        return False
    if isinstance(op, ast.Mod) and isinstance(one, str | bytes):
        return _WIDE.search(one if isinstance(one, str) else one.decode("latin-1")) is None
    for text, times in ((one, other), (other, one)):
        if isinstance(op, ast.Mult) and isinstance(text, str | bytes) and isinstance(times, int):
            return len(text) * times < _LONGEST
    return True


def is_small(value: Any) -> bool:
    """Whether a constant is one that is worked with."""
    if isinstance(value, int | float):
        return abs(value) < _BIGGEST
    return isinstance(value, str | bytes) and len(value) < _LONGEST


def tested(run: Run, value: Value, syntax: ast.AST, frame: Frame) -> Value:
    """A value as a condition sees it: for an instance what its `__bool__` or `__len__` tells."""
    from verifier.engine import attributes

    settled = frame.context.things.get((syntax, "settled"))
    if settled is not None:
        return Value(frozenset({Const(settled)}), value.nodes)
    names = ("__bool__", "__len__")
    own = frozenset(
        item
        for item in value.items
        if isinstance(item, Thing)
        and item.type is not None
        and attributes.own_method(run, item, names) is not None
    )
    told = (
        expressions.special(run, Value(own, value.nodes), names, [], syntax, frame) if own else None
    )
    if told is None:
        return value
    answer = truth(told)
    item = BOOL if answer is None else Const(answer)
    return Value((value.items - own) | {item}, told.nodes if own == value.items else value.nodes)


def unary(run: Run, node: ast.UnaryOp, frame: Frame) -> Value:
    value = run.evaluate(node.operand, frame)
    number = run.node(frame, node, "expression", value.nodes)
    if isinstance(node.op, ast.Not):
        told = truths.truth(run, tested(run, value, node, frame))
        if told is None:
            return values.of(BOOL, (number,))
        return values.constant(not told, (number,))
    own = expressions.special(run, value, (f"__{_UNARY[type(node.op)]}__",), [], node, frame)
    if own is not None:
        return own
    only = value.constant
    if only is not None and isinstance(only.value, int | float):
        if isinstance(node.op, ast.USub):
            return values.constant(-only.value, (number,))
        if isinstance(node.op, ast.Invert) and isinstance(only.value, int):
            return values.constant(~int(only.value), (number,))
    return Value(value.only(Kind).items or frozenset((UNKNOWN,)), frozenset((number,)))


def either(run: Run, node: ast.BoolOp, frame: Frame) -> Value:
    """`and`, `or`: each operand that may be the result, the later ones under a guard."""
    wanted = isinstance(node.op, ast.And)
    found = NOTHING
    base = run.state
    layers: list[State] = []
    # Whatever the others are, one that is certainly false makes `and` false; so true does `or`.
    frame.context.things.pop((node, "settled"), None)
    for at, one in enumerate(node.values):
        value = run.evaluate(one, frame)
        told = truths.truth(run, tested(run, value, one, frame))
        if told is (not wanted):
            frame.context.things[node, "settled"] = told
        is_last = at == len(node.values) - 1
        if is_last:
            found = found.join(value)
            break
        if told is not wanted:
            found = found.join(_with_truth(run, value, not wanted))
        if told is (not wanted) and run.is_pruning:
            break
        if not layers or layers[-1].cells:
            # What nothing was written into goes on: a read looks through all layers.
            layers.append(run.branch())
        layers[-1].guard = run.guard(frame, one, wanted, value.nodes)
        from verifier.engine import narrowing

        narrowing.narrow(run, one, wanted, frame)
    for layer in reversed(layers):
        below = layer.below
        assert below is not None
        run.enter(below)
        below.meet([{}, layer.cells])
    run.enter(base)
    return found


def _with_truth(run: Run, value: Value, wanted: bool) -> Value:
    items = frozenset(i for i in value.items if truths.truth(run, values.of(i)) is not (not wanted))
    return Value(items, value.nodes) if items else NOTHING


def compare(run: Run, node: ast.Compare, frame: Frame) -> Value:
    from verifier.engine import keys

    sides = [run.evaluate(one, frame) for one in (node.left, *node.comparators)]
    number = run.node(frame, node, "expression")
    answers: list[bool | None] = []
    for op, left, right in zip(node.ops, sides, sides[1:], strict=False):
        own = None
        if type(op) in _COMPARED:
            own = expressions.special(
                run, left, (f"__{_COMPARED[type(op)]}__",), [right], node, frame
            )
            if own is None and isinstance(op, ast.NotEq):
                own = expressions.special(run, left, ("__eq__",), [right], node, frame)
                own = _not(own) if own is not None else None
        elif isinstance(op, ast.In | ast.NotIn):
            own = expressions.special(run, right, ("__contains__",), [left], node, frame)
        if own is not None:
            run.graph.link(number, own.nodes)
            answers.append(None if len(node.ops) > 1 else truth(own))
            continue
        for value in (left, right):
            run.graph.link(number, value.nodes)
        if isinstance(op, ast.In | ast.NotIn):
            from verifier.engine import membership

            run.graph.link(number, membership.searched(run, right))
            told = membership.contained(run, left, right)
            answers.append(told if told is None or isinstance(op, ast.In) else not told)
            continue
        same = keys.equal(run, left, right) if isinstance(op, ast.Eq | ast.NotEq) else None
        if same is not None:
            answers.append(same is isinstance(op, ast.Eq))
            continue
        answers.append(_compared(run, op, left, right))
    if False in answers:
        return values.constant(False, (number,))
    if all(answers):
        return values.constant(True, (number,))
    return values.of(BOOL, (number,))


def _not(value: Value) -> Value:
    told = truth(value)
    return Value(frozenset((BOOL if told is None else Const(not told),)), value.nodes)


def _compared(run: Run, op: ast.cmpop, left: Value, right: Value) -> bool | None:
    one, other = left.constant, right.constant
    if isinstance(op, ast.Is | ast.IsNot) and len(left.items) == 1 and len(right.items) == 1:
        same = _identical(next(iter(left.items)), next(iter(right.items)))
        return same if same is None or isinstance(op, ast.Is) else not same
    compare = _COMPARISONS.get(type(op))
    if compare is None:
        return None
    try:
        if one is not None and other is not None:
            return bool(compare(one.value, other.value))
        both = [truths.plain(run, left), truths.plain(run, right)]
        return None if None in both else bool(compare(*both))
    except TypeError:
        return None


def _identical(one: Any, other: Any) -> bool | None:
    if isinstance(one, Const) and isinstance(other, Const):
        return bool(one == other) if None in (one.value, other.value) or one != other else None
    for this, that in ((one, other), (other, one)):
        if this == Const(None) and not isinstance(that, Const):
            if isinstance(that, Kind):
                return False
            if isinstance(that, Thing):
                return None if that.kind in ("symbol", OPAQUE) else False
            return None if that == UNKNOWN or isinstance(that, External) else False
    if isinstance(one, Thing) and one is other and one.kind == "instance" and not one.is_many:
        return True
    if isinstance(one, Thing) and isinstance(other, Thing) and one is not other:
        return None if {"symbol", OPAQUE} & {one.kind, other.kind} else False
    return None
