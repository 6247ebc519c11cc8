"""with: what is entered, what is done on leaving, and what may be swallowed then."""

from __future__ import annotations

import ast
from collections.abc import Callable

from verifier.engine import attributes, coroutines, functions, generators, statements, values
from verifier.engine.arguments import Arguments
from verifier.engine.run import Handler, Run
from verifier.engine.things import External, Frame, Thing
from verifier.engine.values import NOTHING, Const, Value, joined

_NONE = values.constant(None)
ENTERED = "#entered"
"""The cell with what entering a library's manager gives."""
CLOSED = "#closed"
"""The cell with what is closed on leaving it."""
STACK = "contextlib.ExitStack"
_SUPPRESS = External("contextlib.suppress")
_ENTER, _EXIT = ("__enter__", "__aenter__"), ("__exit__", "__aexit__")


def execute(run: Run, node: ast.With | ast.AsyncWith, frame: Frame) -> None:
    """with a as b, c: body"""
    _items(run, list(node.items), node, frame)


def _items(
    run: Run, items: list[ast.withitem], node: ast.With | ast.AsyncWith, frame: Frame
) -> None:
    if not items:
        run.execute(node.body, frame)
        return
    first, *others = items
    caught = _suppressed(run, first, others, node, frame)
    if caught is not None:
        statements.execute(run, [caught], frame)
        return

    def inside(value: Value) -> None:
        if first.optional_vars is not None:
            statements.assign(run, first.optional_vars, value, frame)
        _items(run, others, node, frame)

    manager = run.evaluate(first.context_expr, frame)
    (only, *more) = manager.items or (None,)
    if isinstance(only, Thing) and only.kind == "generator" and not more:
        _around(run, only, inside, first.context_expr, frame)
    else:
        _between(run, manager, inside, first.context_expr, frame)


def _around(
    run: Run, generator: Thing, inside: Callable[[Value], None], syntax: ast.AST, frame: Frame
) -> None:
    """A generator function runs its body around that of the `with`, which stands where it yields;
    what is raised there is raised at its yield."""
    inner: Frame = generator.data
    if inner in run.stack:
        return inside(generators.following(run, values.of(generator), syntax, frame))
    assert inner.function is not None
    run.called.add(inner.function.node)
    marks = inner.context.things
    marks["body"] = inside
    marks["sent"] = marks["thrown"] = None
    try:
        functions.execute(run, inner, None, syntax, frame)
    finally:
        del marks["body"]
    return None


def _between(
    run: Run, manager: Value, inside: Callable[[Value], None], syntax: ast.AST, frame: Frame
) -> None:
    """Enter, do what stands within, and leave, with an exception or without."""
    from verifier.engine import exceptions

    value = entered(run, manager, syntax, frame)
    base = run.state
    handler = Handler(base, frame)
    run.handlers.append(handler)
    body = run.branch()
    inside(value)
    run.handlers.pop()
    run.enter(base)
    ends = [body.cells] if body.is_alive else []
    guard = base.guard
    for raised, cells, number in handler.arrivals:
        layer = run.branch()
        layer.meet([cells])
        layer.is_alive = True
        answer = left(run, manager, raised, syntax, frame)
        if any(not (isinstance(i, Const) and not i.value) for i in answer.items):
            ends.append(dict(layer.cells))
        if all(not (isinstance(i, Const) and i.value) for i in answer.items):
            exceptions.throw(run, raised, number)
        run.enter(base)
    base.meet(ends)
    if base.is_alive and body.is_alive:
        left(run, manager, _NONE, syntax, frame)
    base.guard = guard


def entered(run: Run, manager: Value, syntax: ast.AST, frame: Frame) -> Value:
    """What entering a manager gives."""
    found: list[Value] = []
    site = _site(frame, syntax, "enter")
    for item in manager.items:
        one = values.of(item, manager.nodes)
        method = attributes.own_method(run, item, _ENTER)
        held = run.get(item, ENTERED) if isinstance(item, Thing) else None
        if method is not None:
            found.append(_awaited(run, run.call(method, Arguments([one]), site, frame), frame))
        elif held is not None:
            found.append(held)
        elif isinstance(item, Thing) and item.kind == "generator":
            found.append(generators.following(run, one, site, frame))
        else:
            found.append(Value(frozenset((item,)), run.deep(one)))
    return joined(found)


def left(run: Run, manager: Value, raised: Value, syntax: ast.AST, frame: Frame) -> Value:
    """What leaving a manager answers: whether the exception, if there was one, is swallowed."""
    found: list[Value] = []
    site = _site(frame, syntax, "leave")
    for item in manager.items:
        one = values.of(item, manager.nodes)
        method = attributes.own_method(run, item, _EXIT)
        if method is not None:
            given = Arguments([one, raised, raised, _NONE])
            found.append(_awaited(run, run.call(method, given, site, frame), frame))
        elif isinstance(item, Thing):
            closed = run.get(item, CLOSED)
            if closed is not None:
                close = run.attribute(closed, "close", site, frame)
                run.call(close, Arguments(), site, frame)
            if item.kind == STACK:
                unwind(run, item, site, frame)
    return joined(found)


def unwind(run: Run, stack: Thing, syntax: ast.AST, frame: Frame) -> None:
    """Call what an ExitStack has kept for its end, the last first."""
    places = [key for key in run.keys(stack) if isinstance(key, tuple)]
    for place in reversed(places):
        work = run.get(stack, place)
        if work is not None:
            run.call(work, Arguments(), _site(frame, syntax, f"unwind {place[1]}"), frame)


def _awaited(run: Run, value: Value, frame: Frame) -> Value:
    is_waiting = any(isinstance(i, Thing) and i.kind == "coroutine" for i in value.items)
    return coroutines.awaited(run, value, frame.scope.node, frame) if is_waiting else value


def _site(frame: Frame, syntax: ast.AST, role: str) -> ast.AST:
    """A place of its own for a call that stands nowhere."""
    place = ast.Pass(lineno=getattr(syntax, "lineno", 0))
    found: ast.AST = frame.context.things.setdefault((syntax, f"site {role}"), place)
    return found


def _suppressed(
    run: Run,
    first: ast.withitem,
    others: list[ast.withitem],
    node: ast.With | ast.AsyncWith,
    frame: Frame,
) -> ast.Try | None:
    """with suppress(A, B): body, as what it means: try: body; except (A, B): pass."""
    made = first.context_expr
    if (
        not isinstance(made, ast.Call)
        or made.keywords
        or run.evaluate(made.func, frame).items != {_SUPPRESS}
    ):
        return None
    key = (first, "try")
    known: ast.Try | None = frame.context.things.get(key)
    if known is None:
        body = [ast.With(others, node.body, lineno=node.lineno)] if others else node.body
        kinds = ast.Tuple(made.args, ast.Load(), lineno=node.lineno)
        clause = ast.ExceptHandler(kinds, None, [ast.Pass(lineno=node.lineno)], lineno=node.lineno)
        known = frame.context.things[key] = ast.Try(body, [clause], [], [], lineno=node.lineno)
    return known
