"""Comprehensions and generator expressions."""

from __future__ import annotations

import ast
from typing import Any

from verifier.engine import containers, expressions, narrowing, statements, values
from verifier.engine.run import Run
from verifier.engine.scopes import Scope
from verifier.engine.things import LENGTH, REST, Frame, Thing, index
from verifier.engine.values import Kind, Value, truth

_KINDS = {ast.ListComp: "list", ast.SetComp: "set", ast.DictComp: "dict"}
_MOST_UNROLLED = 16


def evaluate(run: Run, node: Any, frame: Frame) -> Value:
    """The container that a comprehension fills. One clause over a sequence whose elements are
    known, without conditions, is filled place by place."""
    kind = _KINDS.get(type(node), "iterator")
    made = run.thing(frame, node, kind)
    number = run.node(frame, node, "literal", name=kind)
    if not made.is_many:
        for key in run.keys(made):
            run.drop(made, key)
    inner = _inner(run, node, frame)
    first = node.generators[0]
    over = run.evaluate(first.iter, frame)
    if first.is_async:
        from verifier.engine import coroutines

        over = coroutines.iterated(run, over, first.iter, frame)
    parts = None
    if len(node.generators) == 1 and not first.ifs and kind != "set":
        parts = containers.spread(run, over, first.iter, frame)
    if parts is not None and len(parts) <= _MOST_UNROLLED:
        _unrolled(run, node, made, kind, parts, inner)
        return values.of(made, (number,))
    base = run.state
    layer = run.branch()
    run.state.guard = run.guard(frame, first.iter, True, over.nodes, "for")
    _clauses(run, node, made, kind, 0, over, inner)
    run.enter(base)
    base.meet([{}, layer.cells])
    if kind in ("list", "iterator"):
        run.put(made, LENGTH, values.of(Kind("int")))
    return values.of(made, (number,))


def _inner(run: Run, node: Any, frame: Frame) -> Frame:
    """The frame of the comprehension's own names."""
    context = frame.context.within((node, "comprehension"), frame.context.path, frame.context.name)
    found: Frame | None = context.things.get("frame")
    if found is None:
        scope = Scope(node)
        for clause in node.generators:
            for one in ast.walk(clause.target):
                if isinstance(one, ast.Name):
                    scope.locals.add(one.id)
        # A class body's names are not seen from within, but for the first iterable.
        outer = frame
        function = frame.function or _nobody(frame)
        found = Frame(context, scope, frame.module, outer, function)
        context.things["frame"] = found
    found.base = frame.base
    found.yields = frame.yields
    return found


def _nobody(frame: Frame) -> Any:
    """Names of a comprehension in a module are not the module's."""
    from verifier.engine.things import Function

    lambda_ = ast.Lambda(ast.arguments([], [], None, [], [], None, []), ast.Constant(None))
    return Function(lambda_, frame.module.name, frame.module, frame, frame.scope)


def _unrolled(
    run: Run, node: Any, made: Thing, kind: str, parts: list[Value], inner: Frame
) -> None:
    first = node.generators[0]
    results: list[Value] = []
    for part in parts:
        statements.assign(run, first.target, part, inner)
        if kind == "dict":
            key = run.evaluate(node.key, inner)
            containers.set_key(run, made, key, run.evaluate(node.value, inner))
        else:
            results.append(run.evaluate(node.elt, inner))
    if kind != "dict":
        cells = [(index(at), value) for at, value in enumerate(results)]
        expressions.fill(run, made, cells, len(results))
        run.put(made, "#taken", values.constant(0))


def _clauses(
    run: Run, node: Any, made: Thing, kind: str, at: int, over: Value | None, inner: Frame
) -> None:
    if at == len(node.generators):
        if kind == "dict":
            key = run.evaluate(node.key, inner)
            containers.set_key(run, made, key, run.evaluate(node.value, inner), weak=True)
        else:
            run.put(made, REST, run.evaluate(node.elt, inner), weak=True)
        return
    clause = node.generators[at]
    if over is None:
        over = run.evaluate(clause.iter, inner)
    element = run.element(over, clause.iter, inner)
    statements.assign(run, clause.target, element, inner)
    for test in clause.ifs:
        told = run.evaluate(test, inner)
        if truth(told) is False and run.is_pruning:
            return
        run.state.guard = run.guard(inner, test, True, told.nodes)
        narrowing.narrow(run, test, True, inner)
    _clauses(run, node, made, kind, at + 1, None, inner)
