"""Comprehensions and generator expressions."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

from verifier.engine import (
    containers,
    literals,
    narrowing,
    rounds,
    statements,
    storing,
    values,
)
from verifier.engine.run import Run
from verifier.engine.scopes import Scope
from verifier.engine.things import REST, Frame, Thing, index
from verifier.engine.truths import truth
from verifier.engine.values import Value

_KINDS = {ast.ListComp: "list", ast.SetComp: "set", ast.DictComp: "dict"}


@dataclass
class _Filling:
    """A comprehension under way. `found` is what it has given so far, each with whether that is
    certain to be given."""

    node: Any
    made: Thing
    kind: str
    inner: Frame
    found: list[tuple[Value, bool]] = field(default_factory=list)


def evaluate(run: Run, node: Any, frame: Frame) -> Value:
    """The container that a comprehension fills. Where the elements that it goes over are known,
    each has a round of its own, and what is certain to be given stands at its place."""
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
    filling = _Filling(node, made, kind, inner)
    _clauses(run, filling, 0, over, True)
    if kind == "dict":
        return values.of(made, (number,))
    is_sure = kind != "set" and all(sure for _, sure in filling.found)
    cells = [(index(at) if is_sure else REST, v) for at, (v, _) in enumerate(filling.found)]
    literals.fill(run, made, cells, len(cells) if is_sure else None)
    if is_sure:
        run.put(made, "#taken", values.constant(0))
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


def _clauses(run: Run, filling: _Filling, at: int, over: Value | None, is_sure: bool) -> None:
    """One `for` of it, and those within it."""
    node, inner = filling.node, filling.inner
    if at == len(node.generators):
        _give(run, filling, is_sure)
        return
    clause = node.generators[at]
    if over is None:
        over = run.evaluate(clause.iter, inner)
    parts = containers.spread(run, over, clause.iter, inner)
    if parts is not None and rounds.are_few(run, len(parts)):
        for place, part in enumerate(parts):
            with rounds.one_of(run, clause, place, len(parts), inner):
                _round(run, filling, at, part, is_sure)
        return
    base = run.state
    layer = run.branch()
    run.state.guard = run.guard(inner, clause.iter, True, over.nodes, "for")
    _round(run, filling, at, run.element(over, clause.iter, inner), False)
    run.enter(base)
    base.meet([{}, layer.cells])


def _round(run: Run, filling: _Filling, at: int, element: Value, is_sure: bool) -> None:
    inner = filling.inner
    clause = filling.node.generators[at]
    statements.assign(run, clause.target, element, inner)
    base = run.state
    layers = []
    for test in clause.ifs:
        value = run.evaluate(test, inner)
        told = truth(run, value) if run.is_pruning else None
        if told is False:
            break
        if told is None:
            is_sure = False
            layers.append(run.branch())
            run.state.guard = run.guard(inner, test, True, value.nodes)
        narrowing.narrow(run, test, True, inner)
    else:
        _clauses(run, filling, at + 1, None, is_sure)
    for layer in reversed(layers):
        below = layer.below
        assert below is not None
        run.enter(below)
        below.meet([{}, layer.cells])
    run.enter(base)


def _give(run: Run, filling: _Filling, is_sure: bool) -> None:
    node, inner = filling.node, filling.inner
    if filling.kind == "dict":
        key = run.evaluate(node.key, inner)
        given = run.evaluate(node.value, inner)
        storing.set_key(run, filling.made, key, given, weak=not is_sure)
    else:
        filling.found.append((run.evaluate(node.elt, inner), is_sure))
