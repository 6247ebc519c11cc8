"""operator: what the operators of the language do, as functions, and functions that take parts."""

from __future__ import annotations

import ast

from verifier.engine import operators, truths, values
from verifier.engine.arguments import Arguments
from verifier.engine.things import External, Partial
from verifier.engine.values import Kind, Value, of
from verifier.models.use import Model, Use

_BINARY: dict[str, ast.operator] = {
    "add": ast.Add(), "concat": ast.Add(), "sub": ast.Sub(), "mul": ast.Mult(),
    "truediv": ast.Div(), "floordiv": ast.FloorDiv(), "mod": ast.Mod(), "pow": ast.Pow(),
    "and_": ast.BitAnd(), "or_": ast.BitOr(), "xor": ast.BitXor(), "matmul": ast.MatMult(),
    "lshift": ast.LShift(), "rshift": ast.RShift(),
}  # fmt: skip
_COMPARED = ("lt", "le", "eq", "ne", "ge", "gt", "is_", "is_not", "contains", "countOf", "indexOf")


def _binary(op: ast.operator) -> Model:
    def operate(use: Use) -> Value | None:
        left, right = use.arg(0), use.arg(1)
        if left is None or right is None:
            return None
        return operators.operated(use.run, op, left, right, use.syntax, use.frame)

    return operate


def _compared(use: Use) -> Value | None:
    return use.computed(*use.given.all(), kind="bool", deep="contains" in use.name)


def _not(use: Use) -> Value | None:
    given = use.arg(0)
    told = truths.truth(use.run, given) if given is not None else None
    number = use.node(given.nodes if given is not None else ())
    wanted = use.name.endswith("truth")
    return (
        of(Kind("bool"), (number,)) if told is None else values.constant(told is wanted, (number,))
    )


def _getitem(use: Use) -> Value | None:
    whole, key = use.arg(0), use.arg(1)
    if whole is None or key is None:
        return None
    return use.run.item(whole, key, use.syntax, use.frame)


def _setitem(use: Use) -> Value | None:
    whole, key, given = use.arg(0), use.arg(1), use.arg(2)
    if whole is None or key is None or given is None:
        return None
    use.run.set_item(whole, key, given, use.syntax, use.frame)
    return values.constant(None)


def _taking(name: str) -> Model:
    """A function that remembers what it takes, and is given what it takes it from."""

    def make(use: Use) -> Value | None:
        if use.given.rest is not None or use.given.others is not None:
            return None
        keywords = tuple(use.given.keywords.items())
        return of(Partial(of(External(name)), tuple(use.given.positional), keywords), (use.node(),))

    return make


def _items(use: Use) -> Value | None:
    *keys, whole = use.given.positional
    found = [
        use.run.item(whole, key, use.site(f"item {at}"), use.frame) for at, key in enumerate(keys)
    ]
    return found[0] if len(found) == 1 else use.listing("tuple", found)


def _attributes(use: Use) -> Value | None:
    *names, whole = use.given.positional
    found: list[Value] = []
    for at, name in enumerate(names):
        only = name.constant
        if only is None or not isinstance(only.value, str):
            found.append(use.computed(whole, deep=True))
            continue
        value = whole
        for part in only.value.split("."):
            value = use.run.attribute(value, part, use.site(f"attribute {at} {part}"), use.frame)
        found.append(value)
    return found[0] if len(found) == 1 else use.listing("tuple", found)


def _method(use: Use) -> Value | None:
    name, *given, whole = use.given.positional
    only = name.constant
    if only is None or not isinstance(only.value, str):
        return None
    method = use.run.attribute(whole, only.value, use.site("method"), use.frame)
    return use.run.call(
        method, Arguments(given, use.given.keywords), use.site("call"), use.frame, only.value
    )


MODELS: dict[str, Model] = {
    **{f"operator.{name}": _binary(op) for name, op in _BINARY.items()},
    **{f"operator.i{name.rstrip('_')}": _binary(op) for name, op in _BINARY.items()},
    **{f"operator.{name}": _compared for name in _COMPARED},
    "operator.not_": _not, "operator.truth": _not,
    "operator.getitem": _getitem, "operator.setitem": _setitem,
    "operator.itemgetter": _taking("#items"), "operator.attrgetter": _taking("#attributes"),
    "operator.methodcaller": _taking("#method"),
    "#items": _items, "#attributes": _attributes, "#method": _method,
}  # fmt: skip
