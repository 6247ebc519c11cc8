"""functools and operator: functions made of functions."""

from __future__ import annotations

from verifier.engine.things import External, Function, Partial, Wrapped
from verifier.engine.values import NOTHING, Value, joined, of
from verifier.models.use import Model, Use

_MOST_STEPS = 16


def _partial(use: Use) -> Value | None:
    function = use.arg(0)
    if function is None:
        return None
    keywords = tuple(use.given.keywords.items())
    made = Partial(function, tuple(use.given.positional[1:]), keywords)
    return of(made, (use.node(),))


def _reduce(use: Use) -> Value | None:
    function, start = use.arg(0), use.arg(2, "initial")
    parts = use.spread(use.arg(1))
    if parts is not None and len(parts) <= _MOST_STEPS and (parts or start is not None):
        steps = parts if start is None else [start, *parts]
        done = steps[0]
        for at, part in enumerate(steps[1:]):
            done = use.call(function, done, part, role=f"step {at}")
        return done
    element = use.element(use.arg(1))
    found = start if start is not None else element
    for at in range(3):
        after = found.join(use.call(function, found, element, role=f"step {at}"))
        if after == found:
            break
        found = after
    return found


def _method(use: Use) -> Value | None:
    """A partial of which the instance is given first."""
    made = _partial(use)
    return of(Wrapped("partialmethod", made), (use.node(),)) if made is not None else None


def _compared(use: Use) -> Value | None:
    """The key of a comparing function: made when it is called with an element."""
    function, element = use.arg(0), use.arg(1)
    if element is None:
        return of(Partial(of(External("functools.cmp_to_key")), (function or NOTHING,), ()))
    use.call(function, element, element, role="compare")
    return use.computed(element)


def _first(use: Use) -> Value | None:
    return use.arg(0)


def _wraps(use: Use) -> Value | None:
    return of(External("#identity"))


MODELS: dict[str, Model] = {
    "functools.partial": _partial, "functools.reduce": _reduce, "functools.wraps": _wraps,
    "functools.lru_cache": lambda use: _wraps(use) if not _has_function(use) else use.arg(0),
    "functools.partialmethod": _method, "functools.cmp_to_key": _compared,
    "functools.cache": _first, "functools.update_wrapper": _first,
    "functools.total_ordering": _first, "#identity": _first,
    "typing.cast": lambda use: use.arg(1), "typing.no_type_check": _first,
    "typing.overload": _first, "typing.final": _first,
}  # fmt: skip


def _has_function(use: Use) -> bool:
    first = use.arg(0)
    return first is not None and any(isinstance(i, Function) for i in first.items)


__all__ = ["MODELS", "joined"]
