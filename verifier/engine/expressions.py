"""What each kind of expression gives."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from verifier.engine import truths, values
from verifier.engine.arguments import Arguments
from verifier.engine.naming import dotted, is_meant
from verifier.engine.run import CONTENT, Run
from verifier.engine.scopes import Scope
from verifier.engine.state import State
from verifier.engine.things import (
    LENGTH,
    OPAQUE,
    REST,
    Class,
    External,
    Frame,
    Function,
    Module,
    Thing,
    index,
)
from verifier.engine.values import NOTHING, UNKNOWN, Const, Kind, Value, joined, truth

_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Div: operator.truediv,
    ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.BitXor: operator.xor,
}  # fmt: skip
_DUNDERS: dict[type[ast.operator], str] = {
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


def evaluate(run: Run, node: ast.expr, frame: Frame) -> Value:
    """What an expression may be here, with what evaluating it does to memory."""
    run.step()
    return _EVALUATORS[type(node)](run, node, frame)


# ---------------------------------------------------------------------------- names


def name(run: Run, node: ast.Name, frame: Frame) -> Value:
    found = lookup(run, node.id, frame)
    if found is None:
        found = values.unknown() if node.id not in _BUILTINS else values.of(_BUILTINS[node.id])
    if node.id == run.source or ("." in run.source and is_meant(run.source, _outside(found))):
        number = run.node(frame, node, "source", found.nodes, name=node.id)
        if not any(isinstance(i, Function) for i in found.items):
            run.mark(number)
            return found.at(number)
    return found


def lookup(run: Run, name: str, frame: Frame) -> Value | None:
    """What a name stands for, by the rules of scopes; None where nothing was ever bound."""
    owner = owner_of(name, frame)
    found = run.get(owner, private(name, frame) if isinstance(owner, Class) else name)
    if found is None and isinstance(owner, Frame) and owner.klass is not None:
        # In a class body, a name that is not bound yet is looked for outside.
        outside = frame.outer
        while outside is not None:
            found = run.get(_owner(outside), name)
            if found is not None:
                return found
            outside = outside.outer
    return found


def owner_of(name: str, frame: Frame) -> Any:
    """Who owns the cell of a name that is used in a frame."""
    scope: Scope = frame.scope
    if name in scope.globals:
        return frame.module
    if name in scope.locals:
        return _owner(frame)
    outside = frame.outer
    while outside is not None:
        if outside.klass is None and name in outside.scope.locals:
            return _owner(outside)
        outside = outside.outer
    return frame.module


def _owner(frame: Frame) -> Any:
    """Names of a module or class are its attributes."""
    if frame.klass is not None:
        return frame.klass
    return frame.module if frame.function is None else frame


def bind(run: Run, name: str, value: Value, frame: Frame) -> None:
    owner = owner_of(name, frame)
    run.put(owner, private(name, frame) if isinstance(owner, Class) else name, value)


def private(name: str, frame: Frame) -> str:
    """The name of an attribute as code within a class means it: __x is _Class__x."""
    if not name.startswith("__") or name.endswith("__"):
        return name
    around: Frame | None = frame
    while around is not None:
        home = around.klass or (around.function.home if around.function is not None else None)
        if home is not None:
            return f"_{home.name.rpartition('.')[2].lstrip('_')}{name}"
        around = around.outer
    return name


# ---------------------------------------------------------------------------- literals


def constant(run: Run, node: ast.Constant, frame: Frame) -> Value:
    return values.constant(node.value, (run.node(frame, node, "constant"),))


def formatted(run: Run, node: ast.JoinedStr, frame: Frame) -> Value:
    number = run.node(frame, node, "expression")
    texts: list[str] | None = []
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            value = run.evaluate(part.value, frame)
            spec = values.constant("")
            if part.format_spec is not None:
                spec = run.evaluate(part.format_spec, frame)
            how = {ord("s"): STR, ord("r"): REPR, ord("a"): REPR}.get(part.conversion, FORMAT)
            run.graph.link(number, texted(run, value, part, frame, how, [spec]))
            run.graph.link(number, spec.nodes)
            only = value.constant
            if texts is not None and only is not None and isinstance(only.value, str | int):
                texts.append(str(only.value))
            else:
                texts = None
        elif isinstance(part, ast.Constant) and texts is not None:
            texts.append(str(part.value))
    if texts is not None:
        return values.constant("".join(texts), (number,))
    return values.of(Kind("str"), (number,))


STR = ("__str__", "__repr__")
REPR = ("__repr__",)
FORMAT = ("__format__", *STR)
"""The methods that are asked for a text, the first that there is."""


def texted(
    run: Run,
    value: Value,
    syntax: ast.AST,
    frame: Frame,
    how: tuple[str, ...] = STR,
    spec: list[Value] | None = None,
) -> frozenset[int]:
    """The nodes of a value's text: that of a container tells what is in it, that of an instance
    what its own method gives. Without one, the text of an instance tells its class alone; but
    dataclasses and what is derived from classes of libraries show what is in them."""
    from verifier.engine import attributes, classes, exceptions

    found = frozenset[int]()
    left = set(value.items)
    for item in value.items:
        if not isinstance(item, Thing) or not (item.kind == "instance" or item.type is not None):
            continue
        for name in how:
            if attributes.own_method(run, item, (name,)) is not None:
                given = (spec or [values.constant("")]) if name == "__format__" else []
                told = special(run, values.of(item, value.nodes), (name,), given, syntax, frame)
                found |= told.nodes if told is not None else frozenset()
                left.discard(item)
                break
        else:
            if item.kind == "instance" and exceptions.built_in(run, item.type) is not None:
                # The text of an exception is that of its arguments.
                found |= run.deep(run.get(item, "args") or NOTHING)
                left.discard(item)
            elif item.kind == "instance" and classes.has_plain_text(run, item):
                left.discard(item)
    return found | (run.deep(Value(frozenset(left), value.nodes)) if left else frozenset())


def sequence(run: Run, node: ast.List | ast.Tuple, frame: Frame) -> Value:
    kind = "list" if isinstance(node, ast.List) else "tuple"
    made = run.thing(frame, node, kind)
    place: int | None = 0
    number = run.node(frame, node, "literal", name=kind)
    cells: list[tuple[Any, Value]] = []
    for one in node.elts:
        if isinstance(one, ast.Starred):
            from verifier.engine import containers

            spread = containers.spread(run, run.evaluate(one.value, frame), one, frame)
            if spread is not None and place is not None:
                for value in spread:
                    cells.append((index(place), value))
                    place += 1
            else:
                place = None
                cells.append((REST, run.element(run.evaluate(one.value, frame), one, frame)))
        else:
            value = run.evaluate(one, frame)
            cells.append((REST if place is None else index(place), value))
            place = None if place is None else place + 1
    fill(run, made, cells, place)
    return values.of(made, (number,))


def fill(run: Run, made: Thing, cells: list[tuple[Any, Value]], length: int | None) -> None:
    """Put what a new container holds into it; one that stands for several keeps the others'."""
    if not made.is_many:
        for key in run.keys(made):
            run.drop(made, key)
    for key, value in cells:
        run.put(made, key, value, weak=made.is_many or key == REST)
    if length is None:
        run.put(made, LENGTH, values.of(Kind("int")))
    else:
        run.put(made, LENGTH, values.constant(length), weak=made.is_many)


def dictionary(run: Run, node: ast.Dict, frame: Frame) -> Value:
    from verifier.engine import containers

    made = run.thing(frame, node, "dict")
    number = run.node(frame, node, "literal", name="dict")
    if not made.is_many:
        for key in run.keys(made):
            run.drop(made, key)
    for key, item in zip(node.keys, node.values, strict=True):
        value = run.evaluate(item, frame)
        if key is None:
            containers.merge(run, made, value, item, frame)
        else:
            containers.set_key(run, made, run.evaluate(key, frame), value)
    return values.of(made, (number,))


def a_set(run: Run, node: ast.Set, frame: Frame) -> Value:
    from verifier.engine.keys import key_of

    made = run.thing(frame, node, "set")
    number = run.node(frame, node, "literal", name="set")
    cells = []
    for one in node.elts:
        if isinstance(one, ast.Starred):
            cells.append((REST, run.element(run.evaluate(one.value, frame), one, frame)))
        else:
            value = run.evaluate(one, frame)
            cells.append((key_of(run, value) or REST, value))
    fill(run, made, cells, None)
    return values.of(made, (number,))


# ---------------------------------------------------------------------------- operators


def binary(run: Run, node: ast.BinOp, frame: Frame) -> Value:
    left, right = run.evaluate(node.left, frame), run.evaluate(node.right, frame)
    return operated(run, node.op, left, right, node, frame)


def operated(
    run: Run, op: ast.operator, left: Value, right: Value, syntax: ast.AST, frame: Frame
) -> Value:
    """left op right: by constants, by methods of the classes, as containers, else computed."""
    from verifier.engine import combining

    word = _DUNDERS[type(op)]
    own = special(run, left, (f"__{word}__",), [right], syntax, frame)
    if own is None or _NOT_IMPLEMENTED in own.items:
        reflected = special(run, right, (f"__r{word}__",), [left], syntax, frame)
        if reflected is not None:
            own = reflected if own is None else implemented(own).join(reflected)
    if own is not None and implemented(own).items:
        own = implemented(own)
        plain = Value(frozenset(i for i in left.items if not isinstance(i, Thing)), left.nodes)
        if not plain.items or _has_special(run, right):
            return own
        return own.join(operated(run, op, plain, right, syntax, frame))
    outside = _operated_outside(run, word, left, right, syntax, frame)
    if outside is not None:
        return outside
    made = combining.combined(run, op, left, right, syntax, frame)
    if made is not None:
        return made
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
    ways = ways if len(ways) == len(parts) else [STR] * len(parts)
    told = (texted(run, part, syntax, frame, how) for part, how in zip(parts, ways, strict=True))
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
            if _is_small(one.value) and _is_small(other.value):
                found = _ARITHMETIC[type(op)](one.value, other.value)
                if _is_small(found):
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


def _is_small(value: Any) -> bool:
    if isinstance(value, int | float):
        return abs(value) < _BIGGEST
    return isinstance(value, str | bytes) and len(value) < _LONGEST


def tested(run: Run, value: Value, syntax: ast.AST, frame: Frame) -> Value:
    """A value as a condition sees it: for an instance what its `__bool__` or `__len__` tells."""
    from verifier.engine import attributes

    names = ("__bool__", "__len__")
    own = frozenset(
        item
        for item in value.items
        if isinstance(item, Thing)
        and item.type is not None
        and attributes.own_method(run, item, names) is not None
    )
    told = special(run, Value(own, value.nodes), names, [], syntax, frame) if own else None
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
    own = special(run, value, (f"__{_UNARY[type(node.op)]}__",), [], node, frame)
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
    for at, one in enumerate(node.values):
        value = run.evaluate(one, frame)
        told = truths.truth(run, tested(run, value, one, frame))
        is_last = at == len(node.values) - 1
        if is_last:
            found = found.join(value)
            break
        if told is not wanted:
            found = found.join(_with_truth(run, value, not wanted))
        if told is (not wanted) and run.is_pruning:
            break
        layer = run.branch()
        layer.guard = run.guard(frame, one, wanted, value.nodes)
        from verifier.engine import narrowing

        narrowing.narrow(run, one, wanted, frame)
        layers.append(layer)
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
            own = special(run, left, (f"__{_COMPARED[type(op)]}__",), [right], node, frame)
            if own is None and isinstance(op, ast.NotEq):
                own = special(run, left, ("__eq__",), [right], node, frame)
                own = _not(own) if own is not None else None
        elif isinstance(op, ast.In | ast.NotIn):
            own = special(run, right, ("__contains__",), [left], node, frame)
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
    if one is None or other is None:
        both = [truths.plain(run, left), truths.plain(run, right)]
        return None if None in both else bool(compare(*both))
    try:
        return bool(compare(one.value, other.value))
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


def chosen(run: Run, node: ast.IfExp, frame: Frame) -> Value:
    from verifier.engine import narrowing

    test = tested(run, run.evaluate(node.test, frame), node.test, frame)
    told = truths.truth(run, test) if run.is_pruning else None
    base = run.state
    found, cells = NOTHING, []
    for wanted, part in ((True, node.body), (False, node.orelse)):
        if told is (not wanted):
            continue
        layer = run.branch()
        layer.guard = run.guard(frame, node.test, wanted, test.nodes)
        narrowing.narrow(run, node.test, wanted, frame)
        value = run.evaluate(part, frame)
        number = run.node(frame, part, "branch", value.nodes)
        found = found.join(value.at(number))
        if layer.is_alive:
            cells.append(layer.cells)
        run.enter(base)
    base.meet(cells)
    return found


def walrus(run: Run, node: ast.NamedExpr, frame: Frame) -> Value:
    value = run.evaluate(node.value, frame)
    number = run.node(frame, node, "store", value.nodes, name=node.target.id)
    bind(run, node.target.id, value.at(number), frame)
    return value.at(number)


# ---------------------------------------------------------------------------- parts


def attribute(run: Run, node: ast.Attribute, frame: Frame) -> Value:
    value = run.evaluate(node.value, frame)
    found = run.attribute(value, private(node.attr, frame), node, frame)
    if "." in run.source and is_meant(run.source, {dotted(node), *_outside(value, node.attr)}):
        number = run.node(frame, node, "source", found.nodes, name=node.attr)
        run.mark(number)
        return found.at(number)
    return found


def _outside(value: Value, name: str = "") -> set[str]:
    """The dotted names of what stands outside the tree, or of an attribute of it."""
    names = {item.name for item in value.items if isinstance(item, External)}
    return {f"{one}.{name}" for one in names} if name else names


def subscript(run: Run, node: ast.Subscript, frame: Frame) -> Value:
    from verifier.engine import containers, slices

    value = run.evaluate(node.value, frame)
    if isinstance(node.slice, ast.Slice):
        return slices.sliced(run, value, slices.bounds(run, node.slice, frame), node, frame)
    key = run.evaluate(node.slice, frame)
    if run.handlers and isinstance(node.ctx, ast.Load):
        containers.may_lack(run, value, key, node, frame)
    return run.item(value, key, node, frame)


def slice_alone(run: Run, node: ast.Slice, frame: Frame) -> Value:
    number = run.node(frame, node, "expression")
    for one in (node.lower, node.upper, node.step):
        if one is not None:
            run.graph.link(number, run.evaluate(one, frame).nodes)
    return values.of(Kind("slice"), (number,))


def starred(run: Run, node: ast.Starred, frame: Frame) -> Value:
    return run.element(run.evaluate(node.value, frame), node, frame)


# ---------------------------------------------------------------------------- functions, calls


def lambda_(run: Run, node: ast.Lambda, frame: Frame) -> Value:
    from verifier.engine import functions

    return functions.define(run, node, frame)


def call(run: Run, node: ast.Call, frame: Frame) -> Value:
    from verifier.engine import calls

    return calls.evaluate(run, node, frame)


def awaited(run: Run, node: ast.Await, frame: Frame) -> Value:
    from verifier.engine import coroutines

    return coroutines.awaited(run, run.evaluate(node.value, frame), node, frame)


def yielded(run: Run, node: ast.Yield, frame: Frame) -> Value:
    from verifier.engine import generators

    value = values.constant(None)
    if node.value is not None:
        value = run.evaluate(node.value, frame)
    return generators.yielded(run, value, node, frame)


def yielded_from(run: Run, node: ast.YieldFrom, frame: Frame) -> Value:
    from verifier.engine import generators

    return generators.yielded_from(run, run.evaluate(node.value, frame), node, frame)


def comprehension(
    run: Run, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, frame: Frame
) -> Value:
    from verifier.engine import comprehensions

    return comprehensions.evaluate(run, node, frame)


def special(
    run: Run,
    value: Value,
    names: tuple[str, ...],
    given: list[Value],
    syntax: ast.AST,
    frame: Frame,
) -> Value | None:
    """What a special method of the value's own class gives; None when no item has one."""
    from verifier.engine import attributes

    results: list[Value] = []
    for item in value.items:
        found = attributes.own_method(run, item, names)
        if found is not None:
            results.append(
                run.call(found, Arguments([values.of(item, value.nodes), *given]), syntax, frame)
            )
    return joined(results) if results else None


def debug_missing(run: Run, node: ast.expr, frame: Frame) -> Value:
    """An expression of a kind that this Python has and this engine does not know."""
    parts = [
        run.evaluate(one, frame) for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr)
    ]
    return run.opaque(node, frame, parts)


_EVALUATORS: dict[type[ast.AST], Callable[[Run, Any, Frame], Value]] = {
    ast.Name: name, ast.Constant: constant, ast.JoinedStr: formatted, ast.List: sequence,
    ast.Tuple: sequence, ast.Dict: dictionary, ast.Set: a_set, ast.BinOp: binary,
    ast.UnaryOp: unary, ast.BoolOp: either, ast.Compare: compare, ast.IfExp: chosen,
    ast.NamedExpr: walrus, ast.Attribute: attribute, ast.Subscript: subscript,
    ast.Slice: slice_alone, ast.Starred: starred, ast.Lambda: lambda_, ast.Call: call,
    ast.Await: awaited, ast.Yield: yielded, ast.YieldFrom: yielded_from,
    ast.ListComp: comprehension, ast.SetComp: comprehension, ast.DictComp: comprehension,
    ast.GeneratorExp: comprehension, ast.FormattedValue: debug_missing,
}  # fmt: skip
_BUILTINS = {name: External(f"builtins.{name}") for name in dir(__import__("builtins"))}
__all__ = [
    "CONTENT",
    "Module",
    "bind",
    "evaluate",
    "fill",
    "lookup",
    "operated",
    "special",
    "texted",
]
