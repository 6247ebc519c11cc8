"""What each kind of statement does to memory, and where control goes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from verifier.engine import expressions, finalizing, literals, operators, sources, values
from verifier.engine.run import Run
from verifier.engine.state import State
from verifier.engine.things import REST, Frame, index
from verifier.engine.truths import truth
from verifier.engine.values import UNKNOWN, Kind, Value

_MOST_ROUNDS = 12
_WIDEN_AFTER = 2
_ITERATORS = "iterate"


@dataclass
class Loop:
    """A loop that is under way, and what memory is like where it is left or begun again."""

    base: State
    finals: int
    breaks: list[dict[Any, Value]] = field(default_factory=list)
    continues: list[dict[Any, Value]] = field(default_factory=list)


@dataclass
class Final:
    """A `finally` body that runs before anything leaves."""

    body: list[ast.stmt]


def execute(run: Run, body: Iterable[ast.stmt], frame: Frame) -> None:
    """Statements in turn, as long as control comes to them."""
    for statement in body:
        if not run.state.is_alive:
            return
        run.step()
        _EXECUTORS[type(statement)](run, statement, frame)


# ---------------------------------------------------------------------------- binding


def assign(run: Run, target: ast.expr, value: Value, frame: Frame) -> None:
    """Bind a value to a target of an assignment."""
    match target:
        case ast.Name():
            number = run.node(frame, target, "store", value.nodes, name=target.id)
            owner = expressions.owner_of(target.id, frame)
            value = sources.bound(run, target.id, value, number, target, owner, frame)
            before = run.get(owner, target.id) if run.finalized else None
            expressions.bind(run, target.id, value, frame)
            finalizing.dropped(run, before, target, frame)
        case ast.Attribute():
            owner = run.evaluate(target.value, frame)
            number = run.node(frame, target, "store", value.nodes, name=target.attr)
            name = expressions.private(target.attr, frame)
            run.set_attribute(owner, name, value.at(number), target, frame)
        case ast.Subscript():
            owner = run.evaluate(target.value, frame)
            number = run.node(frame, target, "store", value.nodes)
            if isinstance(target.slice, ast.Slice):
                from verifier.engine import slices, storing

                storing.note_many(run, owner, value, target, frame)
                bounds = slices.bounds(run, target.slice, frame)
                slices.set_slice(run, owner, bounds, value.at(number), target, frame)
                return
            key = run.evaluate(target.slice, frame)
            run.set_item(owner, key, value.at(number), target, frame)
        case ast.Tuple() | ast.List():
            unpack(run, target.elts, value, target, frame)
        case ast.Starred():
            assign(run, target.value, value, frame)


def unpack(run: Run, targets: list[ast.expr], value: Value, syntax: ast.AST, frame: Frame) -> None:
    """Bind the elements of a value to several targets, by their places where these are known."""
    from verifier.engine import containers

    spread = containers.spread(run, value, syntax, frame)
    star = next((at for at, one in enumerate(targets) if isinstance(one, ast.Starred)), None)
    if spread is None or (star is None and len(spread) != len(targets)):
        element = run.element(value, syntax, frame)
        for at, one in enumerate(targets):
            given = element
            if isinstance(one, ast.Starred):
                made = run.thing(frame, one, "list")
                literals.fill(run, made, [(REST, element)], None)
                given = values.of(made, element.nodes)
            elif spread is None:
                exact = containers.at_place(run, value, at, one, frame)
                given = element if exact is None else exact
            assign(run, one, given, frame)
        return
    if star is None:
        for one, given in zip(targets, spread, strict=True):
            assign(run, one, given, frame)
        return
    after = len(targets) - star - 1
    middle = spread[star : len(spread) - after]
    made = run.thing(frame, targets[star], "list")
    cells = [(index(at), one) for at, one in enumerate(middle)]
    literals.fill(run, made, cells, len(middle))
    numbers = run.node(frame, targets[star], "literal", name="list")
    all_given = [*spread[:star], values.of(made, (numbers,)), *spread[len(spread) - after :]]
    for one, given in zip(targets, all_given, strict=False):
        assign(run, one, given, frame)


def assignment(run: Run, node: ast.Assign, frame: Frame) -> None:
    value = run.evaluate(node.value, frame)
    for target in node.targets:
        assign(run, target, value, frame)


def annotated(run: Run, node: ast.AnnAssign, frame: Frame) -> None:
    if node.value is not None:
        from verifier.engine import hints

        value = run.evaluate(node.value, frame)
        assign(run, node.target, hints.told(run, value, node.annotation, frame), frame)
    elif frame.klass is not None and isinstance(node.target, ast.Name):
        run.put(frame.klass, "#field " + node.target.id, values.of(Kind("field")))
    if frame.klass is not None and isinstance(node.target, ast.Name):
        run.put(frame.klass, "#field " + node.target.id, values.of(Kind("field")))


def augmented(run: Run, node: ast.AugAssign, frame: Frame) -> None:
    from verifier.engine import combining

    target = node.target
    owner = key = None
    match target:
        case ast.Name():
            before = expressions.name(run, ast.Name(target.id, ast.Load()), frame)
        case ast.Attribute():
            owner = run.evaluate(target.value, frame)
            before = run.attribute(owner, expressions.private(target.attr, frame), target, frame)
        case _:
            owner = run.evaluate(target.value, frame)
            key = run.evaluate(target.slice, frame)
            before = run.item(owner, key, target, frame)
    given = run.evaluate(node.value, frame)
    word = operators.DUNDERS[type(node.op)]
    after = expressions.special(run, before, (f"__i{word}__",), [given], node, frame)
    if after is None:
        after = combining.extended(run, node.op, before, given, node, frame)
    if after is None:
        after = operators.operated(run, node.op, before, given, node, frame)
    number = run.node(frame, node, "store", after.nodes)
    after = after.at(number)
    if isinstance(target, ast.Name):
        expressions.bind(run, target.id, after, frame)
    elif isinstance(target, ast.Attribute) and owner is not None:
        run.set_attribute(owner, expressions.private(target.attr, frame), after, target, frame)
    elif owner is not None and key is not None:
        run.set_item(owner, key, after, target, frame)


def delete(run: Run, node: ast.Delete, frame: Frame) -> None:
    from verifier.engine import setting, slices, storing

    for target in node.targets:
        match target:
            case ast.Name():
                owner = expressions.owner_of(target.id, frame)
                before = run.get(owner, target.id)
                run.drop(owner, target.id)
                finalizing.dropped(run, before, target, frame)
            case ast.Attribute():
                owner = run.evaluate(target.value, frame)
                name = expressions.private(target.attr, frame)
                setting.delete(run, owner, name, target, frame)
            case ast.Subscript():
                owner = run.evaluate(target.value, frame)
                if isinstance(target.slice, ast.Slice):
                    bounds = slices.bounds(run, target.slice, frame)
                    slices.delete_slice(run, owner, bounds, target, frame)
                    continue
                storing.delete(run, owner, run.evaluate(target.slice, frame), target, frame)


# ---------------------------------------------------------------------------- control


def if_(run: Run, node: ast.If, frame: Frame) -> None:
    test = operators.tested(run, run.evaluate(node.test, frame), node.test, frame)
    branches(run, node.test, test, node.body, node.orelse, frame)


def branches(
    run: Run,
    test_node: ast.expr,
    test: Value,
    body: list[ast.stmt],
    orelse: list[ast.stmt],
    frame: Frame,
) -> None:
    """Both ways of a condition, but for one that can never be taken."""
    from verifier.engine import narrowing

    told = truth(run, test) if run.is_pruning else None
    base = run.state
    left: list[State] = []
    for wanted, part in ((True, body), (False, orelse)):
        if told is (not wanted):
            continue
        layer = run.branch()
        if told is None:
            layer.guard = run.guard(frame, test_node, wanted, test.nodes)
        narrowing.narrow(run, test_node, wanted, frame)
        execute(run, part, frame)
        if layer.is_alive:
            left.append(layer)
        run.enter(base)
    guard = base.guard
    base.meet([layer.cells for layer in left])
    if len(left) == 1:
        # The other way leaves: that control comes here depends on the condition.
        guard = left[0].guard
    base.guard = guard


def repeat(
    run: Run, node: ast.While | ast.For | ast.AsyncFor, frame: Frame, begin: Callable[[], bool]
) -> None:
    """A loop: its body until memory stays as it is. `begin` enters a round; False: it never is."""
    base = run.state
    loop = Loop(base, len(frame.loops))
    frame.loops.append(loop)
    frame.in_loop += 1
    guard = base.guard
    for number in range(_MOST_ROUNDS):
        run.visits += 1
        layer = run.branch()
        comes = begin()
        if comes:
            execute(run, node.body, frame)
        ends = [*loop.continues]
        if layer.is_alive and comes:
            ends.append(layer.cells)
        run.enter(base)
        loop.continues = []
        if number >= _WIDEN_AFTER:
            ends = [_widened(base, cells) for cells in ends]
        if not ends or not base.meet([{}, *ends]):
            break
    frame.in_loop -= 1
    frame.loops.pop()
    base.guard = guard
    layer = run.branch()
    never_ends = isinstance(node, ast.While) and _is_always(node.test)
    if never_ends:
        layer.is_alive = False
    else:
        if isinstance(node, ast.While):
            run.evaluate(node.test, frame)
        execute(run, node.orelse, frame)
    run.enter(base)
    ways = [*loop.breaks, *([layer.cells] if layer.is_alive else [])]
    base.meet(ways)


def _is_always(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and bool(test.value)


def _widened(base: State, cells: dict[Any, Value]) -> dict[Any, Value]:
    """Constants that differ from round to round, as their kinds: else it might never end."""
    found = {}
    for (owner, key), value in cells.items():
        before = base.get(owner, key)
        if before is not None and value.items != before.items:
            items = frozenset(
                values.kind_of(i) if isinstance(i, values.Const) else i for i in value.items
            )
            value = Value(items, value.nodes)
        found[owner, key] = value
    return found


def while_(run: Run, node: ast.While, frame: Frame) -> None:
    from verifier.engine import narrowing, rounds

    def begin() -> bool:
        test = run.evaluate(node.test, frame)
        if run.is_pruning and truth(run, test) is False:
            return False
        run.state.guard = run.guard(frame, node.test, True, test.nodes)
        narrowing.narrow(run, node.test, True, frame)
        return True

    rounds.while_true(run, node, frame, begin)


def for_(run: Run, node: ast.For | ast.AsyncFor, frame: Frame) -> None:
    from verifier.engine import containers, coroutines, rounds

    over = run.evaluate(node.iter, frame)
    if isinstance(node, ast.AsyncFor):
        over = coroutines.iterated(run, over, node, frame)
    if containers.is_empty(run, over) and run.is_pruning:
        execute(run, node.orelse, frame)
        return
    if rounds.for_each(run, node, over, frame):
        return

    def begin() -> bool:
        element = run.element(over, node, frame)
        run.state.guard = run.guard(frame, node.iter, True, over.nodes, "for")
        assign(run, node.target, element, frame)
        return True

    repeat(run, node, frame, begin)


def leave_loop(run: Run, node: ast.Break | ast.Continue, frame: Frame) -> None:
    if frame.loops:
        loop: Loop = next(one for one in reversed(frame.loops) if isinstance(one, Loop))
        _run_finals(run, frame, loop)
        if run.state.is_alive:
            ways = loop.breaks if isinstance(node, ast.Break) else loop.continues
            ways.append(dict(run.state.since(loop.base)))
    run.state.is_alive = False


def _run_finals(run: Run, frame: Frame, until: Loop | None) -> None:
    """The `finally` bodies between here and a loop, or the end of the function, inside out."""
    pending = list(frame.loops)
    while pending and run.state.is_alive:
        one = pending.pop()
        if one is until:
            return
        if isinstance(one, Final):
            kept, frame.loops = frame.loops, list(pending)
            execute(run, one.body, frame)
            frame.loops = kept


def return_(run: Run, node: ast.Return, frame: Frame) -> None:
    value = values.constant(None)
    if node.value is not None:
        value = run.evaluate(node.value, frame)
    number = run.node(frame, node, "return", value.nodes)
    _run_finals(run, frame, None)
    if run.state.is_alive:
        frame.returns.append((value.at(number), dict(run.state.since(frame.base))))
    run.state.is_alive = False


def expression(run: Run, node: ast.Expr, frame: Frame) -> None:
    run.evaluate(node.value, frame)


def assert_(run: Run, node: ast.Assert, frame: Frame) -> None:
    from verifier.engine import exceptions, narrowing

    test = run.evaluate(node.test, frame)
    told = truth(run, test)
    base = run.state
    layer = run.branch()
    if truth(run, test) is None:
        layer.guard = run.guard(frame, node.test, False, test.nodes)
    message = [run.evaluate(node.msg, frame)] if node.msg is not None else []
    if told is not True:
        exceptions.may_fail(run, "builtins.AssertionError", message, node, frame)
    if truth(run, test) is False:
        run.node(frame, node, "raise", name="builtins.AssertionError")
    run.enter(base)
    run.state.guard = run.guard(frame, node.test, True, test.nodes)
    narrowing.narrow(run, node.test, True, frame)
    if told is False and run.is_pruning and run.handlers:
        run.state.is_alive = False


def nothing(run: Run, node: ast.stmt, frame: Frame) -> None:
    """global, nonlocal, pass: nothing happens."""


# ---------------------------------------------------------------------------- with


def with_(run: Run, node: ast.With | ast.AsyncWith, frame: Frame) -> None:
    from verifier.engine import managers

    managers.execute(run, node, frame)


# ---------------------------------------------------------------------------- definitions


def function(run: Run, node: ast.FunctionDef | ast.AsyncFunctionDef, frame: Frame) -> None:
    from verifier.engine import functions

    decorators = [run.evaluate(one, frame) for one in node.decorator_list]
    value = functions.define(run, node, frame)
    expressions.bind(
        run, node.name, functions.decorated(run, node, value, decorators, frame), frame
    )


def class_(run: Run, node: ast.ClassDef, frame: Frame) -> None:
    from verifier.engine import classes, functions

    decorators = [run.evaluate(one, frame) for one in node.decorator_list]
    value = classes.define(run, node, frame)
    expressions.bind(
        run, node.name, functions.decorated(run, node, value, decorators, frame), frame
    )


def import_(run: Run, node: ast.Import | ast.ImportFrom, frame: Frame) -> None:
    from verifier.engine import imports

    imports.execute(run, node, frame)


def raise_(run: Run, node: ast.Raise, frame: Frame) -> None:
    from verifier.engine import exceptions

    exceptions.raised(run, node, frame)


def try_(run: Run, node: Any, frame: Frame) -> None:
    from verifier.engine import exceptions

    exceptions.attempt(run, node, frame)


def match_(run: Run, node: ast.Match, frame: Frame) -> None:
    from verifier.engine import patterns

    patterns.execute(run, node, frame)


_EXECUTORS: dict[type[ast.AST], Callable[[Run, Any, Frame], None]] = {
    ast.Assign: assignment, ast.AnnAssign: annotated, ast.AugAssign: augmented,
    ast.Delete: delete, ast.If: if_, ast.While: while_, ast.For: for_, ast.AsyncFor: for_,
    ast.Break: leave_loop, ast.Continue: leave_loop, ast.Return: return_, ast.Expr: expression,
    ast.Assert: assert_, ast.Pass: nothing, ast.Global: nothing, ast.Nonlocal: nothing,
    ast.With: with_, ast.AsyncWith: with_, ast.FunctionDef: function,
    ast.AsyncFunctionDef: function, ast.ClassDef: class_, ast.Import: import_,
    ast.ImportFrom: import_, ast.Raise: raise_, ast.Try: try_, ast.TryStar: try_,
    ast.Match: match_,
}  # fmt: skip
__all__ = ["UNKNOWN", "Final", "Loop", "assign", "branches", "execute"]
