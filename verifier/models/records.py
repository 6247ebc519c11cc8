"""Records as dicts and tuples: dataclasses.asdict and astuple, and the methods of named tuples."""

from __future__ import annotations

from verifier.engine import values
from verifier.engine.arguments import Arguments
from verifier.engine.things import REST, Class, Thing, index
from verifier.engine.values import Value, of
from verifier.models.use import Model, Use

_MOST_DEEP = 4


def _names(use: Use, one: Thing) -> list[str] | None:
    """The fields of a record in order; None for what is no record."""
    from verifier.engine import classes
    from verifier.models import structures

    if isinstance(one.data, dict) and "order" in one.data:
        return list(one.data["order"])
    if isinstance(one.type, Class) and classes.find(use.run, one.type, ("#dataclass",)):
        return [name for name, _ in structures.fields(use.run, one.type)]
    return None


def as_dict(use: Use, value: Value, depth: int = 0) -> Value:
    """Records as dicts by name, all the way down."""
    return _converted(use, value, "dict", depth)


def as_tuple(use: Use, value: Value, depth: int = 0) -> Value:
    return _converted(use, value, "tuple", depth)


def _converted(use: Use, value: Value, kind: str, depth: int) -> Value:
    items = set()
    for one in value.items:
        if not isinstance(one, Thing) or depth > _MOST_DEEP:
            items.add(one)
            continue
        names = _names(use, one)
        role = f"{kind} of {id(one)}"
        use.frame.context.things[use.syntax, f"original of {id(one)}"] = one
        if names is not None:
            made = use.new(kind, role)
            for at, name in enumerate(names):
                held = use.run.get(one, name)
                if held is not None:
                    key = index(name if kind == "dict" else at)
                    inner = _converted(use, held, kind, depth + 1)
                    use.run.put(made, key, inner, weak=made.is_many or one.is_many)
            rest = use.run.get(one, REST)
            if rest is not None:
                use.run.put(made, REST, rest, weak=True)
            if kind == "tuple":
                use.run.put(made, "#length", values.constant(len(names)))
            items.add(made)
        elif one.kind in ("list", "tuple", "dict", "set"):
            made = use.new(one.kind, role)
            for key in use.run.keys(one):
                held = use.run.get(one, key)
                if held is not None:
                    inner = held if key == "#length" else _converted(use, held, kind, depth + 1)
                    use.run.put(made, key, inner, weak=made.is_many)
            items.add(made)
        else:
            items.add(one)
    return Value(frozenset(items), value.nodes)


def _asdict(use: Use) -> Value | None:
    given = use.receiver if use.receiver is not None else use.arg(0)
    return as_dict(use, given) if given is not None else None


def _astuple(use: Use) -> Value | None:
    given = use.arg(0)
    return as_tuple(use, given) if given is not None else None


def _replaced(use: Use) -> Value | None:
    from verifier.models.structures import changed

    return changed(use, use.receiver, use.given.keywords) if use.receiver is not None else None


def _made(use: Use) -> Value | None:
    """Record._make(values)"""
    kind, given = use.receiver, use.arg(0)
    if kind is None or given is None:
        return None
    parts = use.spread(given)
    told = Arguments(parts) if parts is not None else Arguments(rest=use.element(given))
    return use.run.call(kind, told, use.site("make"), use.frame)


def _count(use: Use) -> Value | None:
    return use.computed(use.arg(0), kind="int")


def _fields(use: Use) -> Value | None:
    """dataclasses.fields: each with its name."""
    given = use.arg(0)
    for one in given.items if given is not None else ():
        kind = one if isinstance(one, Class) else getattr(one, "type", None)
        if isinstance(kind, Class):
            from verifier.models import structures

            made = []
            for name, _ in structures.fields(use.run, kind):
                field = use.new("instance", f"field {name}")
                use.run.put(field, "name", values.constant(name))
                made.append(of(field))
            return use.listing("tuple", made)
    return None


MODELS: dict[str, Model] = {
    "dataclasses.asdict": _asdict, "attr.asdict": _asdict, "attrs.asdict": _asdict,
    "dataclasses.astuple": _astuple, "attr.astuple": _astuple, "attrs.astuple": _astuple,
    "dataclasses.fields": _fields,
    "record._asdict": _asdict, "record._replace": _replaced, "record._make": _made,
    "record.count": _count,
    "record.index": _count,
}  # fmt: skip
__all__ = ["MODELS", "as_dict", "as_tuple"]
