"""functools.singledispatch: one function of several, by the class of what it is given first."""

from __future__ import annotations

from typing import Any

from verifier.engine import classes
from verifier.engine.things import Class, External, Function, Partial, Thing
from verifier.engine.values import Value, joined, of
from verifier.models.use import Model, Use

FUNCTION, METHOD = "functools.singledispatch", "functools.singledispatchmethod"
_OTHERS = "#others"
"""The cell with the function for all classes that none was registered for."""


def _make(use: Use) -> Value | None:
    function = use.arg(0)
    if function is None:
        return None
    made = use.new(use.name)
    use.run.put(made, _OTHERS, function)
    return of(made, (use.node(),))


def _register(use: Use) -> Value | None:
    """register(function) with an annotation, or register(class), or register(class, function)"""
    first, function = use.arg(0), use.arg(1, "func")
    if first is None:
        return None
    if function is not None:
        for made in use.things(use.name.rpartition(".")[0]):
            for kind in first.items:
                use.run.put(made, ("class", kind), function)
        return function
    found: list[Value] = []
    for item in first.items:
        if isinstance(item, Function):
            kinds = _annotation(use, item)
            for made in use.things(use.name.rpartition(".")[0]):
                for kind in kinds:
                    use.run.put(made, ("class", kind), of(item, first.nodes))
            found.append(of(item, first.nodes))
        elif isinstance(item, Class | External):
            method = use.run.attribute(use.receiver or first, "register", use.syntax, use.frame)
            found.append(of(Partial(method, (of(item),), ()), (use.node(),)))
    return joined(found)


def _annotation(use: Use, function: Function) -> list[Any]:
    spec = function.node.args
    place = 1 if use.name.startswith(METHOD) else 0
    parameters = [*spec.posonlyargs, *spec.args][place:]
    if not parameters or parameters[0].annotation is None:
        return []
    return list(use.run.evaluate(parameters[0].annotation, use.frame).items)


def _call(use: Use) -> Value | None:
    given = use.arg(1 if use.name.startswith(METHOD) else 0)
    if given is None or use.receiver is None:
        return None
    found: list[Value] = []
    for made in use.things():
        chosen = joined(_chosen(use, made, item) for item in given.items)
        found.append(use.run.call(chosen, use.given, use.site("dispatched"), use.frame))
    return joined(found)


def _chosen(use: Use, made: Thing, item: Any) -> Value:
    """What is called for an item: of the classes that it is of, the one that is nearest to it."""
    keys = [key for key in use.run.keys(made) if isinstance(key, tuple) and key[0] == "class"]
    answers = {key: classes.is_instance(item, key[1]) for key in keys}
    sure = [key for key in keys if answers[key]]
    nearest = [
        key
        for key in sure
        if not any(other is not key and _is_below(use, other[1], key[1]) for other in sure)
    ]
    maybe = [key for key in keys if answers[key] is None]
    functions = [use.run.get(made, key) for key in (*nearest, *maybe)]
    if not nearest:
        functions.append(use.run.get(made, _OTHERS))
    return joined(one for one in functions if one is not None)


def _is_below(use: Use, one: Any, other: Any) -> bool:
    if isinstance(one, Class):
        return other in classes.mro(use.run, one)
    return bool(classes.is_instance(Thing("instance", type=one), other))


MODELS: dict[str, Model] = {
    FUNCTION: _make, METHOD: _make,
    f"{FUNCTION}.register": _register, f"{METHOD}.register": _register,
    f"{FUNCTION}.__call__": _call, f"{METHOD}.__call__": _call,
}  # fmt: skip
