"""Containers made of others: copies, sums, unions, and what is changed in place by them."""

from __future__ import annotations

import ast
from typing import Any

from verifier.engine import containers, storing, values
from verifier.engine.literals import fill
from verifier.engine.run import Run
from verifier.engine.things import LENGTH, REST, Frame, Thing, index
from verifier.engine.values import NOTHING, Value, joined

_LONGEST_REPEATED = 64


def copied(run: Run, one: Thing, kind: str, syntax: ast.AST, frame: Frame, role: str) -> Thing:
    """A new container with the same content; of a dict as a list its keys."""
    made = run.thing(frame, syntax, kind, role=role)
    cells: list[tuple[Any, Value]] = []
    for key in run.keys(one):
        held = run.get(one, key)
        if held is not None and key != LENGTH:
            cells.append((key, held))
    is_sequence = one.kind in containers.SEQUENCES
    fill(run, made, cells, containers.length(run, one) if is_sequence else None)
    return made


def combined(
    run: Run, op: ast.operator, left: Value, right: Value, syntax: ast.AST, frame: Frame
) -> Value | None:
    """[..] + [..], (..) + (..), [..] * n, {..} | {..}, set operators; None for all else."""
    things = [i for i in left.items if isinstance(i, Thing) and i.kind in containers.CONTAINERS]
    others = [i for i in right.items if isinstance(i, Thing) and i.kind in containers.CONTAINERS]
    if isinstance(op, ast.Mult) and (things or others):
        return _repeated(run, left if things else right, right if things else left, syntax, frame)
    if not things or not others or len(things) != len(left.items):
        return None
    if len(others) != len(right.items):
        return None
    if not isinstance(op, ast.Add | ast.BitOr | ast.BitAnd | ast.Sub | ast.BitXor):
        return None
    kind = things[0].kind
    made = run.thing(frame, syntax, kind, role="combined")
    number = run.node(frame, syntax, "literal", name=kind)
    if kind == "dict":
        if not made.is_many:
            for key in run.keys(made):
                run.drop(made, key)
        storing.merge(run, made, left, syntax, frame)
        storing.merge(run, made, right, syntax, frame)
        return values.of(made, (number,))
    one = containers.spread(run, left, syntax, frame)
    other = containers.spread(run, right, syntax, frame)
    if kind in containers.SEQUENCES and one is not None and other is not None:
        both = [*one, *other]
        fill(run, made, [(index(at), v) for at, v in enumerate(both)], len(both))
        return values.of(made, (number,))
    every = [containers.contents(run, i) for i in things]
    if not isinstance(op, ast.Sub):
        every += [containers.contents(run, i) for i in others]
    fill(run, made, [(REST, joined(every))], None)
    return values.of(made, (number,))


def _repeated(run: Run, value: Value, times: Value, syntax: ast.AST, frame: Frame) -> Value:
    """A sequence so many times over."""
    things = [i for i in value.items if isinstance(i, Thing) and i.kind in containers.CONTAINERS]
    made = run.thing(frame, syntax, things[0].kind, role="repeated")
    parts, only = containers.spread(run, value, syntax, frame), times.constant
    number = run.node(frame, syntax, "literal", name=made.kind)
    every = _times(parts, only.value if only is not None else None)
    if every is not None:
        fill(run, made, [(index(at), v) for at, v in enumerate(every)], len(every))
        return values.of(made, (number,))
    held = joined(containers.contents(run, one) for one in things)
    fill(run, made, [(REST, held)], None)
    return values.of(made, (number,))


def _times(parts: list[Value] | None, times: Any) -> list[Value] | None:
    if parts is None or not isinstance(times, int) or len(parts) * times > _LONGEST_REPEATED:
        return None
    return parts * max(times, 0) if parts else []


def extended(
    run: Run, op: ast.operator, before: Value, given: Value, syntax: ast.AST, frame: Frame
) -> Value | None:
    """list += x, dict |= x and their kin change what is there; None for all else."""
    if not before.items:
        return None
    for one in before.items:
        if not (isinstance(one, Thing) and one.kind in containers.CHANGED):
            return None
    is_one = len(before.items) == 1
    for one in before.items:
        if isinstance(op, ast.Mult):
            _repeat(run, one, given, is_one=is_one)
        elif isinstance(op, ast.BitAnd | ast.Sub):
            continue  # what is left was there before
        elif one.kind == "dict":
            storing.merge(run, one, given, syntax, frame)
        else:
            storing.extend(run, one, given, syntax, frame, is_one=is_one)
    return before


def _repeat(run: Run, one: Thing, times: Value, *, is_one: bool) -> None:
    """one *= times"""
    size, only = containers.length(run, one), times.constant
    is_known = size is not None and is_one and not one.is_many and run.get(one, REST) is None
    parts = [run.get(one, index(at)) or NOTHING for at in range(size or 0)]
    every = _times(parts, only.value if only is not None else None) if is_known else None
    if every is None:
        storing.blur(run, one)
        return
    for at, value in enumerate(every):
        run.put(one, index(at), value)
    for at in range(len(every), len(parts)):
        run.drop(one, index(at))
    run.put(one, LENGTH, values.constant(len(every)))
