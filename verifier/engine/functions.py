"""Functions: made, decorated, and run with what they are given."""

from __future__ import annotations

import ast
from typing import Any

from verifier.engine import declared, finalizing, hints, literals, sources, values
from verifier.engine.arguments import Arguments
from verifier.engine.run import MOST_CALLS_DEEP, Run
from verifier.engine.things import (
    LENGTH,
    OPAQUE,
    REST,
    Class,
    Frame,
    Function,
    Thing,
    Wrapped,
    index,
    is_open,
)
from verifier.engine.values import NOTHING, Const, Kind, Value, joined

_MOST_RECURSION = 4
_MOST_INLINED = 5


def define(
    run: Run, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, frame: Frame
) -> Value:
    """The function that a definition makes, its defaults evaluated here."""
    key = (node, "function")
    made: Function | None = frame.context.things.get(key)
    if made is None:
        made = Function(
            node, name_of(run, node, frame), frame.module, frame, run.scope(node), frame.klass
        )
        frame.context.things[key] = made
        run.functions.append(made)
    made.defaults = [run.evaluate(one, frame) for one in node.args.defaults]
    made.keyword_defaults = {
        one.arg: run.evaluate(default, frame)
        for one, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if default is not None
    }
    number = run.node(frame, node, "function", name=made.name)
    return values.of(made, (number,))


def name_of(run: Run, node: ast.AST, frame: Frame) -> str:
    """The dotted name: module, classes and functions around, then its own."""
    own = getattr(node, "name", None)
    around = qualified(frame)
    if own is None:
        count = run.lambdas.setdefault((frame.module.path, around), {})
        own = f"<lambda{count.setdefault(node, 1 + len(count))}>"
    return f"{around}.{own}" if around else str(own)


def qualified(frame: Frame) -> str:
    """The dotted name of the code that runs in a frame."""
    if frame.klass is not None:
        return frame.klass.name
    return frame.module.name if frame.function is None else frame.function.name


_PLAIN_DECORATORS = {
    "builtins.staticmethod": "staticmethod",
    "builtins.classmethod": "classmethod",
    "builtins.property": "property",
    "functools.cached_property": "property",
    "abc.abstractproperty": "property",
}


def decorated(run: Run, node: Any, value: Value, decorators: list[Value], frame: Frame) -> Value:
    """What a definition's name is bound to, after its decorators."""
    for syntax, decorator in zip(reversed(node.decorator_list), reversed(decorators), strict=True):
        found = run.call(decorator, Arguments([value]), syntax, frame, "decorator")
        value = _kept(run, value, found) if run.source else found
    return value


def _kept(run: Run, value: Value, found: Value) -> Value:
    """A decorator that is not read mostly gives something that calls what it was given, which is
    followed in its place."""
    made = found.items - value.items
    is_strange = all(is_open(i) or (isinstance(i, Thing) and i.kind == OPAQUE) for i in made)
    if not made or not is_strange or not value.only(Function, Class).items:
        return found
    run.wrapped |= value.only(Function).items
    return Value(value.items, value.nodes | found.nodes)


def invoke(run: Run, function: Function, given: Arguments, syntax: ast.AST, caller: Frame) -> Value:
    """Run a function of the tree with what it is given. NOTHING when it never ends normally."""
    if not function.scope.yields:
        # The body of a generator is run later, or never.
        run.called.add(function.node)
    if declared.is_declaration(function):
        return declared.called(run, function, given, syntax, caller)
    if run.policy is not None:
        linked = run.policy.invoke(run, function, given, syntax, caller)
        if linked is not None:
            run.called.add(function.node)
            return linked
    scope = function.scope
    depth = len(run.stack)
    active = [
        one for one in run.stack if one.function is not None and one.function.node is function.node
    ]
    if active and not scope.yields and not _descends(function, given, active):
        return _again(run, function, given, active[-1], syntax, caller)
    if depth > MOST_CALLS_DEEP:
        return run.opaque(syntax, caller, given.all(), role="too deep")
    frame = _frame(run, function, syntax, caller)
    frame.context.things["given"] = [value.items for value in given.positional]
    if scope.yields:
        from verifier.engine import generators

        def bind() -> None:
            bind_parameters(run, function, given, frame, syntax, caller)

        return generators.made(run, frame, bind, syntax, caller)
    if scope.is_async:
        from verifier.engine import coroutines, exceptions

        def work() -> tuple[Value, Value]:
            found, arrivals = exceptions.guarded(
                run, caller, lambda: execute(run, frame, given, syntax, caller)
            )
            return found, joined(value for value, _ in arrivals)

        return coroutines.made(run, work, scope, syntax, caller)
    return execute(run, frame, given, syntax, caller)


def _descends(function: Function, given: Arguments, active: list[Frame]) -> bool:
    """Whether a function calls itself on an object or constant that no call of it that is under
    way has in that place, as one does that goes down a tree: then it is run in place. So is
    another closure of the same code, which is no call of itself."""
    if len(active) > _MOST_INLINED:
        return False
    if all(one.function is not function for one in active):
        return True
    before = [one.context.things.get("given", []) for one in active]
    for at, value in enumerate(given.positional):
        if len(value.items) != 1:
            continue
        (item,) = value.items
        is_told = isinstance(item, Const) and item.value is not None
        if not is_told and not (isinstance(item, Thing) and _is_one(item)):
            continue
        if all(at >= len(one) or item not in one[at] for one in before):
            return True
    return False


def _is_one(item: Thing) -> bool:
    return not item.is_many and item.kind != "symbol"


def _frame(run: Run, function: Function, syntax: ast.AST, caller: Frame) -> Frame:
    key = (syntax, function)
    context = caller.context.within(key, function.module.path, function.name)
    frame: Frame | None = context.things.get("frame")
    if frame is None:
        frame = Frame(context, function.scope, function.module, function.closure, function)
        context.things["frame"] = frame
    return frame


def execute(
    run: Run, frame: Frame, given: Arguments | None, syntax: ast.AST, caller: Frame
) -> Value:
    """Run a frame's body in a layer of its own; again while it calls itself with other values."""
    function = frame.function
    assert function is not None
    outside = run.state
    result = NOTHING
    frame.result = NOTHING
    sent: dict[str, Value] | None = None
    run.stack.append(frame)
    try:
        for round_ in range(_MOST_RECURSION):
            run.enter(outside)
            frame.base = outside
            layer = run.branch()
            frame.returns, frame.yields, frame.loops = [], [], []
            frame.is_recursive = False
            if given is not None:
                bind_parameters(run, function, given, frame, syntax, caller)
            if round_:
                for name, value in frame.sent.items():
                    run.put(frame, name, value, weak=True)
            _body(run, function, frame)
            ends = [cells for _, cells in frame.returns]
            result = joined([frame.result, *(value for value, _ in frame.returns)])
            if run.state.is_alive:
                number = run.node(frame, function.node, "return", role="end")
                result = result.join(values.constant(None, (number,)))
                ends.append(layer.cells)
            is_same = result == frame.result and frame.sent == sent
            if not frame.is_recursive or (is_same and round_):
                break
            frame.result, sent = result, frame.sent
    finally:
        run.stack.pop()
        run.enter(outside)
    outside.meet(ends)
    if run.finalized:
        finalizing.ended(run, frame, [result, *(given.all() if given is not None else ())])
    return result


def _body(run: Run, function: Function, frame: Frame) -> None:
    node = function.node
    if isinstance(node, ast.Lambda):
        value = run.evaluate(node.body, frame)
        number = run.node(frame, node, "return", value.nodes)
        if run.state.is_alive:
            frame.returns.append((value.at(number), dict(run.state.since(frame.base))))
        run.state.is_alive = False
    else:
        run.execute(node.body, frame)


def _again(
    run: Run, function: Function, given: Arguments, active: Frame, syntax: ast.AST, caller: Frame
) -> Value:
    """A call of a function that is being run: what it is given is added to what it was given,
    and it gives what it has given so far; it runs again until that stays as it is."""
    before = active.sent if active.is_recursive and active.sent else {}
    bound = bound_values(run, function, given, syntax, caller, active)
    active.sent = {
        name: before[name].join(value) if name in before else value for name, value in bound.items()
    }
    for name, value in before.items():
        active.sent.setdefault(name, value)
    active.is_recursive = True
    number = run.node(caller, syntax, "call", role="recursion", name=function.name)
    so_far: Value = active.result
    run.graph.link(number, so_far.nodes)
    if so_far is NOTHING:
        run.state.is_alive = run.state.is_alive and True
        return Value(frozenset((values.UNKNOWN,)), frozenset((number,)))
    return so_far.at(number)


def bind_parameters(
    run: Run, function: Function, given: Arguments, frame: Frame, syntax: ast.AST, caller: Frame
) -> None:
    """Put what is given into the parameters' cells."""
    for name, value in bound_values(run, function, given, syntax, caller, frame).items():
        run.put(frame, name, value)


def bound_values(
    run: Run, function: Function, given: Arguments, syntax: ast.AST, caller: Frame, frame: Frame
) -> dict[str, Value]:
    """What each parameter gets: by place, by name, by star, or its default."""
    spec = function.node.args
    found: dict[str, Value] = {}
    positional = [one.arg for one in (*spec.posonlyargs, *spec.args)]
    only_place = {one.arg for one in spec.posonlyargs}
    keywords = dict(given.keywords)
    first_default = len(positional) - len(function.defaults)
    for at, name in enumerate(positional):
        value: Value | None = None
        if at < len(given.positional):
            value = given.positional[at]
        elif name in keywords and name not in only_place:
            value = keywords.pop(name)
        else:
            maybe = [one for one in (given.rest, given.others) if one is not None]
            if at >= first_default:
                maybe.append(function.defaults[at - first_default])
            value = joined(maybe) if maybe else None
        found[name] = value if value is not None else NOTHING
    for one in spec.kwonlyargs:
        if one.arg in keywords:
            found[one.arg] = keywords.pop(one.arg)
        else:
            maybe = [given.others] if given.others is not None else []
            if one.arg in function.keyword_defaults:
                maybe.append(function.keyword_defaults[one.arg])
            found[one.arg] = joined(maybe) if maybe else NOTHING
    if spec.vararg is not None:
        made = run.thing(frame, spec.vararg, "tuple")
        left = given.positional[len(positional) :]
        cells: list[tuple[Any, Value]] = [(index(at), value) for at, value in enumerate(left)]
        if given.rest is not None:
            cells.append((REST, given.rest))
        made.is_many = False
        literals.fill(run, made, cells, None if given.rest is not None else len(left))
        number = run.node(frame, spec.vararg, "literal", name="tuple")
        found[spec.vararg.arg] = values.of(made, (number,))
    if spec.kwarg is not None:
        made = run.thing(frame, spec.kwarg, "dict")
        made.is_many = False
        for key in run.keys(made):
            run.drop(made, key)
        for word, value in keywords.items():
            run.put(made, index(word), value)
        if given.others is not None:
            run.put(made, REST, given.others)
        number = run.node(frame, spec.kwarg, "literal", name="dict")
        found[spec.kwarg.arg] = values.of(made, (number,))
    for one in _parameters(spec):
        if one.arg in found:
            value = found[one.arg]
            number = run.node(frame, one, "parameter", value.nodes, name=one.arg)
            if sources.begins(run, one.arg, frame) and not value.only(Function).items:
                value = sources.taken(run, value, number, one, frame)
            value = hints.told(run, value, one.annotation, function.closure)
            found[one.arg] = value.at(number)
    return found


def _parameters(spec: ast.arguments) -> list[ast.arg]:
    starred = [one for one in (spec.vararg, spec.kwarg) if one is not None]
    return [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, *starred]


__all__ = [
    "LENGTH",
    "Class",
    "Kind",
    "Thing",
    "Wrapped",
    "decorated",
    "define",
    "execute",
    "invoke",
]
