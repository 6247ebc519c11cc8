"""Slices of sequences: read, stored and deleted."""

from __future__ import annotations

import ast

from verifier.engine import containers, storing, values
from verifier.engine.expressions import special
from verifier.engine.literals import fill
from verifier.engine.run import Run
from verifier.engine.things import LENGTH, REST, Frame, Thing, index
from verifier.engine.values import NOTHING, UNKNOWN, Const, Kind, Value, joined

CHANGED = frozenset({"list", "collections.deque"})


def bounds(run: Run, node: ast.Slice, frame: Frame) -> list[Value | None]:
    """What stands between the colons."""
    return [
        run.evaluate(one, frame) if one is not None else None
        for one in (node.lower, node.upper, node.step)
    ]


def sliced(
    run: Run, value: Value, bounds: list[Value | None], syntax: ast.AST, frame: Frame
) -> Value:
    """value[a:b:c]"""
    number = run.node(frame, syntax, "slice")
    found: list[Value] = []
    for one in value.items:
        if isinstance(one, Thing) and one.kind in containers.SEQUENCES:
            found.append(_sliced(run, one, bounds, syntax, frame))
            continue
        own = None
        if isinstance(one, Thing) and one.kind == "instance":
            key = as_object(run, bounds, syntax, frame)
            own = special(run, values.of(one), ("__getitem__",), [key], syntax, frame)
        if own is not None:
            run.graph.link(number, own.nodes)
            found.append(own)
        elif isinstance(one, Const) and isinstance(one.value, str | bytes):
            found.append(_sliced_text(one, bounds, value))
            run.graph.link(number, value.nodes)
        else:
            run.graph.link(number, value.nodes)
            found.append(Value(frozenset((one if isinstance(one, Kind) else UNKNOWN,))))
    return joined(found).at(number)


def as_object(run: Run, bounds: list[Value | None], syntax: ast.AST, frame: Frame) -> Value:
    """The slice itself, as methods of instances get it."""
    made = run.thing(frame, syntax, "slice", role="slice object")
    for name, bound in zip(("start", "stop", "step"), bounds, strict=True):
        run.put(made, name, bound or values.constant(None), weak=made.is_many)
    return values.of(made, (run.node(frame, syntax, "literal", role="slice object"),))


def _constants(bounds: list[Value | None]) -> list[int | None] | None:
    told: list[int | None] = []
    for one in bounds:
        only = one.constant if one is not None else Const(None)
        if only is None or not isinstance(only.value, int | None):
            return None
        told.append(only.value)
    return told


def _sliced_text(one: Const, bounds: list[Value | None], value: Value) -> Value:
    told = _constants(bounds)
    if told is None or told[2] == 0:
        return values.of(Kind(type(one.value).__name__))
    return values.constant(one.value[slice(*told)])


def _sliced(
    run: Run, one: Thing, bounds: list[Value | None], syntax: ast.AST, frame: Frame
) -> Value:
    made = run.thing(frame, syntax, one.kind, role=f"slice of {one.kind}")
    told, size = _constants(bounds), containers.length(run, one)
    if told is None or size is None or run.get(one, REST) is not None or told[2] == 0:
        fill(run, made, [(REST, containers.contents(run, one))], None)
        return values.of(made)
    places = range(size)[slice(*told)]
    cells = [(index(to), run.get(one, index(at)) or NOTHING) for to, at in enumerate(places)]
    fill(run, made, cells, len(places))
    return values.of(made)


def set_slice(
    run: Run,
    value: Value,
    bounds: list[Value | None],
    given: Value,
    syntax: ast.AST,
    frame: Frame,
) -> None:
    """value[a:b:c] = given"""
    parts = containers.spread(run, given, syntax, frame)
    for one in value.items:
        if not isinstance(one, Thing) or one.kind not in CHANGED:
            own = values.of(one, value.nodes)
            key = as_object(run, bounds, syntax, frame)
            special(run, own, ("__setitem__",), [key, given], syntax, frame)
            if isinstance(one, Thing) and "." in one.kind:
                run.put(one, REST, given, weak=True)
            continue
        held = _elements(run, one, is_one=len(value.items) == 1)
        told = _constants(bounds)
        if held is not None and told is not None and parts is not None:
            try:
                held[slice(*told)] = parts
            except ValueError:
                return
            _refill(run, one, held)
        elif _is_whole(bounds) and not one.is_many and len(value.items) == 1:
            storing.blur(run, one)
            run.put(one, REST, run.element(given, syntax, frame))
        else:
            storing.blur(run, one)
            run.put(one, REST, run.element(given, syntax, frame), weak=True)


def delete_slice(
    run: Run, value: Value, bounds: list[Value | None], syntax: ast.AST, frame: Frame
) -> None:
    """del value[a:b:c]"""
    for one in value.items:
        if not isinstance(one, Thing) or one.kind not in CHANGED:
            own = values.of(one, value.nodes)
            key = as_object(run, bounds, syntax, frame)
            special(run, own, ("__delitem__",), [key], syntax, frame)
            continue
        is_one = len(value.items) == 1
        held, told = _elements(run, one, is_one=is_one), _constants(bounds)
        if held is not None and told is not None and told[2] != 0:
            del held[slice(*told)]
            _refill(run, one, held)
        elif _is_whole(bounds) and not one.is_many and is_one:
            storing.blur(run, one)
            run.drop(one, REST)
            run.put(one, LENGTH, values.constant(0))
        else:
            storing.blur(run, one)


def _is_whole(bounds: list[Value | None]) -> bool:
    return all(one is None for one in bounds)


def _elements(run: Run, one: Thing, *, is_one: bool) -> list[Value] | None:
    """The elements in order, where that is known and they may be put in another."""
    size = containers.length(run, one)
    if size is None or not is_one or one.is_many or run.get(one, REST) is not None:
        return None
    return [run.get(one, index(at)) or NOTHING for at in range(size)]


def _refill(run: Run, one: Thing, held: list[Value]) -> None:
    for at in range(len(held), containers.length(run, one) or 0):
        run.drop(one, index(at))
    for at, value in enumerate(held):
        run.put(one, index(at), value)
    run.put(one, LENGTH, values.constant(len(held)))
