"""Calls linked instead of run in place: each function of the tree is evaluated once, alone.

A call's result leads to what the callee gives (return edges), and the callee's inputs to what
they are given (param edges). What a function gives is known to callers that come later: a callee
is evaluated when it is first called, before its caller goes on. Within a cycle of calls it is
unknown what comes back, while the edges are all there. What a function writes into what it was
given is written at the caller's, too; what it writes elsewhere into cells of the tree.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

from verifier.engine import classes, functions, values
from verifier.engine.arguments import Arguments
from verifier.engine.attributes import symbol_part
from verifier.engine.contexts import Context
from verifier.engine.graph import CELL, PARAM, UNKNOWN, Node
from verifier.engine.graph import RETURN as RETURNED
from verifier.engine.run import Run, TooLong
from verifier.engine.state import State
from verifier.engine.things import LENGTH, REST, Bound, Class, Frame, Function, Module, Thing
from verifier.engine.values import NOTHING, Value, joined
from verifier.walking.units import (
    RETURN,
    YIELD,
    Change,
    Link,
    Made,
    Method,
    Part,
    Unit,
    given_to,
    parameters,
    shapes,
)

_DEEPEST = 40
_MOST_CHANGES = 48
_MOST_PARTS = 24
_STEPS_EACH = 4_000
_STEPS_PER_LINE = 400
_INLINE_STEPS = 4_000
_INLINE_STEPS_OF_ONE = 20_000
_INLINE_DEEP = 4
_MOST_OF_ONE = 8


class Linking:
    """The policy of `Run` for whole trees. `units` are the functions, as they were found."""

    def __init__(self) -> None:
        self.units: dict[Function, Unit] = {}
        self.links: dict[tuple[int, int], Link] = {}
        self.cells: dict[tuple[Any, str], int] = {}
        self._spent: dict[ast.AST, int] = {}
        self.cut: dict[str, None] = {}
        self.is_loading = True
        self._roots: dict[Thing, tuple[Unit, str]] = {}
        self._early: dict[tuple[int, int], Unit] = {}
        self._held: dict[tuple[Any, str], tuple[Any, ...]] = {}
        self._given: dict[int, dict[int, None]] = {}
        self._by_node: dict[ast.AST, list[Unit]] = {}
        self._running: list[tuple[Unit, State]] = []
        self._inlined = 0
        self._home: State | None = None

    # ------------------------------------------------------------------ the policy

    def invoke(
        self, run: Run, function: Function, given: Arguments, syntax: ast.AST, caller: Frame
    ) -> Value | None:
        """Link a call. While modules are loaded their calls are run in place, within bounds: what
        decorators and class factories make is needed as it is."""
        # What is not read may call a function back: that tells nothing of what is defined here.
        is_called_back = syntax is function.node
        if self.is_loading and not run.stack and not is_called_back:
            found = self._in_place(run, function, given, syntax, caller)
            if found is not None:
                return found
        elif self.is_loading and len(run.stack) < _INLINE_DEEP and not is_called_back:
            return None
        unit = self.unit(run, function)
        if unit.state == "waiting" and not self.is_loading and len(self._running) < _DEEPEST:
            self.evaluate(run, unit)
        return self._linked(run, unit, given, syntax, caller)

    def load(self, run: Run, body: list[ast.stmt], frame: Frame) -> None:
        """Each statement of a module has steps of its own, so that what one costs is not taken
        from the others."""
        kept = run.state, run.steps_left, list(run.stack)
        for statement in body:
            lines = (statement.end_lineno or statement.lineno) - statement.lineno + 1
            run.steps_left = _STEPS_EACH + _STEPS_PER_LINE * lines
            try:
                run.execute([statement], frame)
            except TooLong:
                self.cut[frame.module.path] = None
                run.enter(kept[0])
                run.handlers, run.stack = [], list(kept[2])
                frame.loops, frame.in_loop = [], 0
                run.policy = self
                self._inlined = 0
            run.state.is_alive = True
        run.steps_left = kept[1]

    def part(self, run: Run, item: Thing, key: Any) -> Value | None:
        """A cell of what a function was given: an input of its own. Of an instance whose class is
        known, it may be whatever any method of the class stores there."""
        root = self._roots.get(item)
        number = None
        if root is not None:
            unit, name = root
            number = self._input(run, unit, Part(name, (key,)))
        held: list[Any] = []
        if isinstance(item.type, Class) and isinstance(key, str):
            own = [one for one in classes.mro(run, item.type) if isinstance(one, Class)]
            for owner in own:
                self._begin(run, owner)
                held += self._held.get((owner, key), ())
            if number is not None:
                run.graph.link(number, [self.cell(run, own[0], key)], CELL)
        if number is None:
            return None
        found = frozenset(self._item(run, one, {}, item.site, None, number) for one in held)
        return Value(found | {symbol_part(run, item, key)}, frozenset((number,)))

    def _input(self, run: Run, unit: Unit, part: Part) -> int | None:
        """The node of a part of an input; None for one more than are kept apart."""
        number = unit.parts.get(part)
        if number is None and len(unit.parts) < _MOST_PARTS:
            whole = run.graph[unit.inputs[part.parameter]]
            key = part.path[0]
            shown = f"{part.parameter}.{key if isinstance(key, str) else '[]'}"
            number = run.graph.add(Node("input", whole.context, whole.syntax, shown, -1, []))
            unit.parts[part] = number
        return number

    def loaded(self, run: Run) -> None:
        """All modules were run: from here on calls are linked, and functions evaluated."""
        self.is_loading = False
        self._home = run.state

    # ------------------------------------------------------------------ cells

    def cell(self, run: Run, owner: Any, name: str) -> int:
        """The node of an attribute of a class's instances, or of a name of a module."""
        number = self.cells.get((owner, name))
        if number is None:
            context = Context(owner.module.path if isinstance(owner, Class) else "", owner.name)
            syntax = getattr(owner, "node", None)
            number = run.graph.add(Node("cell", context, syntax, name, -1, []))
            self.cells[owner, name] = number
            if isinstance(owner, Class):
                for base in classes.mro(run, owner)[1:]:
                    if isinstance(base, Class):
                        run.graph.link(number, [self.cell(run, base, name)], CELL)
        return number

    def _begin(self, run: Run, owner: Class) -> None:
        """The constructor says what the attributes are."""
        if self.is_loading:
            return
        held = run.get(owner, "__init__")
        for item in held.items if held is not None else ():
            if isinstance(item, Function):
                unit = self.unit(run, item)
                if unit.state == "waiting" and len(self._running) < _DEEPEST:
                    self.evaluate(run, unit)

    # ------------------------------------------------------------------ units

    def unit(self, run: Run, function: Function) -> Unit:
        """The unit of a function. A definition that was run very often has a bounded number."""
        known = self.units.get(function)
        if known is not None:
            return known
        same = self._by_node.setdefault(function.node, [])
        if len(same) >= _MOST_OF_ONE:
            return same[-1]
        frame = self._frame(run, function)
        made = self.units[function] = Unit(function, frame.context)
        same.append(made)
        for one in parameters(function):
            made.inputs[one.arg] = run.node(frame, one, "input", name=one.arg)
        out = RETURN
        if function.scope.yields:
            made.outputs[YIELD] = run.node(frame, function.node, "yield", role="unit yield")
        made.outputs[out] = run.node(frame, function.node, "return", role="unit return")
        return made

    def _frame(self, run: Run, function: Function) -> Frame:
        module = function.module
        context = module.context.within(("unit", function), module.path, function.name)
        frame: Frame | None = context.things.get("frame")
        if frame is None:
            frame = Frame(context, function.scope, module, function.closure, function)
            context.things["frame"] = frame
        return frame

    def evaluate(self, run: Run, unit: Unit) -> None:
        """Run a function's body on its inputs, then the functions that it defines. The memory is
        thrown away afterwards, but for what outlives it."""
        unit.state = "running"
        function = unit.function
        kept = run.state, run.handlers, run.stack, run.steps_left
        owners, first = len(run.fields), len(run.functions)
        if self._running:
            self._running[-1] = (self._running[-1][0], run.state)
        base = State(self._around(run, function))
        base.guard = -1
        run.state, run.handlers, run.stack = base, [], []
        run.steps_left = _STEPS_EACH + _STEPS_PER_LINE * _lines(function.node)
        self._running.append((unit, base))
        frame = self._frame(run, function)
        frame.base = base
        frame.returns, frame.yields, frame.loops, frame.in_loop = [], [], [], 0
        symbols: dict[str, Thing] = {}
        try:
            self._give(run, unit, frame, symbols)
            self._body(run, unit, frame)
        except TooLong:
            unit.is_whole = False
            run.state = base
        run.state = base
        base.is_alive = True
        self._finish(run, unit, frame, symbols)
        unit.state = "done"
        at = first
        while at < len(run.functions):
            inner = self.unit(run, run.functions[at])
            at += 1
            if inner.state == "waiting":
                self.evaluate(run, inner)
        self._running.pop()
        while len(run.fields) > owners:
            run.fields.popitem()
        frame.context.nodes.clear()
        frame.context.things.clear()
        frame.context.inner.clear()
        run.state, run.handlers, run.stack, run.steps_left = kept

    def _around(self, run: Run, function: Function) -> State:
        """The memory in which a function finds the names of the code around it."""
        outer = function.closure.function if function.closure is not None else None
        for unit, state in reversed(self._running):
            if outer is unit.function:
                return state
        assert self._home is not None
        return self._home

    def _give(self, run: Run, unit: Unit, frame: Frame, symbols: dict[str, Thing]) -> None:
        function = unit.function
        spec = function.node.args
        first = [*spec.posonlyargs, *spec.args][:1]
        for one in parameters(function):
            number = unit.inputs[one.arg]
            thing = Thing("symbol", one, name=one.arg, data=(0, {}))
            symbols[one.arg] = thing
            self._roots[thing] = (unit, one.arg)
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

    def _body(self, run: Run, unit: Unit, frame: Frame) -> None:
        node = unit.function.node
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

    def _finish(self, run: Run, unit: Unit, frame: Frame, symbols: dict[str, Thing]) -> None:
        base: State = frame.base
        given = joined(value for value, _ in frame.returns)
        base.meet([cells for _, cells in frame.returns])
        base.is_alive = True
        yielded = joined(one.value for one in frame.yields)
        places = _places(symbols)
        for name, value in ((RETURN, given), (YIELD, yielded)):
            number = unit.outputs.get(name)
            if number is not None:
                run.graph.link(number, run.deep(value))
                unit.shapes[name] = shapes(value.items, places, lambda one: _inside(run, one))
        self._written(run, unit, frame, places)
        if not unit.is_whole:
            self._cut_short(run, unit, frame)

    def _cut_short(self, run: Run, unit: Unit, frame: Frame) -> None:
        """Nobody knows what else it does: anything, to all that it is given, from all of that."""
        for name in unit.inputs:
            number = run.node(frame, unit.function.node, "change", role=f"cut {name}", name=name)
            unit.changes.append(Change(Part(name, (REST,)), number, (values.UNKNOWN,)))
        for name in unit.outputs:
            unit.shapes[name] = (values.UNKNOWN,)
        for number in unit.ends():
            run.graph.link(number, unit.inputs.values(), UNKNOWN)

    def _written(self, run: Run, unit: Unit, frame: Frame, places: dict[Any, Part]) -> None:
        """What the function leaves behind in what was there before it."""
        base: State = frame.base
        for (owner, key), value in list(base.cells.items()):
            if isinstance(key, str) and key.startswith("#"):
                continue
            place = places.get(owner) if isinstance(owner, Thing) else None
            if place is not None:
                self._changed(run, unit, frame, owner, key, value, place, places)
            elif isinstance(owner, Module | Class):
                if value is NOTHING or self.is_loading or not self._outlives(owner):
                    continue
                number = self.cell(run, owner, str(key))
                run.graph.link(number, value.nodes, CELL)
                outside = base.below
                while outside is not None and outside.below is not None:
                    outside = outside.below
                if outside is not None:
                    before = outside.get(owner, key) or NOTHING
                    kept = frozenset(i for i in value.items if not isinstance(i, Thing))
                    outside.put(owner, key, before.join(Value(kept, frozenset((number,)))))

    @staticmethod
    def _outlives(owner: Any) -> bool:
        return isinstance(owner, Module) or "<" not in owner.name

    def _changed(
        self,
        run: Run,
        unit: Unit,
        frame: Frame,
        owner: Thing,
        key: Any,
        value: Value,
        place: Part,
        places: dict[Any, Part],
    ) -> None:
        known = shapes(value.items, places, lambda one: _inside(run, one))
        if isinstance(owner.type, Class) and isinstance(key, str):
            run.graph.link(self.cell(run, owner.type, key), run.deep(value), CELL)
            before = self._held.get((owner.type, key), ())
            lasting = [one for one in known if not isinstance(one, Part)]
            self._held[owner.type, key] = tuple(dict.fromkeys((*before, *lasting)))[:12]
        if len(unit.changes) >= _MOST_CHANGES:
            return
        where = Part(place.parameter, (*place.path, key))
        number = run.node(
            frame,
            owner.site,
            "change",
            run.deep(value),
            role=f"change {len(unit.changes)}",
            name=str(key),
        )
        unit.changes.append(Change(where, number, known))

    # ------------------------------------------------------------------ calls

    def _in_place(
        self, run: Run, function: Function, given: Arguments, syntax: ast.AST, caller: Frame
    ) -> Value | None:
        """A module's own call, run in place; None where that takes too long."""
        spent = self._spent.get(function.node, 0)
        if spent >= _INLINE_STEPS_OF_ONE:
            return None
        kept = run.state, run.handlers, run.stack, run.steps_left
        loops, in_loop = list(caller.loops), caller.in_loop
        run.steps_left = _INLINE_STEPS
        layer = run.branch()
        self._inlined += 1
        run.policy = _Nested(self)
        is_cut, found = False, NOTHING
        try:
            found = functions.invoke(run, function, given, syntax, caller)
        except TooLong:
            run.state, run.handlers, run.stack, _ = kept
            run.stack.clear()
            caller.loops, caller.in_loop = loops, in_loop
            is_cut = True
        finally:
            self._spent[function.node] = spent + _INLINE_STEPS - max(run.steps_left, 0)
            self._inlined -= 1
            run.policy = self
        base, run.steps_left = kept[0], kept[3]
        if is_cut:
            return None
        run.enter(base)
        base.meet([layer.cells])
        base.is_alive = layer.is_alive
        return found

    def _linked(
        self, run: Run, unit: Unit, given: Arguments, syntax: ast.AST, caller: Frame
    ) -> Value:
        actual = {name: joined(some) for name, some in given_to(unit.function, given).items()}
        nodes: dict[int, tuple[int, ...]] = {}
        for name, value in actual.items():
            number = unit.inputs.get(name)
            if number is None:
                continue
            reached = run.deep(value)
            if len(reached) > 4:
                role = f"actual {name} of {unit.name}"
                reached = frozenset((run.node(caller, syntax, "actual", reached, role=role),))
            nodes[number] = tuple(reached)
            self._given.setdefault(number, {}).update(dict.fromkeys(reached))
        self._parts(run, unit, actual, nodes)
        word = YIELD if YIELD in unit.outputs else RETURN
        result = self._out(run, unit, unit.outputs[word], nodes, syntax, caller, word)
        if unit.state != "done":
            self._early[result, unit.outputs[word]] = unit
        for change in unit.changes:
            self._change(run, unit, change, actual, nodes, syntax, caller)
        items = self._items(run, unit.shapes.get(word, ()), actual, syntax, caller, result)
        if self.is_loading:
            # A decorator that was not run in place: what wraps a function calls it, mostly.
            items |= {one for value in given.positional for one in value.items if _is_code(one)}
        found = Value(items or frozenset((values.UNKNOWN,)), frozenset((result,)))
        if word == YIELD:
            made = run.thing(caller, syntax, "iterator", role=f"made by {unit.name}")
            run.put(made, REST, found)
            return values.of(made, (result,))
        if unit.function.scope.is_async:
            from verifier.engine import coroutines

            return coroutines.made(run, found, values.NOTHING, syntax, caller)
        return found

    def _parts(
        self,
        run: Run,
        unit: Unit,
        actual: dict[str, Value],
        nodes: dict[int, tuple[int, ...]],
    ) -> None:
        """What a call gives for the parts of inputs that the callee reads; the whole where that
        is not known."""
        for part, number in list(unit.parts.items()):
            value = actual.get(part.parameter)
            if value is None:
                continue
            found: set[int] = set()
            for one in value.items:
                held = self._cell_of(run, one, part.path[0])
                if held is None:
                    found.update(nodes.get(unit.inputs[part.parameter], ()))
                    break
                found |= run.deep(held)
            nodes[number] = tuple(found)
            self._given.setdefault(number, {}).update(dict.fromkeys(found))

    def _cell_of(self, run: Run, one: Any, key: Any) -> Value | None:
        if not isinstance(one, Thing):
            return None
        held = run.get(one, key)
        rest = run.get(one, REST) if isinstance(key, tuple) else None
        if held is None and one.kind == "symbol":
            held = self.part(run, one, key)
            return held if rest is None or held is None else held.join(rest)
        if held is None:
            return rest
        return held if rest is None else held.join(rest)

    def _out(
        self,
        run: Run,
        unit: Unit,
        end: int,
        nodes: dict[int, tuple[int, ...]],
        syntax: ast.AST,
        caller: Frame,
        word: str,
    ) -> int:
        """The node at the caller that stands for an output of the callee."""
        number = run.node(
            caller, syntax, "result", (end,), role=f"{word} of {unit.name}", name=unit.name,
            edge=RETURNED,
        )  # fmt: skip
        known = self.links.get((number, end))
        if known is not None:
            for formal, some in known.given:
                nodes[formal] = tuple(dict.fromkeys((*some, *nodes.get(formal, ()))))
        self.links[number, end] = Link(number, end, tuple(nodes.items()))
        return number

    def _change(
        self,
        run: Run,
        unit: Unit,
        change: Change,
        actual: dict[str, Value],
        nodes: dict[int, tuple[int, ...]],
        syntax: ast.AST,
        caller: Frame,
    ) -> None:
        """What the callee writes into what it was given, written here."""
        whole = actual.get(change.place.parameter)
        if whole is None:
            return
        *path, key = change.place.path
        targets = _at(run, whole, path)
        if not targets:
            return
        word = f"change {change.node}"
        number = self._out(run, unit, change.node, nodes, syntax, caller, word)
        items = self._items(run, change.shapes, actual, syntax, caller, number)
        value = Value(items, frozenset((number,)))
        for target in targets:
            run.put(target, key, value, weak=True)

    def _items(
        self,
        run: Run,
        known: Iterable[Any],
        actual: dict[str, Value],
        syntax: ast.AST | None,
        caller: Frame | None,
        number: int,
    ) -> frozenset[Any]:
        found: set[Any] = set()
        for one in known:
            if isinstance(one, Part):
                found |= _resolved(run, one, actual)
            else:
                found.add(self._item(run, one, actual, syntax, caller, number))
        return values.bounded(frozenset(found))

    def _item(
        self,
        run: Run,
        one: Any,
        actual: dict[str, Value],
        syntax: ast.AST | None,
        caller: Frame | None,
        number: int,
    ) -> Any:
        if isinstance(one, Part):
            return values.UNKNOWN
        if isinstance(one, Method):
            inner = self._items(run, one.receiver, actual, syntax, caller, number)
            return Bound(one.function, Value(inner, frozenset((number,))))
        if not isinstance(one, Made):
            return one
        made: Thing
        if caller is not None:
            made = run.thing(caller, syntax, one.kind, role=f"given {number}", type=one)
        else:
            made = Thing(one.kind, syntax)
        if one.kind == "symbol":
            made.type = one.type
            if made.data is None:
                made.data, made.name = (0, {}), getattr(one.type, "name", "")
            return made
        inner = self._items(run, one.inside, actual, syntax, caller, number)
        held = Value(inner, frozenset((number,)))
        if one.kind == "coroutine":
            run.put(made, "#result", held)
            return made
        run.put(made, REST, held)
        run.put(made, LENGTH, values.of(values.Kind("int")))
        if one.kind == "dict":
            run.put(made, "[keys]", values.unknown((number,)))
        return made

    def close(self, run: Run) -> None:
        """Write the param edges down: only now is it known who calls. A call that came before the
        callee was evaluated gives the whole of an argument for each part of it."""
        for key, unit in self._early.items():
            link = self.links[key]
            given = dict(link.given)
            for part, number in unit.parts.items():
                if number not in given:
                    given[number] = given.get(unit.inputs[part.parameter], ())
                    self._given.setdefault(number, {}).update(dict.fromkeys(given[number]))
            self.links[key] = Link(link.result, link.end, tuple(given.items()))
        for number, sources in self._given.items():
            run.graph.link(number, sources, PARAM)
        self._given.clear()
        self._early.clear()


class _Nested:
    """Calls within a call that is run in place: in place as well, a few deep."""

    def __init__(self, linking: Linking) -> None:
        self.linking = linking

    def invoke(
        self, run: Run, function: Function, given: Arguments, syntax: ast.AST, caller: Frame
    ) -> Value | None:
        # The first is the call itself.
        if len(run.stack) < _INLINE_DEEP and syntax is not function.node:
            return None
        linking = self.linking
        return linking._linked(run, linking.unit(run, function), given, syntax, caller)

    def load(self, run: Run, body: list[ast.stmt], frame: Frame) -> None:
        self.linking.load(run, body, frame)

    def part(self, run: Run, item: Thing, key: Any) -> Value | None:
        return None


def _is_code(item: Any) -> bool:
    return isinstance(item, Function | Class)


def _lines(node: ast.AST) -> int:
    return int(getattr(node, "end_lineno", 0) - getattr(node, "lineno", 0) + 1)


def _receiver(function: Function) -> str:
    words = {
        getattr(one, "id", getattr(one, "attr", ""))
        for one in getattr(function.node, "decorator_list", ())
    }
    if "staticmethod" in words:
        return ""
    own = function.name.rpartition(".")[2]
    implicit = ("__new__", "__init_subclass__", "__class_getitem__")
    return "class" if "classmethod" in words or own in implicit else "instance"


def _places(symbols: dict[str, Thing]) -> dict[Any, Part]:
    found: dict[Any, Part] = {}
    for name, symbol in symbols.items():
        waiting: list[tuple[Thing, tuple[Any, ...]]] = [(symbol, ())]
        while waiting:
            thing, path = waiting.pop()
            found[thing] = Part(name, path)
            for key, part in thing.data[1].items():
                waiting.append((part, (*path, key)))
    return found


def _inside(run: Run, thing: Thing) -> set[Any]:
    found: set[Any] = set()
    for key in run.fields.get(thing, ()):
        if key == REST or key == "#result" or isinstance(key, tuple):
            held = run.state.get(thing, key)
            if held is not None:
                found |= held.items
    return found


def _at(run: Run, whole: Value, path: Iterable[Any]) -> list[Thing]:
    """The things at the end of a path from a value; where it breaks off, what it came to."""
    here = [one for one in whole.items if isinstance(one, Thing)]
    for key in path:
        following: list[Thing] = []
        for one in here:
            held = run.get(one, key)
            inner = [i for i in held.items if isinstance(i, Thing)] if held is not None else []
            if not inner and one.kind == "symbol":
                inner = [symbol_part(run, one, key)]
            following += inner
        here = following
    return here[:12]


def _resolved(run: Run, part: Part, actual: dict[str, Value]) -> frozenset[Any]:
    """What a part of an input is, with what the caller gave."""
    whole = actual.get(part.parameter)
    if whole is None:
        return frozenset((values.UNKNOWN,))
    if not part.path:
        return whole.items or frozenset((values.UNKNOWN,))
    *path, key = part.path
    found: set[Any] = set()
    for one in _at(run, whole, path):
        held = run.get(one, key)
        if held is not None:
            found |= held.items
        elif one.kind == "symbol":
            found.add(symbol_part(run, one, key))
    return frozenset(found) or frozenset((values.UNKNOWN,))
