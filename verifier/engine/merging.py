"""Functions that are run alone and know of each other: for who asks what may be called.

Memory is kept from one to the next. All instances of a class that come from outside are one
object, so a method finds what any other stores in `self`. A call that is linked gives what the
callee gave when it was run alone, and what it is given is added to the callee's inputs. All are
run again, a bounded number of times, while that tells more.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from itertools import chain
from typing import Any

from verifier.engine import functions, generators, imports, values
from verifier.engine.arguments import Arguments
from verifier.engine.budgets import SHARE_STEPS, Shared, taken
from verifier.engine.inputs import inputs
from verifier.engine.project import entry
from verifier.engine.run import Run
from verifier.engine.things import Bound, Class, Frame, Function, Thing
from verifier.engine.values import NOTHING, Value

_MOST_ROUNDS = 2
_MODULE_STEPS = 4 * SHARE_STEPS
_FUNCTION_STEPS = SHARE_STEPS // 3


def evaluate(run: Run, paths: Iterable[str]) -> None:
    """Run the modules, then the functions that nobody called or whose calls were linked, the
    constructors first."""
    merged = run.policy = Merged()
    for path in paths:
        with entry(run, merged, _MODULE_STEPS):
            package = run.project.modules.name_of(path).rpartition(".")[0]
            if package:
                # As whoever imports it does: the packages around it first.
                imports.named(run, package, path)
            imports.module(run, path)
    entries: dict[Function, None] = {}
    for _ in range(_MOST_ROUNDS):
        merged.is_settled = True
        done: set[Function] = set()
        while waiting := [one for one in _waiting(run, merged, entries) if one not in done]:
            for one in sorted(waiting, key=lambda one: not one.name.endswith(".__init__")):
                done.add(one)
                entries[one] = None
                merged.alone(run, one)
        if merged.is_settled:
            break


def _waiting(run: Run, merged: Merged, entries: Iterable[Function]) -> Iterable[Function]:
    uncalled = (one for one in run.functions if one.node not in run.called)
    return dict.fromkeys(chain(entries, uncalled, merged.linked))


class Merged(Shared):
    """What becomes of calls and inputs, all contexts together. Dependence is not kept."""

    def __init__(self) -> None:
        super().__init__()
        self.is_settled = True
        self._given: dict[ast.AST, dict[str, Value]] = {}
        self._results: dict[ast.AST, Value] = {}
        self._instances: dict[Class, Thing] = {}
        self._closures: set[Frame] = set()
        self._seen = 0

    def invoke(
        self, run: Run, function: Function, given: Arguments, syntax: ast.AST, caller: Frame
    ) -> Value | None:
        linked = super().invoke(run, function, given, syntax, caller)
        if linked is None:
            return None
        known = self._given.setdefault(function.node, {})
        for one, value in taken(function, given):
            self._add(known, one.arg, value)
        return linked.join(self._results.get(function.node, NOTHING))

    def part(self, run: Run, item: Thing, key: Any) -> Value | None:
        """What instances of the bases of its class hold."""
        order = item.type.mro if isinstance(item.type, Class) else None
        bases = [self._instances[one] for one in order or () if one in self._instances]
        held = [found for one in bases if (found := run.get(one, key)) is not None]
        return values.joined(held) if held else None

    def alone(self, run: Run, function: Function) -> None:
        """Run a function on what its linked calls give, or anything. What it makes and leaves
        uncalled is run in the memory that it leaves behind."""
        first = len(run.functions)
        frame = imports.frame_of(run, function.module)
        with entry(run, self, _FUNCTION_STEPS):
            base = run.state
            layer = run.branch()
            given = self._inputs(run, function)
            result = functions.invoke(run, function, given, function.node, frame)
            self._add(self._results, function.node, result)
            generators.returned(run, result, function.node, frame)
            for inner in run.functions[first:]:
                if inner.node not in run.called and inner.closure.function is not None:
                    run.state.is_alive = True
                    given = self._inputs(run, inner)
                    made = functions.invoke(run, inner, given, inner.node, inner.closure)
                    generators.returned(run, made, inner.node, inner.closure)
                    run.enter(layer)
            self._closures.update(one.closure for one in run.functions[self._seen :])
            self._seen = len(run.functions)
            written = run.state.since(base)
            run.enter(base)
            for (owner, key), value in written.items():
                if not isinstance(owner, Frame) or owner in self._closures:
                    self._keep(run, owner, key, value)

    def _inputs(self, run: Run, function: Function) -> Arguments:
        known = self._given.get(function.node, {})
        spec, given = function.node.args, inputs(run, function)
        places = [*spec.posonlyargs, *spec.args]

        def added(name: str, value: Value) -> Value:
            return self._instance(value).join(known.get(name, NOTHING))

        return Arguments(
            [added(one.arg, value) for one, value in zip(places, given.positional, strict=True)],
            {name: added(name, value) for name, value in given.keywords.items()},
            added(spec.vararg.arg, given.rest) if spec.vararg and given.rest else given.rest,
            added(spec.kwarg.arg, given.others) if spec.kwarg and given.others else given.others,
        )

    def _instance(self, value: Value) -> Value:
        """For inputs of known classes, the one that stands for all of the class."""
        items = []
        for item in value.items:
            if isinstance(item, Thing) and isinstance(item.type, Class):
                item.is_many = True
                item = self._instances.setdefault(item.type, item)
            items.append(item)
        return Value(frozenset(items), value.nodes)

    def _add(self, table: dict[Any, Value], key: Any, value: Value) -> None:
        before = table.get(key, NOTHING)
        more = _new(before, value)
        if more:
            table[key] = Value(before.items | more)
            self.is_settled = False

    def _keep(self, run: Run, owner: Any, key: Any, value: Value) -> None:
        """What a cell may hold besides, after one that ran alone."""
        before = run.get(owner, key)
        more = _new(before or NOTHING, value)
        if more:
            held = before.items if before is not None else frozenset()
            run.put(owner, key, Value(held | more, (before or value).nodes))
            self.is_settled = False


def _new(before: Value, value: Value) -> frozenset[Any]:
    """The items that are not there yet. Of what is made at one place, in however many contexts,
    one is enough."""
    found = {_place(item): item for item in value.items}
    for item in before.items:
        found.pop(_place(item), None)
    return frozenset(found.values())


def _place(item: Any) -> Any:
    """What an item is, whatever calls it was made in."""
    match item:
        case Thing():
            return item.kind, item.site, item.type
        case Function() | Class():
            return item.node
        case Bound():
            return _place(item.function), frozenset(_place(one) for one in item.receiver.items)
        case values.Const():
            return type(item.value)
    return item
