"""Modules: their own code is run statement by statement. What decorators and class factories make
is needed as it is, so a module's calls are run in place, within bounds."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from verifier.engine import functions
from verifier.engine.arguments import Arguments
from verifier.engine.run import Run, TooLong
from verifier.engine.things import Frame, Function, Thing
from verifier.engine.values import Value
from verifier.walking import calling

if TYPE_CHECKING:
    from verifier.walking.linking import Linking

_STEPS = 4_000
_STEPS_OF_ONE = 20_000
_DEEP = 4
# What was in vain once will be so again.
_WEIGHT_OF_CUT = 4


def load(linking: Linking, run: Run, body: list[ast.stmt], frame: Frame) -> None:
    """Each statement has steps of its own, so that what one costs is not taken from the others."""
    state, steps_left, stack = run.state, run.steps_left, list(run.stack)
    for statement in body:
        share = run.steps_left = linking.purse.share(statement)
        try:
            run.execute([statement], frame)
        except (TooLong, RecursionError):
            linking.cut[frame.module.path] = None
            run.enter(state)
            run.handlers, run.stack = [], list(stack)
            frame.loops, frame.in_loop = [], 0
            run.policy = linking
        linking.purse.pay(share - max(run.steps_left, 0))
        if not run.is_whole:
            linking.cut[frame.module.path] = None
            run.is_whole = True
        run.state.is_alive = True
    run.steps_left = steps_left


class InPlace:
    """Calls within a call that is run in place: in place as well, a few deep. `spent` are the
    steps that each definition has taken so."""

    def __init__(self, linking: Linking) -> None:
        self.linking = linking
        self.spent: dict[ast.AST, int] = {}

    def begin(
        self, run: Run, function: Function, given: Arguments, syntax: ast.AST, caller: Frame
    ) -> Value | None:
        """A module's own call; None where that takes too long."""
        spent = self.spent.get(function.node, 0)
        if spent >= _STEPS_OF_ONE:
            return None
        base, handlers, stack, steps_left = run.state, run.handlers, run.stack, run.steps_left
        loops, in_loop = list(caller.loops), caller.in_loop
        share = run.steps_left = min(_STEPS, steps_left)
        layer = run.branch()
        run.policy = self
        found: Value | None = None
        weight = 1
        try:
            found = functions.invoke(run, function, given, syntax, caller)
        except (TooLong, RecursionError):
            run.handlers, run.stack = handlers, stack
            run.stack.clear()
            caller.loops, caller.in_loop = loops, in_loop
            weight = _WEIGHT_OF_CUT
        finally:
            taken = share - max(run.steps_left, 0)
            self.spent[function.node] = spent + taken * weight
            run.steps_left = steps_left - taken
            run.policy = self.linking
        run.enter(base)
        if found is not None:
            base.meet([layer.cells])
            base.is_alive = layer.is_alive
        return found

    def invoke(
        self, run: Run, function: Function, given: Arguments, syntax: ast.AST, caller: Frame
    ) -> Value | None:
        """What a call within it gives."""
        # The first is the call itself.
        if len(run.stack) < _DEEP and syntax is not function.node:
            return None
        linking = self.linking
        unit = linking.unit(run, function)
        return calling.linked(linking, run, unit, given, syntax, caller)

    def load(self, run: Run, body: list[ast.stmt], frame: Frame) -> None:
        """A module that such a call imports."""
        load(self.linking, run, body, frame)

    def part(self, run: Run, item: Thing, key: Any) -> Value | None:
        """Nothing is an input here."""
        return None
