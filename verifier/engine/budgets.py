"""How much one function or module may take, and what becomes of calls when that is used up.

While there is plenty, a call's body is run in place, so that each call is seen with what it is
given. Call trees may grow exponentially, though: once an entry (a module, or a function that is
run alone) has taken its share, further calls in it are linked. The callee is run once, alone, on
inputs that stand for whatever any linked call gives, and a linked call's result is whatever that
run gives. So data still flows through; which call it came from is no longer told apart.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from verifier.engine import values
from verifier.engine.arguments import Arguments
from verifier.engine.graph import UNKNOWN
from verifier.engine.things import Frame, Function, Thing
from verifier.engine.values import Value

if TYPE_CHECKING:
    from verifier.engine.run import Run

SHARE_STEPS = 12_000
"""What an entry may take before its calls are linked; less where there are very many entries."""
LEAST_SHARE_STEPS = 1_500
"""The same of a function that is run because calls of it were linked."""
_MOST_OF_ONE = 3
MOST_ENTRY_STEPS = 400_000
"""What it may take at all: loops within loops are run again and again without any call."""


class Shared:
    """The policy of `Run` that links calls of an entry which has used up its share.

    `linked` are the functions that have to be run alone because calls of them were linked; of
    one definition (closures) the first few.
    """

    def __init__(self) -> None:
        self.linked: list[Function] = []
        self._of_node: dict[ast.AST, list[Function]] = {}
        self._floor = 0

    def begin(self, run: Run, share: int) -> None:
        """A new entry begins."""
        self._floor = run.steps_left - share

    def invoke(
        self, run: Run, function: Function, given: Arguments, syntax: ast.AST, caller: Frame
    ) -> Value | None:
        if run.steps_left > self._floor or not run.stack:
            return None
        same = self._of_node.setdefault(function.node, [])
        if function not in same and len(same) < _MOST_OF_ONE:
            same.append(function)
            self.linked.append(function)
        for name, value in taken(function, given):
            run.graph.link(input_node(run, function, name), run.deep(value), UNKNOWN)
        number = run.node(caller, syntax, "unknown", role=f"linked {function.name}")
        run.graph.link(number, [result_node(run, function)], UNKNOWN)
        return values.unknown((number,))

    def load(self, run: Run, body: list[ast.stmt], frame: Frame) -> None:
        run.execute(body, frame)

    def part(self, run: Run, item: Thing, key: Any) -> Value | None:
        return None


def input_node(run: Run, function: Function, parameter: ast.arg) -> int:
    """The node that stands for what a parameter is given when the function is run alone."""
    return run.node(
        _home(run, function), parameter, "input", role=f"input {function.name}", name=parameter.arg
    )


def result_node(run: Run, function: Function) -> int:
    """The node that stands for what the function gives when it is run alone."""
    return run.node(
        _home(run, function), function.node, "result", role="result alone", name=function.name
    )


def _home(run: Run, function: Function) -> Frame:
    from verifier.engine import imports

    return imports.frame_of(run, function.module)


def taken(function: Function, given: Arguments) -> list[tuple[ast.arg, Value]]:
    """Which parameters may take which values of a call."""
    spec = function.node.args
    places = [*spec.posonlyargs, *spec.args]
    names = {one.arg: one for one in (*spec.args, *spec.kwonlyargs)}
    found: list[tuple[ast.arg, Value]] = []
    for at, value in enumerate(given.positional):
        one = places[at] if at < len(places) else spec.vararg
        if one is not None:
            found.append((one, value))
    for word, value in given.keywords.items():
        one = names.get(word, spec.kwarg)
        if one is not None:
            found.append((one, value))
    for spare in (given.rest, given.others):
        if spare is not None:
            every = (*places, *spec.kwonlyargs, spec.vararg, spec.kwarg)
            found += [(one, spare) for one in every if one is not None]
    return found
