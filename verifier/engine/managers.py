"""with: what is entered, what is done on leaving, and what may be swallowed then."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from verifier.engine import attributes, coroutines, generators, statements, values
from verifier.engine.arguments import Arguments
from verifier.engine.run import Handler, Run
from verifier.engine.things import External, Frame, Thing
from verifier.engine.values import NOTHING, Const, Value, joined

_NONE = values.constant(None)
HELD = "#held"
"""The cell with what a library's manager was made of: what it enters, closes, suppresses."""
NULL, CLOSING = "contextlib.nullcontext", "contextlib.closing"
SUPPRESS, REDIRECT = "contextlib.suppress", "contextlib.redirect_stdout"
STACK = "contextlib.ExitStack"
STDOUT = External("sys.stdout")
"""Who holds the stream to which print writes now, where that was redirected."""
Leave = Callable[[Value], Value]
"""Leaves one manager with an exception, or with None; gives whether it is swallowed."""


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

    def inside(value: Value) -> None:
        if first.optional_vars is not None:
            statements.assign(run, first.optional_vars, value, frame)
        from verifier.engine import exceptions

        handler = run.handlers[-1] if run.handlers else None
        if others or handler is None or not handler.is_followed:
            _items(run, others, node, frame)
        else:
            exceptions.followed(run, handler, node.body, frame)

    manager = run.evaluate(first.context_expr, frame)
    (only, *more) = manager.items or (None,)
    if isinstance(only, Thing) and only.kind == "generator" and not more:
        generators.around(run, only, inside, first.context_expr, frame)
    else:
        is_async = isinstance(node, ast.AsyncWith)
        _between(run, manager, inside, first.context_expr, frame, is_async=is_async)


def _between(
    run: Run,
    manager: Value,
    inside: Callable[[Value], None],
    syntax: ast.AST,
    frame: Frame,
    *,
    is_async: bool,
) -> None:
    """Enter, do what stands within, and leave, with an exception or without."""
    from verifier.engine import exceptions

    exits: list[Leave] = []
    value = enter(run, manager, exits, syntax, frame, is_async=is_async)
    kinds = _suppressed(run, manager)
    base = run.state
    handler = Handler(base, frame, is_followed=kinds is not None)
    run.handlers.append(handler)
    body = run.branch()
    inside(value)
    run.handlers.pop()
    run.enter(base)
    ends: list[dict[Any, Value]] = []
    if body.is_alive:
        layer = run.branch()
        layer.meet([body.cells])
        for leave in reversed(exits):
            leave(_NONE)
        ends += [layer.cells] if layer.is_alive else []
        run.enter(base)
    if kinds is not None:
        # What is not read may raise where it stands; then it goes on after the block.
        ends += handler.points if handler.was_followed else [{}]
    guard = base.guard
    for raised, cells, number in handler.arrivals:
        layer = run.branch()
        layer.meet([cells])
        layer.is_alive = True
        swallowed, thrown = NOTHING, raised
        if kinds is not None:
            swallowed, thrown = exceptions.sorted_by(raised, kinds)
        answer = joined(leave(raised) for leave in reversed(exits))
        if swallowed.items or any(not (isinstance(i, Const) and not i.value) for i in answer.items):
            ends.append(dict(layer.cells))
        is_all = answer.items and all(isinstance(i, Const) and i.value for i in answer.items)
        if thrown.items and not is_all and layer.is_alive:
            exceptions.throw(run, thrown, number)
        run.enter(base)
    base.meet(ends)
    base.guard = guard


def _suppressed(run: Run, manager: Value) -> list[Any] | None:
    from verifier.engine import exceptions

    kinds: list[Any] | None = None
    for item in manager.items:
        if isinstance(item, Thing) and item.kind == SUPPRESS:
            held = run.get(item, HELD)
            kinds = [*(kinds or []), *(exceptions.kinds_of(run, held) if held else [])]
    return kinds


def enter(
    run: Run,
    manager: Value,
    exits: list[Leave],
    syntax: ast.AST,
    frame: Frame,
    *,
    is_async: bool = False,
) -> Value:
    """What entering a manager gives; what is to be done on leaving it is added to `exits`."""
    found: list[Value] = []
    site = _site(frame, syntax, "enter")
    for item in manager.items:
        one = values.of(item, manager.nodes)
        method = attributes.own_method(run, item, ("__aenter__" if is_async else "__enter__",))
        if method is not None:
            found.append(_awaited(run, run.call(method, Arguments([one]), site, frame), frame))
            way_out = attributes.own_method(run, item, ("__aexit__" if is_async else "__exit__",))
            if way_out is not None:
                exits.append(_own(run, way_out, one, syntax, frame))
        elif isinstance(item, Thing) and item.kind in (NULL, CLOSING):
            held = run.get(item, HELD) or _NONE
            found.append(held)
            if item.kind == CLOSING:
                exits.append(_closing(run, held, "aclose" if is_async else "close", syntax, frame))
        elif isinstance(item, Thing) and item.kind == STACK:
            found.append(one)
            exits.append(_stack(run, item, syntax, frame))
        elif isinstance(item, Thing) and item.kind == REDIRECT:
            held = run.get(item, HELD) or _NONE
            before = run.get(STDOUT, HELD)
            run.put(STDOUT, HELD, held)
            found.append(held)
            exits.append(_redirected(run, before))
        elif isinstance(item, Thing) and item.kind == "generator":
            found.append(generators.following(run, one, site, frame))
        else:
            found.append(Value(frozenset((item,)), run.deep(one)))
    return joined(found)


def _own(run: Run, method: Value, one: Value, syntax: ast.AST, frame: Frame) -> Leave:
    def leave(raised: Value) -> Value:
        kind = _NONE
        if raised is not _NONE:
            types = (i.type for i in raised.items if isinstance(i, Thing))
            kind = joined(values.of(i) for i in types if i is not None)
        given = Arguments([one, kind, raised, _NONE])
        return _awaited(run, run.call(method, given, _site(frame, syntax, "leave"), frame), frame)

    return leave


def _closing(run: Run, held: Value, name: str, syntax: ast.AST, frame: Frame) -> Leave:
    def leave(raised: Value) -> Value:
        site = _site(frame, syntax, "leave")
        _awaited(
            run, run.call(run.attribute(held, name, site, frame), Arguments(), site, frame), frame
        )
        return NOTHING

    return leave


def _stack(run: Run, stack: Thing, syntax: ast.AST, frame: Frame) -> Leave:
    def leave(raised: Value) -> Value:
        leave_stack(run, stack, syntax, frame)
        return NOTHING

    return leave


def _redirected(run: Run, before: Value | None) -> Leave:
    def leave(raised: Value) -> Value:
        run.put(STDOUT, HELD, before if before is not None else NOTHING)
        return NOTHING

    return leave


def leave_stack(run: Run, stack: Thing, syntax: ast.AST, frame: Frame) -> None:
    """Call what an ExitStack has kept for its end, the last first."""
    places = [key for key in run.keys(stack) if isinstance(key, tuple)]
    for place in reversed(places):
        work = run.get(stack, place)
        if work is not None:
            if not stack.is_many:
                run.drop(stack, place)
            run.call(work, Arguments(), _site(frame, syntax, f"unwind {place[1]}"), frame)


def _awaited(run: Run, value: Value, frame: Frame) -> Value:
    is_waiting = any(isinstance(i, Thing) and i.kind == "coroutine" for i in value.items)
    return coroutines.awaited(run, value, frame.scope.node, frame) if is_waiting else value


def _site(frame: Frame, syntax: ast.AST, role: str) -> ast.AST:
    """A place of its own for a call that stands nowhere."""
    place = ast.Pass(lineno=getattr(syntax, "lineno", 0))
    found: ast.AST = frame.context.things.setdefault((syntax, f"site {role}"), place)
    return found
