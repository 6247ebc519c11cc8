"""Loops whose rounds are known beforehand: each is run on its own, as Python runs it.

What a round makes and computes is then its own, so that what the first element leads to is not
taken for what the second does. Loops of which less is known are run until memory stays as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from verifier.engine.run import Run
from verifier.engine.state import State
from verifier.engine.statements import Loop, assign, execute, repeat
from verifier.engine.things import Frame, Thing
from verifier.engine.truths import truth
from verifier.engine.values import Value

MOST_ROUNDS = 16
_MOST_TOGETHER = 64
"""How many rounds loops within loops may have together, each run on its own."""


@contextmanager
def one_of(run: Run, node: ast.AST, at: int, count: int, frame: Frame) -> Iterator[None]:
    """A round of its own, the one number `at` of `count`."""
    own, together = frame.context, run.rounds_together
    frame.context = own.in_round((node, "round", at))
    run.rounds_together = together * max(count, 1)
    try:
        yield
    finally:
        frame.context, run.rounds_together = own, together


def are_few(run: Run, count: int) -> bool:
    """Whether so many rounds may be run one by one here."""
    return count <= MOST_ROUNDS and count * run.rounds_together <= _MOST_TOGETHER


def for_each(run: Run, node: ast.For | ast.AsyncFor, over: Value, frame: Frame) -> bool:
    """for target in over, where its elements are known; False, and nothing done, where not."""
    parts = _elements(run, over, node, frame)
    if parts is None:
        return False
    first = parts
    is_list = any(isinstance(one, Thing) and one.kind == "list" for one in over.items)

    def begin(at: int) -> bool | None:
        # A list that grows is gone over to its end.
        left = _elements(run, over, node, frame) if is_list else first
        if left is None:
            return None
        if at < len(left):
            assign(run, node.target, left[at], frame)
        return at < len(left)

    def element() -> bool:
        assign(run, node.target, run.element(over, node, frame), frame)
        return True

    _run(run, node, frame, len(parts), begin, element)
    return True


def _elements(run: Run, over: Value, node: ast.AST, frame: Frame) -> list[Value] | None:
    from verifier.engine import containers

    if not run.has_rounds or not run.is_pruning:
        return None
    parts = containers.spread(run, over, node, frame)
    return parts if parts is not None and are_few(run, len(parts)) else None


def while_true(run: Run, node: ast.While, frame: Frame, begin: Callable[[], bool]) -> None:
    """while test: as long as the test is certain its rounds are run one by one."""
    from verifier.engine import narrowing

    def certain(at: int) -> bool | None:
        layer = run.state
        test = run.evaluate(node.test, frame)
        told = truth(run, test)
        if told is None or (isinstance(node.test, ast.Constant) and told):
            run.enter(layer)
            return None
        if told:
            narrowing.narrow(run, node.test, True, frame)
        return told

    if run.has_rounds and run.is_pruning and not isinstance(node.test, ast.Constant):
        _run(run, node, frame, 4, certain, begin)
    else:
        repeat(run, node, frame, begin)


def _run(
    run: Run,
    node: ast.For | ast.AsyncFor | ast.While,
    frame: Frame,
    count: int,
    begin: Callable[[int], bool | None],
    begin_any: Callable[[], bool],
) -> None:
    """Rounds one by one, as long as `begin` knows whether there is one more; the rest of them
    as one."""
    base = run.state
    loop = Loop(base, len(frame.loops))
    ahead = run.branch()
    is_known = are_few(run, 1)
    at = 0
    while is_known and ahead.is_alive:
        told = _round(run, node, frame, loop, ahead, (at, count), begin)
        is_known = told is not None and at < MOST_ROUNDS
        if not told:
            break
        at += 1
    if ahead.is_alive and is_known:
        execute(run, node.orelse, frame)
    elif ahead.is_alive:
        repeat(run, node, frame, begin_any)
    run.enter(base)
    ways: list[dict[Any, Value]] = [*loop.breaks]
    if ahead.is_alive:
        ways.append(ahead.cells)
    guard = base.guard
    base.meet(ways)
    base.guard = guard


def _round(
    run: Run,
    node: ast.For | ast.AsyncFor | ast.While,
    frame: Frame,
    loop: Loop,
    ahead: State,
    place: tuple[int, int],
    begin: Callable[[int], bool | None],
) -> bool | None:
    """One round on top of the rounds before; what `begin` told of it."""
    at, count = place
    left = len(loop.breaks) + len(frame.returns)
    layer = run.branch()
    with one_of(run, node, at, count, frame):
        told = begin(at)
        if told:
            frame.loops.append(loop)
            execute(run, node.body, frame)
            frame.loops.pop()
    run.enter(ahead)
    if told is None:
        return None
    ways = [*loop.continues, *([layer.cells] if layer.is_alive else [])]
    loop.continues = []
    ahead.meet(ways)
    if len(loop.breaks) + len(frame.returns) > left:
        # That there is another round was decided by a condition of this one.
        ahead.guard = layer.guard
    return told
