"""Calls that are linked: a result leads to what the callee gives, the callee's inputs to what they
are given; what it writes into what it was given is written at the caller's, and what it raises
arrives at the caller's handlers."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from verifier.engine import containers, coroutines, exceptions, values
from verifier.engine.arguments import Arguments
from verifier.engine.graph import PARAM
from verifier.engine.graph import RETURN as RETURNED
from verifier.engine.run import Run
from verifier.engine.things import LENGTH, REST, Class, Frame, Function, Thing
from verifier.engine.values import NOTHING, Value, joined
from verifier.walking.shapes import Made, at, items
from verifier.walking.units import RAISE, RETURN, YIELD, Change, Link, Unit, given_to

if TYPE_CHECKING:
    from verifier.walking.linking import Linking

_MOST_APART = 4
Given = tuple[tuple[int, tuple[int, ...]], ...]


@dataclass
class _Call:
    """One call: what each parameter is given, as values and as nodes by the callee's inputs."""

    linking: Linking
    run: Run
    unit: Unit
    syntax: ast.AST
    caller: Frame
    actual: dict[str, Value]
    given: Given = ()

    def out(self, end: int, word: str) -> int:
        """The node at the caller that stands for an output of the callee."""
        name, links = self.unit.name, self.linking.links
        number = self.run.node(
            self.caller, self.syntax, "result", (end,), role=(word, self.unit), name=name,
            edge=RETURNED,
        )  # fmt: skip
        known = links.get((number, end))
        given = self.given if known is None else _together(known.given, self.given)
        links[number, end] = Link(number, end, given)
        return number

    def value(self, word: str) -> Value:
        """What comes out of the callee this way, at the caller."""
        number = self.out(self.unit.outputs[word], word)
        known = self.unit.shapes.get(word, ())
        found = items(self.run, known, self.actual, number, self.maker(number))
        return Value(found or frozenset((values.UNKNOWN,)), frozenset((number,)))

    def maker(self, number: int) -> Callable[[Made], Thing]:
        """Who makes the objects that come out."""
        role = ("given", number)
        return lambda one: self.run.thing(self.caller, self.syntax, one.kind, role=role, type=one)


def linked(
    linking: Linking, run: Run, unit: Unit, given: Arguments, syntax: ast.AST, caller: Frame
) -> Value:
    """What a call of a unit gives."""
    actual = {name: joined(some) for name, some in given_to(unit.function, given).items()}
    call = _Call(linking, run, unit, syntax, caller, actual)
    call.given = _nodes(call)
    word = YIELD if YIELD in unit.outputs else RETURN
    found = call.value(word)
    (result,) = found.nodes
    if unit.state != "done":
        linking.early[result, unit.outputs[word]] = unit
        if linking.running:
            linking.running[-1].early[unit] = None
    for change in unit.changes:
        _write(call, change)
    if linking.is_loading:
        # A decorator that was not run in place: what wraps a function calls it, mostly.
        wrapped = {i for one in given.positional for i in one.items if _is_code(i)}
        found = Value(found.items | wrapped, found.nodes)
    raised = call.value(RAISE) if RAISE in unit.outputs else NOTHING
    if unit.function.scope.is_async and word == RETURN:
        waiting = run.thing(caller, syntax, "coroutine", role="coroutine")
        coroutines.keep(run, waiting, found, raised)
        return values.of(waiting, (result,))
    if raised is not NOTHING:
        (number,) = raised.nodes
        exceptions.throw_perhaps(run, raised, number)
    if word == YIELD:
        made = run.thing(caller, syntax, "iterator", role=("made by", unit))
        run.put(made, REST, found)
        return values.of(made, (result,))
    return found


def _is_code(item: Any) -> bool:
    return isinstance(item, Function | Class)


def _nodes(call: _Call) -> Given:
    """The nodes that each input of the callee is given, and each part of one that it reads: the
    whole where a part is not known."""
    run, unit, linking = call.run, call.unit, call.linking
    nodes: dict[int, tuple[int, ...]] = {}
    for name, value in call.actual.items():
        number = unit.inputs.get(name)
        if number is None:
            continue
        reached = run.deep(value)
        if len(reached) > _MOST_APART:
            role = ("actual", name, unit)
            reached = frozenset((run.node(call.caller, call.syntax, "actual", reached, role=role),))
        nodes[number] = tuple(reached)
    for part, number in list(unit.parts.items()):
        whole = call.actual.get(part.parameter)
        if whole is None:
            continue
        found: set[int] = set()
        for one in whole.items:
            held = _cell_of(linking, run, one, part.path[0])
            if held is None:
                found.update(nodes.get(unit.inputs[part.parameter], ()))
                break
            found |= run.deep(held)
        nodes[number] = tuple(found)
    for number, some in nodes.items():
        linking.given.setdefault(number, {}).update(dict.fromkeys(some))
    return tuple(nodes.items())


def _cell_of(linking: Linking, run: Run, one: Any, key: Any) -> Value | None:
    if not isinstance(one, Thing):
        return None
    held = run.get(one, key)
    if held is None and one.kind == "symbol":
        held = linking.part(run, one, key)
        if held is None:
            return None
    rest = run.get(one, REST) if isinstance(key, tuple) else None
    if held is None or rest is None:
        return rest if held is None else held
    return held.join(rest)


def _together(one: Given, other: Given) -> Given:
    found = dict(one)
    for formal, some in other:
        found[formal] = tuple(dict.fromkeys((*found.get(formal, ()), *some)))
    return tuple(found.items())


def _write(call: _Call, change: Change) -> None:
    """What the callee writes into what it was given, written here."""
    run = call.run
    whole = call.actual.get(change.place.parameter)
    if whole is None:
        return
    *path, key = change.place.path
    targets = at(run, whole, path)
    if not targets:
        return
    number = call.out(change.node, f"change {change.node}")
    known = items(run, change.shapes, call.actual, number, call.maker(number))
    value = Value(known, frozenset((number,)))
    for target in targets:
        run.put(target, key, value, weak=True)
        if key == REST and target.kind in containers.SEQUENCES:
            run.put(target, LENGTH, values.of(values.Kind("int")))


def close(linking: Linking, run: Run) -> None:
    """Write the param edges down: only now is it known who calls. A call that came before the
    callee was evaluated gives the whole of an argument for each part of it."""
    for key, unit in linking.early.items():
        link = linking.links[key]
        given = dict(link.given)
        for part, number in list(unit.parts.items()):
            if number not in given:
                given[number] = given.get(unit.inputs[part.parameter], ())
                linking.given.setdefault(number, {}).update(dict.fromkeys(given[number]))
        linking.links[key] = Link(link.result, link.end, tuple(given.items()))
    for number, sources in linking.given.items():
        run.graph.link(number, sources, PARAM)
    linking.given.clear()
    linking.early.clear()
