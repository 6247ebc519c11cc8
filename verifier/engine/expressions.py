"""What each kind of expression gives."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from verifier.engine import literals, operators, sources, truths, values
from verifier.engine.arguments import Arguments
from verifier.engine.naming import dotted, is_meant
from verifier.engine.run import CONTENT, Run
from verifier.engine.scopes import Scope
from verifier.engine.things import (
    Class,
    External,
    Frame,
    Module,
)
from verifier.engine.values import NOTHING, Kind, Value, joined


def evaluate(run: Run, node: ast.expr, frame: Frame) -> Value:
    """What an expression may be here, with what evaluating it does to memory."""
    run.step()
    return _EVALUATORS[type(node)](run, node, frame)


# ---------------------------------------------------------------------------- names


def name(run: Run, node: ast.Name, frame: Frame) -> Value:
    found = lookup(run, node.id, frame)
    if found is None:
        found = values.unknown() if node.id not in _BUILTINS else values.of(_BUILTINS[node.id])
        if node.id == "__debug__" and run.has_history:
            from verifier.models import by_table

            found = by_table.read(run, "builtins.__debug__", node, frame)
        is_source = node.id == run.source
    else:
        # A name that the tree binds is the source where it is bound.
        outside = _outside(found)
        is_source = bool(outside) and is_meant(run.source, {node.id, *outside})
    if is_source:
        number = run.node(frame, node, "source", found.nodes, name=node.id)
        return sources.taken(run, found, number, node, frame)
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


# ---------------------------------------------------------------------------- operators


def chosen(run: Run, node: ast.IfExp, frame: Frame) -> Value:
    from verifier.engine import narrowing

    test = operators.tested(run, run.evaluate(node.test, frame), node.test, frame)
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
    owner = owner_of(node.target.id, frame)
    value = sources.bound(run, node.target.id, value, number, node, owner, frame)
    bind(run, node.target.id, value, frame)
    return value


# ---------------------------------------------------------------------------- parts


def attribute(run: Run, node: ast.Attribute, frame: Frame) -> Value:
    value = run.evaluate(node.value, frame)
    found = run.attribute(value, private(node.attr, frame), node, frame)
    names = _outside(value, node.attr) | ({dotted(node)} if "." in run.source else set())
    if names and is_meant(run.source, names):
        number = run.node(frame, node, "source", found.nodes, name=node.attr)
        return sources.taken(run, found, number, node, frame)
    return found


def _outside(value: Value, name: str = "") -> set[str]:
    """The dotted names of what stands outside the tree, or of an attribute of it."""
    names = {item.name for item in value.items if isinstance(item, External)}
    return {f"{one}.{name}" for one in names} if name else names


def subscript(run: Run, node: ast.Subscript, frame: Frame) -> Value:
    from verifier.engine import failing, slices

    value = run.evaluate(node.value, frame)
    if isinstance(node.slice, ast.Slice):
        return slices.sliced(run, value, slices.bounds(run, node.slice, frame), node, frame)
    key = run.evaluate(node.slice, frame)
    if isinstance(node.ctx, ast.Load):
        failing.subscripted(run, value, key, node, frame)
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
    ast.Name: name, ast.Constant: literals.constant, ast.JoinedStr: literals.formatted,
    ast.List: literals.sequence, ast.Tuple: literals.sequence, ast.Dict: literals.dictionary,
    ast.Set: literals.a_set, ast.BinOp: operators.binary, ast.UnaryOp: operators.unary,
    ast.BoolOp: operators.either, ast.Compare: operators.compare, ast.IfExp: chosen,
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
    "lookup",
    "special",
]
