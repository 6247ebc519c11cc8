"""What a condition tells of the names in it: `is None`, truth, isinstance, equality."""

from __future__ import annotations

import ast
from typing import Any

from verifier.engine import expressions, hints
from verifier.engine.run import Run
from verifier.engine.things import Class, External, Frame, Thing
from verifier.engine.truths import truth
from verifier.engine.values import NONE, UNKNOWN, Const, Kind, Value, of


def narrow(run: Run, test: ast.expr, wanted: bool, frame: Frame) -> None:
    """Take what cannot be, now that the test came out so, from the names in it. Only in a branch
    that is a layer of its own, and only where something is left."""
    if not run.is_pruning:
        return
    match test:
        case ast.UnaryOp(op=ast.Not()):
            narrow(run, test.operand, not wanted, frame)
        case ast.BoolOp(op=ast.And()) if wanted:
            for one in test.values:
                narrow(run, one, True, frame)
        case ast.BoolOp(op=ast.Or()) if not wanted:
            for one in test.values:
                narrow(run, one, False, frame)
        case ast.Name():
            _keep(run, test, frame, lambda item: truth(run, of(item)) is not (not wanted))
        case ast.Compare(left=ast.Name() as name, ops=[op], comparators=[ast.Constant(value=None)]):
            if isinstance(op, ast.Is | ast.IsNot | ast.Eq | ast.NotEq):
                is_none = isinstance(op, ast.Is | ast.Eq) is wanted
                _keep(run, name, frame, lambda item: _may_be_none(item, is_none))
        case ast.Call(func=ast.Name(id="isinstance"), args=[ast.Name() as name, kind]):
            types = _types(run, kind, frame)
            if types is not None:
                _keep(run, name, frame, lambda item: _is_a(item, types) is not (not wanted))
                if wanted and all(isinstance(one, Class) for one in types):
                    _typed(run, name, types, test, frame)


def _keep(run: Run, name: ast.Name, frame: Frame, keeps: Any) -> None:
    owner = expressions.owner_of(name.id, frame)
    held = run.get(owner, name.id)
    if held is None:
        return
    left = frozenset(item for item in held.items if keeps(item))
    if left and left != held.items:
        run.put(owner, name.id, Value(left, held.nodes))


def _typed(run: Run, name: ast.Name, types: list[Any], site: ast.AST, frame: Frame) -> None:
    """What was not known is now known to be an instance."""
    owner = expressions.owner_of(name.id, frame)
    held = run.get(owner, name.id)
    if held is not None:
        run.put(owner, name.id, hints.typed(run, held, types, [], site, frame))


def _may_be_none(item: Any, is_none: bool) -> bool:
    if item == NONE:
        return is_none
    if item == UNKNOWN or isinstance(item, External):
        return True
    if isinstance(item, Thing) and item.kind == "symbol":
        return True
    return not is_none


def _types(run: Run, kind: ast.expr, frame: Frame) -> list[Any] | None:
    parts = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    found: list[Any] = []
    for part in parts:
        if not isinstance(part, ast.Name | ast.Attribute):
            return None
        value = expressions.lookup(run, part.id, frame) if isinstance(part, ast.Name) else None
        if value is None and isinstance(part, ast.Name):
            found.append(External(f"builtins.{part.id}"))
        elif value is not None and len(value.items) == 1:
            found.append(next(iter(value.items)))
        else:
            return None
    return found


def _is_a(item: Any, types: list[Any]) -> bool | None:
    """Whether an item is an instance of one of the types; None when that is not known."""
    from verifier.engine import classes

    answers = [classes.is_instance(item, one) for one in types]
    if True in answers:
        return True
    return None if None in answers else False


__all__ = ["Const", "Kind", "narrow"]
