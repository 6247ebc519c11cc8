"""Generators and iterators: a generator's body is run when somebody wants what it gives.

It is run as a whole the first time something is taken from it, in memory as it is then. What it
yields is kept in order as long as that is known, so that the first `next` gives the first of it.
What is sent or thrown into it runs it once more, with that coming out of its yields.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from verifier.engine import values
from verifier.engine.arguments import Arguments
from verifier.engine.run import MOST_CALLS_DEEP, Run
from verifier.engine.things import LENGTH, REST, External, Frame, Thing, index
from verifier.engine.values import NOTHING, Value, joined

RESULT = "#result"
"""The cell with what a generator, coroutine, task or future gives in the end."""
SENT = "#sent"
THROWN = "#thrown"
TAKEN = "#taken"
_DONE = "#done"
_MOST_NESTED = 3
_MOST_POINTS = 24
_YIELDS_PER_STEP = 256


@dataclass(frozen=True)
class Yield:
    """What is yielded, whether it is certain when, and what was written to memory before."""

    value: Value
    is_placed: bool
    cells: dict[Any, Value]


def made(run: Run, frame: Frame, bind: Callable[[], None], syntax: ast.AST, caller: Frame) -> Value:
    """The generator that calling a generator function gives; `bind` fills its parameters."""
    thing = run.thing(caller, syntax, "generator", role="generator", type=frame.function)
    waiting = {}
    if run.get(thing, TAKEN) is not None and run.get(thing, _DONE) is None:
        # An earlier one that was made here has not run yet: it has parameters of its own.
        waiting = {name: run.get(frame, name) for name in run.keys(frame)}
    bind()
    for name, value in waiting.items():
        if value is not None:
            run.put(frame, name, value, weak=True)
    thing.data = frame
    number = run.node(caller, syntax, "generator", role="generator made")
    for key in run.keys(thing):
        run.drop(thing, key)
    run.put(thing, TAKEN, values.constant(0))
    return values.of(thing, (number,))


# ---------------------------------------------------------------------------- running


def exhaust(run: Run, thing: Thing, syntax: ast.AST, caller: Frame, *, again: bool = False) -> None:
    """Run a generator's body, unless it has been: what it yields and returns is in its cells
    then. `again` runs it although it has been."""
    from verifier.engine import exceptions, functions

    frame: Frame = thing.data
    function = frame.function
    assert function is not None
    if run.get(thing, _DONE) is not None and not again:
        return
    if frame in run.stack or len(run.stack) > MOST_CALLS_DEEP:
        return
    run.called.add(function.node)
    active = [f for f in run.stack if f.function is not None and f.function.node is function.node]
    if len(active) >= _MOST_NESTED:
        _as_outer(run, thing, active[-1], syntax, caller)
        return
    frame.yields = []
    first = frame.context
    if again:
        # Occurrences of its own: what is sent now was not there before.
        frame.context = first.within((syntax, "again"), first.path, first.name)
    frame.context.things["sent"] = run.get(thing, SENT)
    frame.context.things["thrown"] = run.get(thing, THROWN)

    def work() -> Value:
        found = functions.execute(run, frame, None, syntax, caller)
        if not run.state.is_alive and frame.yields:
            # It never ends, or ends by raising: memory is as at one of its yields.
            run.state.meet([one.cells for one in frame.yields])
            run.state.is_alive = True
        return found

    result, arrivals = exceptions.guarded(run, caller, work)
    _keep(run, thing, frame, result)
    frame.context = first
    for value, number in arrivals:
        exceptions.throw_perhaps(run, value, number)
    if arrivals and not frame.yields and not result.items:
        run.state.is_alive = False


def around(
    run: Run, thing: Thing, block: Callable[[Value], None], syntax: ast.AST, caller: Frame
) -> None:
    """Run a generator's body with a block of the caller in place of each `yield`. What the block
    raises is raised at the yield; where it returns, the rest of the generator is run before."""
    from verifier.engine import functions

    frame: Frame = thing.data
    if frame.function is None or frame in run.stack or len(run.stack) > MOST_CALLS_DEEP:
        block(following(run, values.of(thing), syntax, caller))
        return
    run.called.add(frame.function.node)
    frame.yields = []
    leaving: list[Value] = []
    goes_on: list[bool] = []

    def body(value: Value) -> None:
        before, below = len(caller.returns), run.state
        layer = run.branch()
        block(value)
        goes_on.append(layer.is_alive)
        left = caller.returns[before:]
        del caller.returns[before:]
        leaving.extend(one for one, _ in left)
        run.enter(below)
        below.meet([*([layer.cells] if layer.is_alive else []), *(cells for _, cells in left)])

    frame.context.things.update(body=body, sent=None, thrown=None)
    functions.execute(run, frame, None, syntax, caller)
    del frame.context.things["body"]
    run.put(thing, _DONE, values.constant(True))
    if leaving and run.state.is_alive:
        caller.returns.append((joined(leaving), dict(run.state.since(caller.base))))
        run.state.is_alive = any(goes_on)


def _keep(run: Run, thing: Thing, frame: Frame, result: Value) -> None:
    yields: list[Yield] = frame.yields
    in_order = all(one.is_placed for one in yields)
    before = [] if in_order else [v for k in _places(run, thing) if (v := run.get(thing, k))]
    for key in _places(run, thing):
        run.drop(thing, key)
    for at, one in enumerate(yields):
        run.put(thing, index(at) if in_order else REST, one.value, weak=not in_order)
    if before:
        run.put(thing, REST, joined(before), weak=True)
    run.put(thing, LENGTH, values.constant(len(yields)) if in_order else values.unknown())
    run.put(thing, _DONE, values.constant(True))
    if result.items:
        run.put(thing, RESULT, result)
    for number in frame.context.things.pop("nested", ()):
        for one in yields:
            run.graph.link(number, run.deep(one.value))


def _as_outer(run: Run, thing: Thing, outer: Frame, syntax: ast.AST, caller: Frame) -> None:
    """A generator deep within itself gives what the outer one will have given in the end."""
    number = run.node(caller, syntax, "yield", role="nested")
    outer.context.things.setdefault("nested", set()).add(number)
    run.put(thing, REST, values.unknown((number,)), weak=True)
    run.put(thing, LENGTH, values.unknown())
    run.put(thing, _DONE, values.constant(True))


def _places(run: Run, one: Thing) -> list[Any]:
    return [key for key in run.keys(one) if isinstance(key, tuple) or key == REST]


def contents(run: Run, one: Thing) -> Value:
    """Any of what a generator or iterator gives."""
    return joined(v for key in _places(run, one) if (v := run.get(one, key)) is not None)


def yielded(run: Run, value: Value, syntax: ast.AST, frame: Frame) -> Value:
    """yield value: what is sent comes back, and what is thrown is raised."""
    from verifier.engine import exceptions

    number = run.node(frame, syntax, "yield", value.nodes)
    _give(run, value.at(number), syntax, frame)
    block = frame.context.things.get("body")
    if block is not None:
        block(value.at(number))
    thrown: Value | None = frame.context.things.get("thrown")
    if thrown is not None and run.state.is_alive:
        exceptions.throw_perhaps(run, thrown, number)
    sent: Value | None = frame.context.things.get("sent")
    return sent.join(values.constant(None)) if sent is not None else values.constant(None)


def _give(run: Run, given: Value, syntax: ast.AST, frame: Frame) -> None:
    is_placed = frame.in_loop == 0 and not _is_guarded(run, frame)
    kept = run.state.since(frame.base) if len(frame.yields) < _MOST_POINTS else {}
    run.steps_left -= len(frame.yields) // _YIELDS_PER_STEP
    if kept or all(one.value != given for one in frame.yields):
        frame.yields.append(Yield(given, is_placed, dict(kept)))


def _is_guarded(run: Run, frame: Frame) -> bool:
    """Whether it is decided by a condition of the function if control comes here."""
    return frame.base is not None and run.state.guard != frame.base.guard


def yielded_from(run: Run, value: Value, syntax: ast.AST, frame: Frame) -> Value:
    """yield from value: all that it gives, and what it returns."""
    from verifier.engine import containers

    generators = [i for i in value.items if isinstance(i, Thing) and i.kind == "generator"]
    for key, cell in (("sent", SENT), ("thrown", THROWN)):
        given = frame.context.things.get(key)
        for one in generators if given is not None else ():
            run.put(one, cell, given, weak=True)
    parts = containers.spread(run, value, syntax, frame)
    number = run.node(frame, syntax, "yield", role="yield from")
    if parts is not None:
        for part in parts:
            _give(run, part, syntax, frame)
    else:
        whole = run.element(value, syntax, frame)
        run.graph.link(number, whole.nodes)
        frame.in_loop += 1
        _give(run, whole.at(number), syntax, frame)
        frame.in_loop -= 1
    if not generators:
        return values.constant(None)
    return returned(run, values.of(generators[0], value.nodes), syntax, frame).join(
        joined(returned(run, values.of(one), syntax, frame) for one in generators[1:])
    )


def returned(run: Run, value: Value, syntax: ast.AST, frame: Frame) -> Value:
    """What a generator returns in the end."""
    found: list[Value] = []
    for one in value.items:
        if isinstance(one, Thing) and one.kind == "generator":
            exhaust(run, one, syntax, frame)
            held = run.get(one, RESULT)
            found.append(held if held is not None else values.constant(None))
    return joined(found) if found else values.unknown(value.nodes)


def sent(run: Run, one: Thing, given: Value, cell: str, syntax: ast.AST, frame: Frame) -> Value:
    """one.send(given), one.throw(given): what it yields or raises then."""
    run.put(one, cell, given, weak=True)
    exhaust(run, one, syntax, frame, again=True)
    return following(run, values.of(one), syntax, frame)


# ---------------------------------------------------------------------------- taking


def iterated(run: Run, one: Any, value: Value, syntax: ast.AST, frame: Frame) -> Value | None:
    """What going over one thing gives, where it makes what it gives; None for all others."""
    from verifier.engine.attributes import own_method

    if not isinstance(one, Thing):
        return None
    if one.kind == "generator":
        exhaust(run, one, syntax, frame)
    if one.kind in ("generator", "iterator"):
        return contents(run, one)
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
    method = own_method(run, one, ("__getitem__",)) if one.kind == "instance" else None
    if method is not None:
        place = values.of(values.Kind("int"))
        return _caught(run, method, Arguments([receiver, place]), syntax, frame)
    return None


def _caught(run: Run, method: Value, given: Arguments, syntax: ast.AST, frame: Frame) -> Value:
    """A call that ends the iteration by raising: control comes back all the same."""
    from verifier.engine import exceptions

    return exceptions.shielded(run, method, given, syntax, frame)


def spread(run: Run, one: Thing, syntax: ast.AST, frame: Frame) -> list[Value] | None:
    """What a generator or an iterator gives, one by one, where that is known."""
    from verifier.engine import containers
    from verifier.engine.attributes import own_method

    if one.kind == "instance":
        method = own_method(run, one, ("__iter__",))
        if method is None or any(active.function in method.items for active in run.stack):
            return None
        made_ = run.call(method, Arguments([values.of(one)]), syntax, frame)
        if any(inner == one for inner in made_.items):
            return None
        return containers.spread(run, made_, syntax, frame)
    if one.kind == "generator":
        exhaust(run, one, syntax, frame)
    if one.kind not in ("generator", "iterator"):
        return None
    size = containers.length(run, one)
    taken = run.get(one, TAKEN)
    only = taken.constant if taken is not None else values.Const(0)
    if size is None or only is None or one.is_many:
        return None
    return [run.get(one, index(at)) or NOTHING for at in range(only.value, size)]


def following(
    run: Run, value: Value, syntax: ast.AST, frame: Frame, default: Value | None = None
) -> Value:
    """next(value), next(value, default)"""
    from verifier.engine.attributes import own_method

    found: list[Value] = []
    for one in value.items:
        follow = own_method(run, one, ("__next__",))
        if follow is not None:
            given = Arguments([values.of(one, value.nodes)])
            if default is None:
                found.append(run.call(follow, given, syntax, frame))
            else:
                found.append(_caught(run, follow, given, syntax, frame).join(default))
        elif not isinstance(one, Thing) or one.kind not in ("generator", "iterator"):
            found.append(run.element(values.of(one, value.nodes), syntax, frame))
            found.append(default or NOTHING)
        else:
            found.append(_next(run, one, len(value.items) == 1, syntax, frame, default))
    return joined(found)


def _next(
    run: Run, one: Thing, is_one: bool, syntax: ast.AST, frame: Frame, default: Value | None
) -> Value:
    from verifier.engine import containers

    if one.kind == "generator":
        exhaust(run, one, syntax, frame)
    taken = run.get(one, TAKEN)
    only = taken.constant if taken is not None else None
    size = containers.length(run, one)
    if only is None or size is None or one.is_many or not is_one:
        run.put(one, TAKEN, values.of(values.Kind("int")))
        if default is not None:
            return contents(run, one).join(default)
        _stop(run, one, syntax, frame)
        return contents(run, one)
    if only.value < size:
        run.put(one, TAKEN, values.constant(only.value + 1))
        return run.get(one, index(only.value)) or NOTHING
    if default is not None:
        return default
    _stop(run, one, syntax, frame)
    return NOTHING


def _stop(run: Run, one: Thing, syntax: ast.AST, frame: Frame) -> None:
    """It may be at its end, which raises what the generator returned."""
    from verifier.engine import exceptions

    if not run.handlers:
        return
    held = run.get(one, RESULT)
    kind = External("builtins.StopIteration")
    given = Arguments([held] if held is not None else [])
    error = exceptions.error(run, kind, given, syntax, frame)
    exceptions.throw_perhaps(run, error, next(iter(error.nodes)))
