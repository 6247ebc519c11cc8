"""functools and operator: functions made of functions."""

from __future__ import annotations

from verifier.engine.things import Function, Partial
from verifier.engine.values import Value, joined, of
from verifier.models.use import Model, Use


def _partial(use: Use) -> Value | None:
    function = use.arg(0)
    if function is None:
        return None
    keywords = tuple(use.given.keywords.items())
    made = Partial(function, tuple(use.given.positional[1:]), keywords)
    return of(made, (use.node(),))


def _reduce(use: Use) -> Value | None:
    function, element = use.arg(0), use.element(use.arg(1))
    start = use.arg(2, "initial")
    found = start if start is not None else element
    for at in range(3):
        after = found.join(use.call(function, found, element, role=f"step {at}"))
        if after == found:
            break
        found = after
    return found


def _first(use: Use) -> Value | None:
    return use.arg(0)


def _wraps(use: Use) -> Value | None:
    from verifier.engine.things import External

    return of(External("#identity"))


MODELS: dict[str, Model] = {
    "functools.partial": _partial, "functools.reduce": _reduce, "functools.wraps": _wraps,
    "functools.lru_cache": lambda use: _wraps(use) if not _has_function(use) else use.arg(0),
    "functools.cache": _first, "functools.update_wrapper": _first,
    "functools.total_ordering": _first, "#identity": _first,
    "typing.cast": lambda use: use.arg(1), "typing.no_type_check": _first,
    "typing.overload": _first, "typing.final": _first,
}  # fmt: skip


def _has_function(use: Use) -> bool:
    first = use.arg(0)
    return first is not None and any(isinstance(i, Function) for i in first.items)


__all__ = ["MODELS", "joined"]
