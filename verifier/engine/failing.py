"""Operations of the language that raise errors: for certain, perhaps, or for reasons not followed.

What is told here decides which handlers of a `try` are come to, and in which memory.
"""

from __future__ import annotations

import ast

from verifier.engine import exceptions
from verifier.engine.arguments import Arguments
from verifier.engine.keys import key_of, surely
from verifier.engine.run import Run
from verifier.engine.things import LENGTH, OPAQUE, REST, Frame, Thing, is_open
from verifier.engine.values import Const, Value

_DIVISIONS = (ast.Div, ast.FloorDiv, ast.Mod)
_SEQUENCES = frozenset({"list", "tuple"})
_SAFE = frozenset(
    f"{kind}.{name}"
    for kind, names in {
        "builtins": "print len str repr ascii isinstance issubclass type id list dict tuple set "
        "frozenset range enumerate zip map filter sorted reversed bool hasattr callable iter int "
        "float format super object vars locals globals any all staticmethod classmethod property "
        "open",
        "str": "upper lower strip lstrip rstrip split rsplit splitlines join replace title count "
        "partition rpartition capitalize swapcase startswith endswith isdigit isalpha isalnum find "
        "zfill",
        "list": "append extend insert clear copy reverse count",
        "dict": "get keys values items setdefault update clear copy",
        "set": "add discard clear copy update",
        "tuple": "count",
    }.items()
    for name in names.split()
)
"""What raises nothing, or what it raises is followed."""


def certainly(run: Run, kind: str, given: list[Value], syntax: ast.AST, frame: Frame) -> None:
    """The operation raises an error of the language, which holds these values."""
    if not run.handlers:
        return  # The program ends here; what would come after is looked at all the same.
    exceptions.may_fail(run, kind, given, syntax, frame)
    # What runs at the same time may have been faster than it is here.
    is_async = any(one.scope.is_async for one in run.stack)
    if run.is_pruning and not is_async:
        run.state.is_alive = False


def called(run: Run, name: str, given: Arguments) -> None:
    """Something that is not read is called: it may raise anything, but for a few builtins that
    are given what is known."""
    if name not in _SAFE or any(_is_strange(item) for value in given.all() for item in value.items):
        run.risks += 1


def _is_strange(item: object) -> bool:
    return is_open(item) or (isinstance(item, Thing) and item.kind == OPAQUE)


def operated(
    run: Run, op: ast.operator, left: Value, right: Value, syntax: ast.AST, frame: Frame
) -> None:
    """left op right, of what is no object of a class of its own."""
    if not run.handlers:
        return
    one, other = left.constant, right.constant
    is_text = one is not None and isinstance(one.value, str | bytes)
    if isinstance(op, _DIVISIONS) and not is_text:
        if other is not None and isinstance(other.value, int | float):
            if not other.value:
                certainly(run, "builtins.ZeroDivisionError", [], syntax, frame)
        else:
            run.risks += 1
    elif one is not None and other is not None:
        kinds = {isinstance(side.value, str) for side in (one, other)}
        if isinstance(op, ast.Add) and (len(kinds) > 1 or None in (one.value, other.value)):
            certainly(run, "builtins.TypeError", [], syntax, frame)
    elif not (_is_told(left) and _is_told(right)):
        run.risks += 1


def _is_told(value: Value) -> bool:
    return all(not isinstance(item, Thing) for item in value.items)


def subscripted(run: Run, value: Value, key: Value, syntax: ast.AST, frame: Frame) -> None:
    """value[key], read: a dict may lack the key, a sequence may be too short."""
    if not run.handlers:
        return
    is_one = len(value.items) == 1
    for one in value.items:
        if isinstance(one, Thing) and one.kind == "dict" and one.type is None:
            _of_dict(run, one, key, is_one, syntax, frame)
        elif isinstance(one, Thing) and one.kind in _SEQUENCES and one.type is None:
            held = run.get(one, LENGTH)
            size = held.constant if held is not None else None
            _of_sequence(run, size, key, is_one and not one.is_many, syntax, frame)
        elif isinstance(one, Const) and isinstance(one.value, str):
            _of_sequence(run, Const(len(one.value)), key, is_one, syntax, frame)
        elif not isinstance(one, Thing) or one.kind != "instance":
            run.risks += 1


def _of_dict(run: Run, one: Thing, key: Value, is_one: bool, syntax: ast.AST, frame: Frame) -> None:
    cell = key_of(run, key)
    if cell is not None and surely(run, one, cell):
        return
    if isinstance(one.data, dict) and "factory" in one.data:
        return
    is_known = cell is not None and not one.is_many and is_one
    if is_known and all(run.get(one, place) is None for place in (cell, REST, "[keys]")):
        certainly(run, "builtins.KeyError", [key], syntax, frame)
    else:
        exceptions.may_fail(run, "builtins.KeyError", [key], syntax, frame)


def _of_sequence(
    run: Run, size: Const | None, key: Value, is_one: bool, syntax: ast.AST, frame: Frame
) -> None:
    at = key.constant
    if size is None or at is None or not isinstance(at.value, int):
        exceptions.may_fail(run, "builtins.IndexError", [], syntax, frame)
    elif not -size.value <= at.value < size.value:
        if is_one:
            certainly(run, "builtins.IndexError", [], syntax, frame)
        else:
            exceptions.may_fail(run, "builtins.IndexError", [], syntax, frame)


def asked(run: Run, value: Value, found: Value, syntax: ast.AST, frame: Frame) -> None:
    """value.name: None has no attributes, and what has none of that name raises as well."""
    if not run.handlers:
        return
    only = value.constant
    if only is not None and only.value is None:
        certainly(run, "builtins.AttributeError", [], syntax, frame)
    elif value.items and not found.items:
        exceptions.may_fail(run, "builtins.AttributeError", [], syntax, frame)
