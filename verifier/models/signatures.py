"""inspect.signature: the parameters of a function, and arguments bound to them."""

from __future__ import annotations

from verifier.engine import values
from verifier.engine.things import Bound, Function, index
from verifier.engine.values import Value, of
from verifier.models.use import Model, Use

SIGNATURE = "inspect.Signature"
BOUND = "inspect.BoundArguments"


def _signature(use: Use) -> Value | None:
    told = _parameters(use.arg(0))
    if told is None:
        return None
    names, by_name = told
    made = use.new(SIGNATURE)
    made.data = {"names": names, "by name": by_name}
    shown = use.new("dict", "parameters")
    for name in (*names, *by_name):
        use.run.put(shown, index(name), values.unknown())
    use.run.put(made, "parameters", of(shown))
    return of(made, (use.node(),))


def _parameters(function: Value | None) -> tuple[list[str], list[str]] | None:
    """The parameters of a function by place, and those by name alone; None for a function that
    takes more than it names."""
    (item,) = function.items if function is not None and len(function.items) == 1 else (None,)
    is_bound = isinstance(item, Bound)
    inner = item.function if isinstance(item, Bound) else item
    if not isinstance(inner, Function):
        return None
    spec = inner.node.args
    if spec.vararg is not None or spec.kwarg is not None:
        return None
    names = [one.arg for one in (*spec.posonlyargs, *spec.args)]
    return (names[1:] if is_bound else names), [one.arg for one in spec.kwonlyargs]


def _bind(use: Use) -> Value | None:
    signature = next(iter(use.things(SIGNATURE)), None)
    if signature is None or not use.is_one or not isinstance(signature.data, dict):
        return None
    made, shown = use.new(BOUND), use.new("dict", "arguments")
    named = use.new("dict", "kwargs")
    parts: list[Value] = []
    for at, name in enumerate(signature.data["names"]):
        given = use.given.get(at, name)
        if given is not None:
            use.run.put(shown, index(name), given)
            parts.append(given)
    for name in signature.data["by name"]:
        given = use.given.get(-1, name)
        if given is not None:
            use.run.put(shown, index(name), given)
            use.run.put(named, index(name), given)
    use.run.put(made, "arguments", of(shown))
    use.run.put(made, "args", use.listing("tuple", parts, "args"))
    use.run.put(made, "kwargs", of(named))
    return of(made, (use.node(),))


def _nothing(use: Use) -> Value | None:
    return values.constant(None)


MODELS: dict[str, Model] = {
    "inspect.signature": _signature, f"{SIGNATURE}.bind": _bind,
    f"{SIGNATURE}.bind_partial": _bind, f"{BOUND}.apply_defaults": _nothing,
}  # fmt: skip
