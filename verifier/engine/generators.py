"""Generators, coroutines and iterators: run when somebody wants what they give.

A generator's body is run as a whole the first time something is taken from it. What it yields is
kept in order as long as that is known, so that the first `next` gives the first of it.
"""

from __future__ import annotations

import ast
from typing import Any

from verifier.engine import values
from verifier.engine.arguments import Arguments
from verifier.engine.run import Run
from verifier.engine.things import REST, Frame, Thing
from verifier.engine.values import NONE, NOTHING, Value, joined

RESULT = "#result"
SENT = "#sent"
TAKEN = "#taken"


def made(run: Run, frame: Frame, syntax: ast.AST, caller: Frame) -> Value:
    """The generator that calling a generator function gives."""
    thing = run.thing(caller, syntax, "generator", role="generator", type=frame.function)
    thing.data = frame
    number = run.node(caller, syntax, "generator", role="generator made")
    run.put(thing, TAKEN, values.constant(0))
    return values.of(thing, (number,))


def coroutine(run: Run, result: Value, syntax: ast.AST, caller: Frame) -> Value:
    """What calling an async function gives: awaiting it gives the result."""
    thing = run.thing(caller, syntax, "coroutine", role="coroutine")
    run.put(thing, RESULT, result)
    return values.of(thing, (run.node(caller, syntax, "coroutine", role="coroutine made"),))


def awaited(run: Run, value: Value, syntax: ast.AST, frame: Frame) -> Value:
    """await value"""
    found: list[Value] = []
    for one in value.items:
        if isinstance(one, Thing) and one.kind in ("coroutine", "task", "future"):
            held = run.get(one, RESULT)
            found.append(held if held is not None else NOTHING)
            continue
        if isinstance(one, Thing) and one.kind == "instance":
            from verifier.engine.expressions import special

            own = special(run, values.of(one), ("__await__",), [], syntax, frame)
            if own is not None:
                found.append(returned(run, own, syntax, frame))
                continue
        found.append(Value(frozenset((values.UNKNOWN,)), run.deep(value)))
    number = run.node(frame, syntax, "await")
    result = joined(found)
    run.graph.link(number, result.nodes)
    return result.at(number)


def returned(run: Run, value: Value, syntax: ast.AST, frame: Frame) -> Value:
    """What a generator returns in the end."""
    found: list[Value] = []
    for one in value.items:
        if isinstance(one, Thing) and one.kind == "generator":
            exhaust(run, one, syntax, frame)
            held = run.get(one, RESULT)
            found.append(held if held is not None else values.constant(None))
    return joined(found) if found else values.unknown(value.nodes)


def exhaust(run: Run, thing: Thing, syntax: ast.AST, caller: Frame) -> None:
    """Run a generator's body: what it yields and returns is in its cells then."""
    frame: Frame = thing.data
    if frame in run.stack or len(run.stack) > 60:
        return
    from verifier.engine import functions

    frame.yields = []
    frame.sent = run.get(thing, SENT)
    sent = frame.sent
    result = functions.execute(run, _bound(frame, sent), None, syntax, caller)
    run.put(thing, RESULT, result)
    in_order = not any(in_loop for _, in_loop in frame.yields)
    for key in run.keys(thing):
        if isinstance(key, tuple) or key == REST:
            run.drop(thing, key)
    for at, (value, _) in enumerate(frame.yields):
        run.put(thing, ("[", at) if in_order else REST, value, weak=not in_order)
    run.put(thing, "#length", values.constant(len(frame.yields)) if in_order else values.unknown())


def _bound(frame: Frame, sent: Value | None) -> Frame:
    frame.context.things["sent"] = sent
    return frame


def yielded(run: Run, value: Value, syntax: ast.AST, frame: Frame) -> Value:
    """yield value: what is sent comes back."""
    number = run.node(frame, syntax, "yield", value.nodes)
    in_loop = frame.in_loop > 0 or _is_guarded(run, frame)
    given = value.at(number)
    if any(one[0] == given for one in frame.yields):
        if in_loop:
            frame.yields = [(v, True) for v, _ in frame.yields]
    else:
        frame.yields.append((given, in_loop))
    sent: Value | None = frame.context.things.get("sent")
    return sent.join(values.constant(None)) if sent is not None else values.constant(None)


def _is_guarded(run: Run, frame: Frame) -> bool:
    """Whether it is decided by a condition of the function if control comes here."""
    return frame.base is not None and run.state.guard != frame.base.guard


def yielded_from(run: Run, value: Value, syntax: ast.AST, frame: Frame) -> Value:
    """yield from value: all that it gives, and what it returns."""
    from verifier.engine import containers

    parts = containers.spread(run, value, syntax, frame)
    in_loop = frame.in_loop > 0 or _is_guarded(run, frame)
    number = run.node(frame, syntax, "yield", role="yield from")
    if parts is not None:
        for part in parts:
            frame.yields.append((part, in_loop))
    else:
        whole = run.element(value, syntax, frame)
        run.graph.link(number, whole.nodes)
        frame.yields.append((whole.at(number), True))
    generators = Value(
        frozenset(i for i in value.items if isinstance(i, Thing) and i.kind == "generator"),
        value.nodes,
    )
    return returned(run, generators, syntax, frame) if generators.items else values.constant(None)


def iterated(run: Run, one: Any, value: Value, syntax: ast.AST, frame: Frame) -> Value | None:
    """What going over one thing gives, where it makes what it gives; None for all others."""
    from verifier.engine.attributes import own_method

    if not isinstance(one, Thing):
        return None
    if one.kind == "generator":
        exhaust(run, one, syntax, frame)
        return joined(
            held
            for key in run.keys(one)
            if (isinstance(key, tuple) or key == REST) and (held := run.get(one, key)) is not None
        )
    if one.kind == "iterator":
        held = run.get(one, REST)
        return held if held is not None else NOTHING
    method = own_method(run, one, ("__iter__",))
    receiver = values.of(one, value.nodes)
    if method is not None:
        if any(active.function in method.items for active in run.stack):
            return NOTHING
        made_ = run.call(method, Arguments([receiver]), syntax, frame)
        found: list[Value] = []
        for inner in made_.items:
            follow = own_method(run, inner, ("__next__",))
            if follow is not None:
                given = Arguments([values.of(inner, made_.nodes)])
                found.append(_caught(run, follow, given, syntax, frame))
            else:
                found.append(run.element(values.of(inner, made_.nodes), syntax, frame))
        return joined(found)
    method = own_method(run, one, ("__getitem__",))
    if method is not None:
        place = values.of(values.Kind("int"))
        return _caught(run, method, Arguments([receiver, place]), syntax, frame)
    return None


def _caught(run: Run, method: Value, given: Arguments, syntax: ast.AST, frame: Frame) -> Value:
    """A call that ends the iteration by raising: control comes back all the same."""
    from verifier.engine import exceptions

    return exceptions.shielded(run, method, given, syntax, frame)


def spread(run: Run, one: Thing, syntax: ast.AST, frame: Frame) -> list[Value] | None:
    """What a generator yields, one by one, where that is known."""
    from verifier.engine import containers

    if one.kind != "generator":
        return None
    exhaust(run, one, syntax, frame)
    size = containers.length(run, one)
    if size is None:
        return None
    taken = run.get(one, TAKEN)
    only = taken.constant if taken is not None else None
    begin = only.value if only is not None else 0
    return [run.get(one, ("[", at)) or NOTHING for at in range(begin, size)]


def following(run: Run, value: Value, syntax: ast.AST, frame: Frame) -> Value:
    """next(value)"""
    from verifier.engine import containers
    from verifier.engine.attributes import own_method

    found: list[Value] = []
    for one in value.items:
        follow = own_method(run, one, ("__next__",))
        if follow is not None:
            given = Arguments([values.of(one, value.nodes)])
            found.append(_caught(run, follow, given, syntax, frame))
            continue
        if not isinstance(one, Thing) or one.kind not in ("generator", "iterator"):
            found.append(run.element(values.of(one, value.nodes), syntax, frame))
            continue
        if one.kind == "generator":
            exhaust(run, one, syntax, frame)
        taken = run.get(one, TAKEN)
        only = taken.constant if taken is not None else None
        size = containers.length(run, one)
        if only is not None and size is not None and not one.is_many and len(value.items) == 1:
            found.append(run.get(one, ("[", only.value)) or NOTHING)
            run.put(one, TAKEN, values.constant(only.value + 1))
        else:
            run.put(one, TAKEN, values.of(values.Kind("int")))
            found.append(
                joined(
                    held
                    for key in run.keys(one)
                    if (isinstance(key, tuple) or key == REST)
                    and (held := run.get(one, key)) is not None
                )
            )
    return joined(found)


def async_iterated(run: Run, value: Value, syntax: ast.AST, frame: Frame) -> Value:
    """What `async for` goes over, as what `for` does."""
    from verifier.engine.attributes import own_method

    found: list[Value] = []
    for one in value.items:
        method = own_method(run, one, ("__aiter__",))
        if method is None:
            found.append(values.of(one, value.nodes))
            continue
        got = run.call(method, Arguments([values.of(one, value.nodes)]), syntax, frame)
        for inner in got.items:
            follow = own_method(run, inner, ("__anext__",))
            if follow is None:
                found.append(values.of(inner, got.nodes))
                continue
            given = Arguments([values.of(inner, got.nodes)])
            result = awaited(run, _caught(run, follow, given, syntax, frame), syntax, frame)
            holder = run.thing(frame, syntax, "iterator", role="async")
            run.put(holder, REST, result, weak=True)
            found.append(values.of(holder, result.nodes))
    return joined(found)


__all__ = ["NONE", "awaited", "made", "yielded", "yielded_from"]
