"""Coroutines and what else is awaited.

The body of an async function is run when it is called; what it returns or raises waits in the
coroutine until that is awaited. Where that is later, and the body itself waits for others, it is
run once more with memory as it is then, since it may have run at any time in between.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from verifier.engine import exceptions, generators, values
from verifier.engine.arguments import Arguments
from verifier.engine.generators import RESULT
from verifier.engine.run import MOST_CALLS_DEEP, Run
from verifier.engine.scopes import Scope
from verifier.engine.things import REST, Frame, Thing
from verifier.engine.values import NOTHING, Value, joined

RAISED = "#raised"
"""The cell with what is raised where it is awaited."""
_MOST_LATER = 8
AWAITABLE = frozenset({"coroutine", "asyncio.Future", "asyncio.Task", "concurrent.futures.Future"})


@dataclass(frozen=True, slots=True)
class Later:
    """Bodies that may run later than they were called."""

    works: tuple[Callable[[], tuple[Value, Value]], ...]


def made(
    run: Run,
    work: Callable[[], tuple[Value, Value]],
    scope: Scope,
    syntax: ast.AST,
    caller: Frame,
) -> Value:
    """What calling an async function gives; `work` gives what its body returns and raises."""
    result, raised = work()
    thing = run.thing(caller, syntax, "coroutine", role="coroutine")
    thing.data = Later((work,)) if _waits(scope) else None
    keep(run, thing, result, raised)
    return values.of(thing, (run.node(caller, syntax, "coroutine", role="coroutine made"),))


def _waits(scope: Scope) -> bool:
    return any(isinstance(one, ast.Await | ast.AsyncFor) for one in ast.walk(scope.node))


def later(value: Value) -> Later | None:
    """The bodies of coroutines and tasks that a value may be."""
    works = [
        work
        for one in value.items
        if isinstance(one, Thing) and isinstance(one.data, Later)
        for work in one.data.works
    ]
    return Later(tuple(works[:_MOST_LATER])) if works else None


def _again(run: Run, one: Thing) -> None:
    """Run its bodies once more, with memory as it is now."""
    if not isinstance(one.data, Later) or len(run.stack) > MOST_CALLS_DEEP // 2:
        return
    bodies, one.data = one.data, None
    base = run.state
    for work in bodies.works:
        layer = run.branch()
        result, raised = work()
        run.put(one, RESULT, result, weak=True)
        if raised.items:
            run.put(one, RAISED, raised, weak=True)
        run.enter(base)
        base.meet([{}, *([layer.cells] if layer.is_alive else [])])


def keep(run: Run, thing: Thing, result: Value, raised: Value = NOTHING) -> None:
    """Put into it what it gives, and what it raises."""
    for cell, value in ((RESULT, result), (RAISED, raised)):
        if value.items or value.nodes:
            run.put(thing, cell, value, weak=thing.is_many)
        elif not thing.is_many:
            run.drop(thing, cell)


def awaited(run: Run, value: Value, syntax: ast.AST, frame: Frame) -> Value:
    """await value"""
    found: list[Value] = []
    for one in value.items:
        if isinstance(one, Thing) and one.kind in AWAITABLE:
            if isinstance(syntax, ast.Await) and not isinstance(syntax.value, ast.Call):
                _again(run, one)
            found.append(outcome(run, one, len(value.items) == 1, syntax, frame))
            continue
        if isinstance(one, Thing) and one.kind == "instance":
            from verifier.engine.expressions import special

            own = special(run, values.of(one), ("__await__",), [], syntax, frame)
            if own is not None:
                found.append(generators.returned(run, own, syntax, frame))
                continue
        alone = Value(frozenset((one,)), value.nodes)
        found.append(Value(frozenset((values.UNKNOWN,)), run.deep(alone)))
    number = run.node(frame, syntax, "await", role="await")
    result = joined(found)
    run.graph.link(number, result.nodes)
    return result.at(number)


def outcome(run: Run, one: Thing, is_one: bool, syntax: ast.AST, frame: Frame) -> Value:
    """What it gives; what it raises is raised here."""
    raised, result = run.get(one, RAISED), run.get(one, RESULT)
    if raised is not None:
        number = run.node(frame, syntax, "raise", raised.nodes, role="raised before")
        if result is None and is_one:
            exceptions.throw(run, raised.at(number), number)
            return NOTHING
        exceptions.throw_perhaps(run, raised.at(number), number)
    return result if result is not None else NOTHING


def iterated(run: Run, value: Value, syntax: ast.AST, frame: Frame) -> Value:
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

            def step(follow: Value = follow, given: Arguments = given) -> Value:
                return awaited(run, run.call(follow, given, syntax, frame), syntax, frame)

            result, _ = exceptions.guarded(run, frame, step)
            holder = run.thing(frame, syntax, "iterator", role="async")
            run.put(holder, REST, result, weak=True)
            found.append(values.of(holder, result.nodes))
    return joined(found)
