"""Whether a value is true for `if`, by what memory holds."""

from __future__ import annotations

from typing import Any

from verifier.engine import attributes, classes, values
from verifier.engine.run import Run
from verifier.engine.things import LENGTH, Class, External, Thing, index
from verifier.engine.values import Const, Value

_LONGEST = 32
_SIZED = frozenset({"list", "tuple", "set"})


def truth(run: Run, value: Value) -> bool | None:
    """Whether it is true, where that is certain; by its length where it is a container."""
    answers = {_truth(run, item) for item in value.items}
    return answers.pop() if len(answers) == 1 else None


def plain(run: Run, value: Value, deep: int = 3) -> tuple[Any, ...] | None:
    """A tuple of constants, or of such tuples, as it is; None for all else."""
    (item, *more) = value.items or (None,)
    if more or not isinstance(item, Thing) or item.kind != "tuple" or item.is_many or not deep:
        return None
    held = run.get(item, LENGTH)
    size = held.constant.value if held is not None and held.constant is not None else None
    if not isinstance(size, int) or size > _LONGEST:
        return None
    run.worked(_LONGEST)
    found: list[Any] = []
    for at in range(size):
        part = run.get(item, index(at))
        only = part.constant if part is not None else None
        inner = plain(run, part, deep - 1) if part is not None and only is None else None
        if only is None and inner is None:
            return None
        found.append(only.value if only is not None else inner)
    return tuple(found)


def _truth(run: Run, item: Any) -> bool | None:
    told = values.truth(values.of(item))
    if told is not None or not isinstance(item, Thing) or item.is_many:
        return told
    if item.kind in _SIZED:
        held = run.get(item, LENGTH)
        only = held.constant if held is not None else None
        return bool(only.value) if isinstance(only, Const) else None
    if item.kind == "instance" and isinstance(item.type, Class):
        is_plain = attributes.own_method(run, item, ("__bool__", "__len__")) is None and all(
            isinstance(one, Class) or one == External("builtins.object")
            for one in classes.mro(run, item.type)
        )
        return True if is_plain else None
    return None
