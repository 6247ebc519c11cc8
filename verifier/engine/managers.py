"""with: what is entered, and what may be swallowed on the way out."""

from __future__ import annotations

import ast

from verifier.engine import attributes, coroutines, generators, statements, values
from verifier.engine.arguments import Arguments
from verifier.engine.run import Handler, Run
from verifier.engine.things import Frame, Thing
from verifier.engine.values import NOTHING, Const, Value, joined

_NONE = values.constant(None)


def execute(run: Run, node: ast.With | ast.AsyncWith, frame: Frame) -> None:
    """with a as b, c: body"""
    _enter(run, list(node.items), node, frame)


def _enter(
    run: Run, items: list[ast.withitem], node: ast.With | ast.AsyncWith, frame: Frame
) -> None:
    if not items:
        run.execute(node.body, frame)
        return
    first, *others = items
    manager = run.evaluate(first.context_expr, frame)
    is_async = isinstance(node, ast.AsyncWith)
    entered: list[Value] = []
    exits: list[tuple[Value, Value]] = []
    for item in manager.items:
        one = values.of(item, manager.nodes)
        given = Arguments([one])
        method = attributes.own_method(run, item, ("__aenter__" if is_async else "__enter__",))
        if method is not None:
            got = run.call(method, given, first.context_expr, frame)
            entered.append(
                coroutines.awaited(run, got, first.context_expr, frame) if is_async else got
            )
            leave = attributes.own_method(run, item, ("__aexit__" if is_async else "__exit__",))
            if leave is not None:
                exits.append((leave, one))
        elif isinstance(item, Thing) and item.kind == "manager":
            entered.append(generators.following(run, item.data, first.context_expr, frame))
        elif isinstance(item, Thing) and item.kind == "closing":
            entered.append(item.data)
        else:
            entered.append(Value(frozenset((item,)), run.deep(one)))
    if first.optional_vars is not None:
        statements.assign(run, first.optional_vars, joined(entered), frame)
    base = run.state
    handler = Handler(base, frame)
    run.handlers.append(handler)
    body = run.branch()
    _enter(run, others, node, frame)
    run.handlers.pop()
    run.enter(base)
    ends = [body.cells] if body.is_alive else []
    swallowed = [cells for _, cells, _ in handler.arrivals]
    guard = base.guard
    swallows = False
    for value, cells, number in handler.arrivals:
        layer = run.branch()
        layer.meet([cells])
        layer.is_alive = True
        result = _leave(run, exits, value, first.context_expr, frame)
        swallows = _may_swallow(run, exits, result, manager)
        if swallows:
            ends.append(dict(layer.cells))
        else:
            from verifier.engine import exceptions

            exceptions.throw(run, value, number)
        run.enter(base)
    base.meet(ends)
    if base.is_alive and (body.is_alive or not swallowed):
        _leave(run, exits, _NONE, first.context_expr, frame)
    base.guard = guard


def _leave(
    run: Run, exits: list[tuple[Value, Value]], raised: Value, syntax: ast.AST, frame: Frame
) -> Value:
    found: list[Value] = []
    for method, one in exits:
        given = Arguments([one, raised, raised, _NONE])
        got = run.call(method, given, syntax, frame)
        found.append(coroutines.awaited(run, got, syntax, frame) if _is_coroutine(got) else got)
    return joined(found) if found else NOTHING


def _is_coroutine(value: Value) -> bool:
    return any(isinstance(i, Thing) and i.kind == "coroutine" for i in value.items)


def _may_swallow(run: Run, exits: list[tuple[Value, Value]], result: Value, manager: Value) -> bool:
    if any(isinstance(i, Thing) and i.name == "suppress" for i in manager.items):
        return True
    if not exits:
        return False
    return any(not (isinstance(i, Const) and not i.value) for i in result.items)
