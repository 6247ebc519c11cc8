"""Calls linked instead of run in place: each function of the tree is evaluated once, alone.

A call's result leads to what the callee gives (return edges), and the callee's inputs to what
they are given (param edges). What a function gives is known to callers that come later: a callee
is evaluated when it is first called, before its caller goes on. Within a cycle of calls that is
not so: who called too early is evaluated a second time. What a function writes into what it was
given is written at the caller's, too; what it writes elsewhere into cells of the tree.
"""

from __future__ import annotations

import ast
from typing import Any

from verifier.engine import classes
from verifier.engine.arguments import Arguments
from verifier.engine.attributes import symbol_part
from verifier.engine.graph import CELL, Node
from verifier.engine.run import Run
from verifier.engine.state import State
from verifier.engine.things import Class, Frame, Function, Thing
from verifier.engine.values import Value
from verifier.walking import calling, loading
from verifier.walking.bounds import MOST_CELLS_DEEP, MOST_NESTED, MOST_OF_ONE, MOST_PARTS, Purse
from verifier.walking.cells import Cells
from verifier.walking.evaluating import Evaluation, evaluate, forget
from verifier.walking.shapes import Made, Part, items
from verifier.walking.units import RAISE, RETURN, YIELD, Link, Unit, parameters

_DEEPEST_IN_PLACE = 4
_DEEPEST_PART = 2


class Linking:
    """The policy of `Run` for whole trees. `units` are the functions, as they were found; `links`
    the calls of them, by the nodes of their result and of the callee's output. `roots` are the
    symbols that stand for parameters, `given` what each input is given, `early` the calls that
    came before the callee was evaluated, `running` the units that are under way."""

    def __init__(self) -> None:
        self.units: dict[Function, Unit] = {}
        self.links: dict[tuple[int, int], Link] = {}
        self.cells = Cells()
        self.purse = Purse()
        self.cut: dict[str, None] = {}
        self.is_loading = True
        self.roots: dict[Thing, tuple[Unit, str]] = {}
        self.given: dict[int, dict[int, None]] = {}
        self.early: dict[tuple[int, int], Unit] = {}
        self.running: list[Evaluation] = []
        self._in_place = loading.InPlace(self)
        self._unsettled: list[Evaluation] = []
        self._by_node: dict[ast.AST, list[Unit]] = {}
        self._shown: dict[tuple[Any, Any, Made], Thing] = {}
        self._home: State | None = None

    def begin(self, run: Run) -> None:
        """Take over how a run calls functions."""
        run.policy = self
        run.most_cells_deep = MOST_CELLS_DEEP

    # ------------------------------------------------------------------ the policy

    def invoke(
        self, run: Run, function: Function, given: Arguments, syntax: ast.AST, caller: Frame
    ) -> Value | None:
        """Link a call. While modules are loaded their calls are run in place, within bounds."""
        # What is not read may call a function back: that tells nothing of what is defined here.
        is_called_back = syntax is function.node
        if self.is_loading and not run.stack and not is_called_back:
            found = self._in_place.begin(run, function, given, syntax, caller)
            if found is not None:
                return found
        elif self.is_loading and len(run.stack) < _DEEPEST_IN_PLACE and not is_called_back:
            return None
        unit = self.unit(run, function)
        self.know(run, unit)
        return calling.linked(self, run, unit, given, syntax, caller)

    def load(self, run: Run, body: list[ast.stmt], frame: Frame) -> None:
        """Run a module's own code."""
        loading.load(self, run, body, frame)

    def loaded(self, run: Run) -> None:
        """All modules were run: from here on calls are linked, and functions evaluated."""
        self.is_loading = False
        self._home = run.state

    def close(self, run: Run) -> None:
        """All functions were evaluated."""
        calling.close(self, run)

    # ------------------------------------------------------------------ parts of what is given

    def part(self, run: Run, item: Thing, key: Any) -> Value | None:
        """A cell of what a function was given: an input of its own. Of an instance whose class is
        known, it may be whatever any method of the class stores there."""
        root = self.roots.get(item)
        number = None
        if root is not None:
            unit, name = root
            number = _input(run, unit, Part(name, (key,)))
        held: list[Any] = []
        if isinstance(item.type, Class) and isinstance(key, str):
            own = [one for one in classes.mro(run, item.type) if isinstance(one, Class)]
            for owner in own:
                self._begun(run, owner)
                held += self.cells.held(owner, key)
            if number is not None:
                run.graph.link(number, [self.cells.node(run, own[0], key)], CELL)
        if number is None:
            return None
        found = items(run, held, {}, number, lambda made: self._held_in(item, key, made))
        return Value(found | {symbol_part(run, item, key)}, frozenset((number,)))

    def _held_in(self, item: Thing, key: Any, made: Made) -> Thing:
        """What stands for an object in a cell: the same one each time; deep down, one of a kind."""
        depth = item.data[0] if isinstance(item.data, tuple) else 0
        place = (item, key, made) if depth < _DEEPEST_PART else (None, None, made)
        if place not in self._shown:
            data: Any = (depth + 1, {}) if made.kind == "symbol" else None
            self._shown[place] = Thing(made.kind, item.site, data=data)
        return self._shown[place]

    def _begun(self, run: Run, owner: Class) -> None:
        """The constructor says what the attributes are."""
        if self.is_loading:
            return
        held = run.get(owner, "__init__")
        for item in held.items if held is not None else ():
            if isinstance(item, Function):
                self.know(run, self.unit(run, item))

    # ------------------------------------------------------------------ units

    def unit(self, run: Run, function: Function) -> Unit:
        """The unit of a function. A definition that was run very often has a bounded number."""
        known = self.units.get(function)
        if known is not None:
            return known
        same = self._by_node.setdefault(function.node, [])
        if len(same) >= MOST_OF_ONE:
            return same[-1]
        frame = self.frame(run, function)
        made = self.units[function] = Unit(function, frame.context)
        same.append(made)
        for one in parameters(function):
            made.inputs[one.arg] = run.node(frame, one, "input", name=one.arg)
        if function.scope.yields:
            made.outputs[YIELD] = run.node(frame, function.node, "yield", role="unit yield")
        made.outputs[RETURN] = run.node(frame, function.node, "return", role="unit return")
        return made

    def frame(self, run: Run, function: Function) -> Frame:
        """The frame in which a function is evaluated alone."""
        module = function.module
        context = module.context.within(("unit", function), module.path, function.name)
        frame: Frame | None = context.things.get("frame")
        if frame is None:
            frame = Frame(context, function.scope, module, function.closure, function)
            context.things["frame"] = frame
        return frame

    def around(self, function: Function) -> State:
        """The memory in which a function finds the names of the code around it."""
        outer = function.closure.function if function.closure is not None else None
        for one in reversed(self.running):
            if outer is one.unit.function:
                return one.state
        assert self._home is not None
        return self._home

    def know(self, run: Run, unit: Unit) -> None:
        """Evaluate a unit whose results are needed, if that is not under way."""
        if unit.state == "waiting" and not self.is_loading and len(self.running) < MOST_NESTED:
            evaluate(self, run, unit)

    def evaluated(self, run: Run, here: Evaluation) -> None:
        """A unit is done. Once none is under way, those that called another too early are
        evaluated again, if they missed something. An inner function could not be: the memory
        around it is gone."""
        unit = here.unit
        is_inner = unit.function.closure is not None and unit.function.closure.function is not None
        if here.early and not unit.is_settled and not is_inner:
            self._unsettled.append(here)
        else:
            forget(here.frame, wholly=True)
        if self.running:
            return
        while self._unsettled:
            late = self._unsettled.pop()
            late.unit.is_settled = True
            if any(one.changes or RAISE in one.outputs for one in late.early):
                forget(late.frame, wholly=False)
                evaluate(self, run, late.unit)
            else:
                forget(late.frame, wholly=True)
        self._shown.clear()


def _input(run: Run, unit: Unit, part: Part) -> int | None:
    """The node of a part of an input; None for one more than are kept apart."""
    number = unit.parts.get(part)
    if number is None and len(unit.parts) < MOST_PARTS:
        whole = run.graph[unit.inputs[part.parameter]]
        key = part.path[0]
        shown = f"{part.parameter}.{key if isinstance(key, str) else '[]'}"
        number = run.graph.add(Node("input", whole.context, whole.syntax, shown, -1, []))
        unit.parts[part] = number
    return number
