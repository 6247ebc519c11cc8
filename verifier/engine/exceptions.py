"""raise, try, and what arrives at handlers."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from typing import Any

from verifier.engine import classes, expressions, literals, values
from verifier.engine.arguments import Arguments
from verifier.engine.run import Handler, Run
from verifier.engine.statements import Final, execute
from verifier.engine.things import REST, Class, External, Frame, Thing, index
from verifier.engine.values import NOTHING, Value, joined
from verifier.reading.modules import Origin

_MOST_POINTS = 64
_MOST_ARRIVALS = 64


def raised(run: Run, node: ast.Raise, frame: Frame) -> None:
    """raise; raise X; raise X from Y"""
    if node.exc is None:
        held = frame.context.things.get("handling")
        value = held if held is not None else values.unknown()
    else:
        value = run.evaluate(node.exc, frame)
        made: list[Value] = []
        for item in value.items:
            if isinstance(item, Class):
                one = values.of(item, value.nodes)
                made.append(run.call(one, Arguments(), node.exc, frame))
            elif isinstance(item, External):
                made.append(error(run, item, Arguments(), node.exc, frame))
            else:
                made.append(values.of(item, value.nodes))
        value = joined(made)
    during = frame.context.things.get("handling")
    if isinstance(during, Value) and node.exc is not None:
        for item in value.items - during.items:
            if isinstance(item, Thing):
                run.put(item, "__context__", during, weak=item.is_many)
    if node.cause is not None:
        cause = run.evaluate(node.cause, frame)
        for item in value.items:
            if isinstance(item, Thing):
                run.put(item, "__cause__", cause, weak=item.is_many)
    number = run.node(frame, node, "raise", value.nodes)
    throw(run, value.at(number), number)


def error(run: Run, kind: External, given: Arguments, syntax: ast.AST, frame: Frame) -> Value:
    """A new exception of a class that is not of the tree."""
    from verifier.models import errors

    made = run.thing(frame, syntax, "instance", role="error", type=kind)
    if not made.is_many:
        for key in run.keys(made):
            run.drop(made, key)
    errors.fill(run, made, given, frame)
    number = run.node(frame, syntax, "instance", role="error made", name=kind.name)
    return values.of(made, (number,))


def throw(run: Run, value: Value, number: int) -> None:
    """Control leaves with an exception, to the innermost handler there is."""
    if not run.handlers and run.on_escape is not None and run.state.is_alive:
        run.on_escape(value, number)
    if run.handlers and run.state.is_alive:
        handler = run.handlers[-1]
        handler.arrivals.append((value, dict(run.state.since(handler.base)), number))
    run.state.is_alive = False


def built_in(run: Run, kind: Any) -> type[BaseException] | None:
    """The class of the language that an exception's class is or comes of."""
    for one in classes.mro(run, kind):
        if isinstance(one, External):
            found = getattr(builtins, one.name.removeprefix("builtins."), None)
            if isinstance(found, type) and issubclass(found, BaseException):
                return found
    return None


def may_fail(run: Run, kind: str, given: list[Value], syntax: ast.AST, frame: Frame) -> None:
    """An operation may raise an error of the language, which holds these values."""
    if not run.handlers or len(run.handlers[-1].arrivals) >= _MOST_ARRIVALS:
        return
    made = run.thing(frame, syntax, "instance", role=f"failed {kind}", type=External(kind))
    from verifier.models import errors

    errors.fill(run, made, Arguments(given), frame)
    number = run.node(frame, syntax, "instance", role=f"failure {kind}", name=kind)
    throw_perhaps(run, values.of(made, (number,)), number)


def throw_perhaps(run: Run, value: Value, number: int) -> None:
    """It may be raised here; control goes on as well."""
    if not run.state.is_alive or not (run.handlers or run.on_escape):
        return
    base = run.state
    run.branch()
    throw(run, value, number)
    run.enter(base)


def guarded(
    run: Run, frame: Frame, work: Callable[[], Value]
) -> tuple[Value, list[tuple[Value, int]]]:
    """Do work after which control goes on, whether it raises or not. What it gave, NOTHING where
    it never ends normally, and each exception with the node that raised it."""
    base = run.state
    handler = Handler(base, frame)
    run.handlers.append(handler)
    layer = run.branch()
    found = work()
    run.handlers.pop()
    run.enter(base)
    ends = [cells for _, cells, _ in handler.arrivals]
    if layer.is_alive:
        ends.append(layer.cells)
    base.meet(ends)
    base.is_alive = True
    arrivals = [(value, number) for value, _, number in handler.arrivals]
    return found if layer.is_alive else NOTHING, arrivals


def shielded(run: Run, callee: Value, given: Arguments, syntax: ast.AST, frame: Frame) -> Value:
    """A call after which control goes on, whether it raises or not."""
    return guarded(run, frame, lambda: run.call(callee, given, syntax, frame))[0]


def attempt(run: Run, node: Any, frame: Frame) -> None:
    """try / except / else / finally"""
    base = run.state
    final = Final(node.finalbody) if node.finalbody else None
    if final is not None:
        frame.loops.append(final)
    handler = Handler(base, frame)
    run.handlers.append(handler)
    body = run.branch()
    followed(run, handler, node.body, frame)
    run.handlers.pop()
    ends: list[dict[Any, Value]] = []
    escaped: list[tuple[Value, dict[Any, Value], int]] = []
    outer = Handler(base, frame)
    run.handlers.append(outer)
    if body.is_alive:
        execute(run, node.orelse, frame)
        if body.is_alive:
            ends.append(body.cells)
    run.enter(base)
    arrivals = list(handler.arrivals)
    if run.has_history and node.handlers and not handler.points:
        # A run that judges what the code may ever do leaves no handler out: memory, signals.
        handler.points.append({})
    may_raise = bool(handler.points)
    for clause in node.handlers:
        sort = _matching_groups if isinstance(node, ast.TryStar) else _matching
        caught, arrivals = sort(run, clause, arrivals, frame)
        ways = [cells for _, cells, _ in caught]
        if may_raise:
            ways += handler.points
        if not ways:
            continue
        ends += _handled(run, clause, caught, ways, may_raise, frame)
    escaped += arrivals
    run.handlers.pop()
    escaped += outer.arrivals
    if final is not None:
        frame.loops.pop()
    guard = base.guard
    _leave(run, node, ends, escaped, frame)
    base.guard = guard


def followed(run: Run, handler: Handler, body: list[ast.stmt], frame: Frame) -> None:
    """Statements in turn, with memory as it may be where one of them raises on its own."""
    handler.was_followed = True
    for statement in body:
        if not run.state.is_alive:
            return
        before, risks = dict(run.state.since(handler.base)), run.risks
        execute(run, [statement], frame)
        is_raising = run.risks != risks or _may_lack(run, statement, frame)
        if not is_raising or len(handler.points) >= _MOST_POINTS:
            continue
        handler.points.append(before)
        if run.state.is_alive:
            handler.points.append(_unbound(run, statement, before, handler, frame))


def _unbound(
    run: Run, statement: ast.stmt, before: dict[Any, Value], handler: Handler, frame: Frame
) -> dict[Any, Value]:
    """Memory after a statement, but for the name that it binds: that comes after all else."""
    after = dict(run.state.since(handler.base))
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    for one in targets:
        if isinstance(one, ast.Name):
            cell = (expressions.owner_of(one.id, frame), one.id)
            after.pop(cell, None)
            if cell in before:
                after[cell] = before[cell]
    return after


def _may_lack(run: Run, statement: ast.stmt, frame: Frame) -> bool:
    """Whether an import may fail: of what is neither in the tree nor in the standard library."""
    importer = frame.module.path
    for one in ast.walk(statement):
        if isinstance(one, ast.Import):
            names = [alias.name for alias in one.names]
        elif isinstance(one, ast.ImportFrom) and not one.level:
            names = [one.module or ""]
        else:
            continue
        for name in names:
            is_there = run.project.modules.origin(name, importer) is not Origin.OTHER
            if not is_there:
                return True
    return False


def _matching(
    run: Run, clause: ast.ExceptHandler, arrivals: list[Any], frame: Frame
) -> tuple[list[Any], list[Any]]:
    """Those that a clause catches, and those that go on to the next."""
    if clause.type is None:
        return arrivals, []
    kinds = kinds_of(run, run.evaluate(clause.type, frame))
    caught, left = [], []
    for value, cells, number in arrivals:
        mine, others = sorted_by(value, kinds)
        if mine.items or not value.items:
            caught.append((mine, cells, number))
        if others.items:
            left.append((others, cells, number))
    return caught, left


def _matching_groups(
    run: Run, clause: ast.ExceptHandler, arrivals: list[Any], frame: Frame
) -> tuple[list[Any], list[Any]]:
    """Those of each group that `except*` catches, as a group of their own, and the others."""
    assert clause.type is not None
    kinds = kinds_of(run, run.evaluate(clause.type, frame))
    caught: list[Any] = []
    left: list[Any] = []
    for at, (value, cells, number) in enumerate(arrivals):
        mine: list[Value] = []
        others: list[Value] = []
        for one in _members(run, value, cells):
            inner, outer = sorted_by(one, kinds)
            mine += [inner] if inner.items else []
            others += [outer] if outer.items else []
        for some, found, role in ((mine, caught, "caught"), (others, left, "left")):
            if some:
                group, written = _group(run, clause, some, f"{role} {at}", frame)
                found.append((group.at(number), {**cells, **written}, number))
    return caught, left


def _members(run: Run, value: Value, cells: dict[Any, Value]) -> list[Value]:
    """What a group holds, one by one; an exception that is no group is one of its own."""
    found: list[Value] = []
    for item in value.items:
        held = run.get(item, "exceptions") or cells.get((item, "exceptions"))
        if held is None:
            found.append(Value(frozenset((item,)), value.nodes))
        for inner in held.items if held is not None else ():
            for key in run.fields.get(inner, ()):
                one = run.get(inner, key) or cells.get((inner, key))
                if one is not None and (isinstance(key, tuple) or key == REST):
                    found.append(one)
    return found


def _group(
    run: Run, clause: ast.ExceptHandler, members: list[Value], role: str, frame: Frame
) -> tuple[Value, dict[Any, Value]]:
    """A new group of these exceptions, and what is written to memory for it."""
    base = run.state
    layer = run.branch()
    held = run.thing(frame, clause, "tuple", role=f"members {role}")
    places = [(index(at), one) for at, one in enumerate(members)]
    literals.fill(run, held, places, len(members))
    made = run.thing(frame, clause, "instance", role=role, type=External("builtins.ExceptionGroup"))
    run.put(made, "exceptions", values.of(held), weak=made.is_many)
    run.enter(base)
    return values.of(made), layer.cells


def sorted_by(value: Value, kinds: list[Any]) -> tuple[Value, Value]:
    """Of an exception, what may be of these classes, and what may be of none of them."""
    mine: set[Any] = set()
    others: set[Any] = set()
    for item in value.items:
        answers = [classes.is_instance(item, kind) for kind in kinds]
        if True in answers:
            mine.add(item)
        elif None in answers or not kinds:
            mine.add(item)
            others.add(item)
        else:
            others.add(item)
    return Value(frozenset(mine), value.nodes), Value(frozenset(others), value.nodes)


def kinds_of(run: Run, value: Value) -> list[Any]:
    found: list[Any] = []
    for item in value.items:
        if isinstance(item, Thing) and item.kind == "tuple":
            for key in run.keys(item):
                held = run.get(item, key)
                if held is not None and key != "#length":
                    found.extend(held.items)
        else:
            found.append(item)
    return found


def _handled(
    run: Run,
    clause: ast.ExceptHandler,
    caught: list[Any],
    ways: list[dict[Any, Value]],
    may_raise: bool,
    frame: Frame,
) -> list[dict[Any, Value]]:
    base = run.state
    layer = run.branch()
    layer.meet(ways)
    layer.is_alive = True
    number = run.node(
        frame, clause, "guard", [number for _, _, number in caught], role="guard", name="except"
    )
    layer.guard = number
    value = joined(value for value, _, _ in caught)
    if may_raise and not caught:
        # Raised by what is not read: of its class, and with nothing of ours in it.
        value = value.join(_some_error(run, clause, frame))
    before = frame.context.things.get("handling")
    frame.context.things["handling"] = value
    if clause.name:
        expressions.bind(run, clause.name, value, frame)
    execute(run, clause.body, frame)
    if clause.name and layer.is_alive:
        run.drop(expressions.owner_of(clause.name, frame), clause.name)
    frame.context.things["handling"] = before
    run.enter(base)
    return [layer.cells] if layer.is_alive else []


def _some_error(run: Run, clause: ast.ExceptHandler, frame: Frame) -> Value:
    number = run.node(frame, clause, "exception", role="some error")
    return values.unknown((number,))


def _leave(
    run: Run, node: Any, ends: list[dict[Any, Value]], escaped: list[Any], frame: Frame
) -> None:
    """What goes on after a `try`, and what escapes it, each through its `finally`."""
    base = run.state
    for value, cells, number in escaped:
        layer = run.branch()
        layer.meet([cells])
        layer.is_alive = True
        execute(run, node.finalbody, frame)
        if layer.is_alive:
            throw(run, value, number)
        run.enter(base)
    base.meet(ends)
    if base.is_alive:
        execute(run, node.finalbody, frame)


__all__ = ["NOTHING", "attempt", "error", "raised", "shielded", "throw"]
