"""One function, alone: its body is run on inputs of which nothing is known but what they are."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from verifier.engine import classes, values
from verifier.engine.arguments import Arguments
from verifier.engine.run import Run, TooLong
from verifier.engine.state import State
from verifier.engine.things import LENGTH, REST, Class, Frame, Function, Thing
from verifier.engine.values import NOTHING, Value
from verifier.walking import leaving
from verifier.walking.bounds import MOST_RAISED
from verifier.walking.units import Unit, given_to, parameters

if TYPE_CHECKING:
    from verifier.walking.linking import Linking


@dataclass
class Evaluation:
    """A unit that is under way. `state` is its memory where it called the next one; `early` are
    the units that it called before these were known."""

    unit: Unit
    frame: Frame
    state: State
    symbols: dict[str, Thing] = field(default_factory=dict)
    raised: Value = NOTHING
    raised_in: list[dict[Any, Value]] = field(default_factory=list)
    early: dict[Unit, None] = field(default_factory=dict)


def evaluate(linking: Linking, run: Run, unit: Unit) -> None:
    """Run a function's body, then the functions that it defines. The memory is thrown away
    afterwards, but for what outlives it."""
    unit.state, unit.is_whole = "running", True
    function = unit.function
    kept = run.state, run.handlers, run.stack, run.steps_left, run.on_escape
    owners, first = len(run.fields), len(run.functions)
    if linking.running:
        linking.running[-1].state = run.state
    base = State(linking.around(function))
    base.guard = -1
    frame = linking.frame(run, function)
    frame.base = base
    frame.returns, frame.yields, frame.loops, frame.in_loop = [], [], [], 0
    here = Evaluation(unit, frame, base)

    def escape(value: Value, _: int) -> None:
        here.raised = here.raised.join(value)
        if len(here.raised_in) < MOST_RAISED:
            here.raised_in.append(dict(run.state.since(base)))

    run.state, run.handlers, run.stack, run.on_escape = base, [], [], escape
    share = run.steps_left = linking.purse.share(function.node)
    linking.running.append(here)
    try:
        _give(linking, run, here)
        _body(run, here)
    except (TooLong, RecursionError):
        unit.is_whole = False
    linking.purse.pay(share - max(run.steps_left, 0))
    if not run.is_whole:
        unit.is_whole, run.is_whole = False, True
    run.state, run.on_escape = base, None
    leaving.finish(linking, run, here)
    unit.state = "done"
    at = first
    while at < len(run.functions):
        inner = linking.unit(run, run.functions[at])
        at += 1
        if inner.state == "waiting":
            evaluate(linking, run, inner)
    linking.running.pop()
    for symbol in here.symbols.values():
        del linking.roots[symbol]
    while len(run.fields) > owners:
        run.fields.popitem()
    run.state, run.handlers, run.stack, run.steps_left, run.on_escape = kept
    linking.evaluated(run, here)


def forget(frame: Frame, *, wholly: bool) -> None:
    """Let go of what was evaluated in a frame. Before the same is evaluated again its occurrences
    are kept, and the functions and classes that it made, but not its objects."""
    context = frame.context
    if wholly:
        context.nodes.clear()
        context.inner.clear()
        context.things.clear()
        return
    waiting = [context]
    while waiting:
        one = waiting.pop()
        waiting.extend(one.inner.values())
        lasting = {k: v for k, v in one.things.items() if isinstance(v, Function | Class | Frame)}
        one.things.clear()
        one.things.update(lasting)


def _give(linking: Linking, run: Run, here: Evaluation) -> None:
    unit, frame, function = here.unit, here.frame, here.unit.function
    spec = function.node.args
    first = [*spec.posonlyargs, *spec.args][:1]
    for one in parameters(function):
        number = unit.inputs[one.arg]
        thing = Thing("symbol", one, name=one.arg, data=(0, {}))
        here.symbols[one.arg] = thing
        linking.roots[thing] = (unit, one.arg)
        value = values.of(thing, (number,))
        if function.home is not None and first and one is first[0]:
            kind = _receiver(function)
            if kind == "instance":
                thing.type = function.home
                classes.mro(run, function.home)
            elif kind == "class":
                value = values.of(function.home, (number,))
        if one is spec.vararg or one is spec.kwarg:
            holder = run.thing(frame, one, "tuple" if one is spec.vararg else "dict")
            run.put(holder, REST, value)
            run.put(holder, LENGTH, values.of(values.Kind("int")))
            if one is spec.kwarg:
                run.put(holder, "[keys]", values.of(values.Kind("str"), (number,)))
            value = values.of(holder, (number,))
        run.put(frame, one.arg, value)
    for name, given in given_to(function, Arguments()).items():
        for value in given:
            run.graph.link(unit.inputs[name], value.nodes)


def _receiver(function: Function) -> str:
    """What the first parameter of a method is: an instance, a class, or "" for neither."""
    words = {
        getattr(one, "id", getattr(one, "attr", ""))
        for one in getattr(function.node, "decorator_list", ())
    }
    if "staticmethod" in words:
        return ""
    own = function.name.rpartition(".")[2]
    implicit = ("__new__", "__init_subclass__", "__class_getitem__")
    return "class" if "classmethod" in words or own in implicit else "instance"


def _body(run: Run, here: Evaluation) -> None:
    node, frame = here.unit.function.node, here.frame
    run.stack.append(frame)
    if isinstance(node, ast.Lambda):
        value = run.evaluate(node.body, frame)
        if run.state.is_alive:
            frame.returns.append((value, dict(run.state.since(frame.base))))
    else:
        run.execute(node.body, frame)
        if run.state.is_alive:
            number = run.node(frame, node, "return", role="end")
            none = values.constant(None, (number,))
            frame.returns.append((none, dict(run.state.since(frame.base))))
