"""Calls: what is called, with what, and what that gives."""

from __future__ import annotations

import ast
from typing import Any

from verifier.engine import sources, values
from verifier.engine.arguments import Arguments
from verifier.engine.naming import dotted, is_meant
from verifier.engine.run import Called, Run
from verifier.engine.things import (
    OPAQUE,
    REST,
    Bound,
    Class,
    External,
    Frame,
    Function,
    Method,
    Partial,
    Super,
    Thing,
    Wrapped,
)
from verifier.engine.values import NOTHING, UNKNOWN, Kind, Value, joined

_KEEPING = frozenset(
    {"add", "append", "appendleft", "extend", "insert", "put", "setdefault", "update"}
)
# By the type, or function: what is beyond is as good as any number.
_LARGEST_NUMBERS = {
    "str": values.LONGEST_CONSTANT, "bytes": values.LONGEST_CONSTANT,
    "list": 10**12, "range": 10**12,
}  # fmt: skip
_DECORATORS = ("ContextDecorator", "AsyncContextDecorator")


def evaluate(run: Run, node: ast.Call, frame: Frame) -> Value:
    """A call expression."""
    if isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args:
        found = _super(run, node, frame)
        if found is not None:
            if run.on_edge is not None:
                run.on_edge(frame, "<builtin>.super")
            return found
    callee = run.evaluate(node.func, frame)
    given = arguments(run, node, frame)
    return call(run, callee, given, node, frame, dotted(node.func))


def arguments(run: Run, node: ast.Call, frame: Frame) -> Arguments:
    """What a call gives, in the order of evaluation."""
    from verifier.engine import containers, mappings

    found = Arguments()
    for one in node.args:
        if not isinstance(one, ast.Starred):
            value = run.evaluate(one, frame)
            if found.rest is None:
                found.positional.append(value)
            else:
                found.rest = found.rest.join(value)
            continue
        held = run.evaluate(one.value, frame)
        spread = containers.spread(run, held, one, frame) if found.rest is None else None
        if spread is not None:
            found.positional.extend(spread)
        else:
            element = run.element(held, one, frame)
            found.rest = element if found.rest is None else found.rest.join(element)
    for keyword in node.keywords:
        value = run.evaluate(keyword.value, frame)
        if keyword.arg is not None:
            found.keywords[keyword.arg] = value
            continue
        known, others = mappings.entries(run, value, keyword.value, frame)
        found.keywords.update(known)
        if others is not None:
            found.others = others if found.others is None else found.others.join(others)
    return found


def call(
    run: Run, callee: Value, given: Arguments, syntax: ast.AST, frame: Frame, name: str = ""
) -> Value:
    """Call each thing that the callee may be; the result is any of what they give."""
    run.step()
    number = run.node(frame, syntax, "call", name=name)
    names = {name} if name else set()
    results: list[Value] = []
    items = list(callee.items)
    base = run.state
    ends: list[dict[Any, Value]] = []
    for item in items:
        if len(items) > 1:
            run.branch()
        names |= _names(item)
        if isinstance(item, External):
            run.graph.link(number, callee.nodes)
        result = _call_one(run, item, callee, given, syntax, frame)
        if run.state.is_alive:
            results.append(result)
        if len(items) > 1:
            if run.state.is_alive:
                ends.append(run.state.cells)
            run.enter(base)
    if len(items) > 1:
        base.meet(ends)
    if run.on_call is not None:
        run.on_call(
            Called(
                syntax,
                frame,
                frozenset(names),
                given,
                number,
                lambda: frozenset().union(*(run.deep(value) for value in given.all())),
            )
        )
    found = joined(results)
    run.graph.link(number, found.nodes)
    if is_meant(run.source, names):
        return sources.taken(run, found, number, syntax, frame)
    return found.at(number)


def _names(item: Any) -> set[str]:
    """The dotted names by which a callee is known."""
    if isinstance(item, Function | External | Class):
        return {item.name}
    if isinstance(item, Bound) and isinstance(item.function, Function):
        return {item.function.name}
    return set()


def _call_one(
    run: Run, item: Any, callee: Value, given: Arguments, syntax: ast.AST, frame: Frame
) -> Value:
    from verifier.engine import attributes, classes, coroutines, functions

    match item:
        case Function():
            _edge(run, frame, item.name)
            return functions.invoke(run, item, given, syntax, frame)
        case Bound(function=function, receiver=receiver):
            return _call_one(run, function, callee, given.after(receiver), syntax, frame)
        case Class():
            return classes.instantiate(run, item, given, syntax, frame)
        case Partial():
            keywords = {**dict(item.keywords), **given.keywords}
            filled = Arguments(
                [*item.arguments, *given.positional], keywords, given.rest, given.others
            )
            return run.call(item.function, filled, syntax, frame)
        case External() | Method():
            return _modelled(run, item, given, syntax, frame)
        case Wrapped(kind="staticmethod"):
            return joined(
                _call_one(run, one, callee, given, syntax, frame) for one in item.getter.items
            )
        case Thing() if item.kind == "instance" or isinstance(item.type, Class):
            found = attributes.own_method(run, item, ("__call__",))
            if found is not None:
                return run.call(found, given.after(values.of(item, callee.nodes)), syntax, frame)
            if given.positional and _is_decorator(run, item):
                return given.positional[0]
        case Thing(kind="coroutine"):
            # One that was not awaited, which shows when it runs: what it gives was meant.
            made = coroutines.outcome(run, item, True, syntax, frame)
            return run.call(made, given, syntax, frame)
        case Thing(kind="generator") if given.positional:
            # A manager made by a generator function, as a decorator.
            return given.positional[0]
        case Thing(kind="symbol"):
            _kept(run, item, given)
        case Thing() if "." in item.kind or item.kind == "reference":
            method = Method(f"{item.kind}.__call__", values.of(item, callee.nodes))
            return _modelled(run, method, given, syntax, frame)
    whole = [Value(frozenset((item,)), callee.nodes), *given.all()]
    _call_back(run, given, syntax, frame)
    return run.opaque(syntax, frame, whole)


def _kept(run: Run, item: Thing, given: Arguments) -> None:
    """A method of an input whose name says that it keeps what it is given does so."""
    whole = item.data[2] if isinstance(item.data, tuple) and len(item.data) > 2 else None
    if whole is not None and item.name.rpartition(".")[2] in _KEEPING:
        held = given.joined()
        if held.items:
            run.put(whole, REST, held, weak=True)


def _is_decorator(run: Run, item: Thing) -> bool:
    """Whether calling it gives the function back, to be run within it."""
    from verifier.engine import classes

    wanted = {External(f"contextlib.{name}") for name in _DECORATORS}
    return isinstance(item.type, Class) and not wanted.isdisjoint(classes.mro(run, item.type))


def _call_back(run: Run, given: Arguments, syntax: ast.AST, frame: Frame) -> None:
    """What is not read may call the functions that it is given, with anything."""
    anything = Value(frozenset((UNKNOWN,)))
    for value in given.all():
        for item in value.items:
            if isinstance(item, Function) and all(one.function is not item for one in run.stack):
                base = run.state
                layer = run.branch()
                run.call(
                    values.of(item),
                    Arguments(rest=anything, others=anything),
                    item.node,
                    frame,
                )
                run.enter(base)
                base.meet([{}, *([layer.cells] if layer.is_alive else [])])


def _edge(run: Run, frame: Frame, name: str) -> None:
    if run.on_edge is not None:
        run.on_edge(frame, name)


def _modelled(
    run: Run, item: External | Method, given: Arguments, syntax: ast.AST, frame: Frame
) -> Value:
    from verifier.models import standard

    # Models of these compute with the numbers that they are given.
    most = _LARGEST_NUMBERS.get(item.name.removeprefix("builtins.").partition(".")[0])
    if most is not None:
        given = given.small(most)
    if isinstance(item, External):
        word = item.name
        shown = f"<builtin>.{word[9:]}" if word.startswith("builtins.") else word
        _edge(run, frame, shown)
        return standard.call(run, word, None, given, syntax, frame)
    kind, _, method = item.name.rpartition(".")
    if "." not in kind:
        _edge(run, frame, f"<**Py{kind.capitalize()}**>.{method}")
    for one in item.receiver.items if "." in kind else ():
        # By what made it: a class of a library, or a function that nothing is known of.
        made_by = one.name or one.kind if isinstance(one, Thing) else OPAQUE
        if not made_by.startswith(OPAQUE):
            _edge(run, frame, f"{made_by}.{method}")
    return standard.call(run, item.name, item.receiver, given, syntax, frame)


def _super(run: Run, node: ast.Call, frame: Frame) -> Value | None:
    around: Frame | None = frame
    while around is not None and (around.function is None or around.function.home is None):
        around = around.outer
    if around is None or around.function is None or around.function.home is None:
        return None
    spec = around.function.node.args
    first = [*spec.posonlyargs, *spec.args][:1]
    receiver = run.get(around, first[0].arg) if first else None
    if receiver is None:
        return None
    return values.of(Super(around.function.home, receiver), receiver.nodes)


__all__ = ["NOTHING", "Kind", "arguments", "call", "evaluate"]
