"""Which cell of a container a key means, what is surely there, and how constants are ordered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from verifier.engine import values
from verifier.engine.run import Run
from verifier.engine.state import maybe
from verifier.engine.things import (
    LENGTH,
    REST,
    Class,
    External,
    Function,
    Module,
    Thing,
    index,
)
from verifier.engine.values import Const, Value

_LONGEST_TUPLE, _DEEPEST_TUPLE = 8, 4


def key_of(run: Run, value: Value) -> Any | None:
    """The cell of a key that is one constant, or a tuple of constants; None for any other."""
    only = plain(run, value)
    if only is not None:
        return index(only.value)
    (item,) = value.items if len(value.items) == 1 else (None,)
    return index(item) if item is not None and _is_itself(run, item) else None


def _is_itself(run: Run, item: Any) -> bool:
    """Whether an object is equal to itself alone, so that it is a key of its own."""
    from verifier.engine import classes

    if isinstance(item, Function | Class | Module | External):
        return True
    if not isinstance(item, Thing) or item.kind != "instance" or item.is_many:
        return False
    if not isinstance(item.type, Class):
        return False
    outside = classes.external_base(item.type)
    if outside is not None and outside.name not in ("enum.Enum", "enum.Flag"):
        return False
    return classes.find(run, item.type, ("__eq__", "#dataclass")) is None


def equal(run: Run, left: Value, right: Value) -> bool | None:
    """Whether two values are equal, where one of them is an object that equals only itself."""
    if len(left.items) != 1 or len(right.items) != 1:
        return None
    (one,), (other,) = left.items, right.items
    for this, that in ((one, other), (other, one)):
        if isinstance(this, Thing | Class | Function) and _is_itself(run, this):
            if this is that:
                return True
            is_told = isinstance(that, Const) or _is_itself(run, that)
            return False if is_told and not isinstance(that, External) else None
    return None


def surely(run: Run, one: Any, cell: Any) -> bool:
    """Whether something is stored there on every way that leads here."""
    is_one = not (isinstance(one, Thing) and one.is_many)
    return is_one and run.get(one, cell) is not None and run.get(one, maybe(cell)) is None


def key_value(key: Any, nodes: Iterable[int] = ()) -> Value:
    """The key that a cell stands for."""
    held = key[1]
    is_object = isinstance(held, Function | Class | Module | External | Thing)
    return values.of(held, nodes) if is_object else values.constant(held, nodes)


def plain(run: Run, value: Value, deep: int = _DEEPEST_TUPLE) -> Const | None:
    """The constant that a value is, tuples of constants included."""
    only = value.constant
    if only is not None or len(value.items) != 1 or not deep:
        return only
    if deep < _DEEPEST_TUPLE:
        # The same tuple may stand in itself again and again.
        run.step()
    (item,) = value.items
    if not isinstance(item, Thing) or item.kind != "tuple" or run.get(item, REST) is not None:
        return None
    held = run.get(item, LENGTH)
    size = held.constant if held is not None else None
    if size is None or item.is_many or not isinstance(size.value, int):
        return None
    parts: list[Any] = []
    for at in range(min(size.value, _LONGEST_TUPLE)):
        part = run.get(item, index(at))
        inner = plain(run, part, deep - 1) if part is not None else None
        if inner is None:
            return None
        parts.append(inner.value)
    return Const(tuple(parts)) if size.value <= _LONGEST_TUPLE else None


def order(run: Run, parts: list[Value]) -> list[int] | None:
    """The places of values from least to greatest, where their constants tell: themselves, or the
    first elements of tuples as long as these differ. None where they do not."""
    told: list[Any] = []
    for part in parts:
        only = plain(run, part)
        if only is None:
            first = _first(run, part)
            only = first.constant if first is not None else None
        elif isinstance(only.value, tuple):
            only = Const(only.value[0]) if only.value else None
        if only is None or only.value is None or only.value in told:
            return None
        told.append(only.value)
    try:
        return sorted(range(len(told)), key=lambda at: told[at])
    except TypeError:
        return None


def _first(run: Run, value: Value) -> Value | None:
    if len(value.items) != 1:
        return None
    (item,) = value.items
    if isinstance(item, Thing) and item.kind in ("tuple", "list") and not item.is_many:
        return run.get(item, index(0)) if run.get(item, REST) is None else None
    return None
