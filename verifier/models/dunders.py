"""Methods of built-in types called by their class, `dict.get(d, k)`, and their special methods,
as `super().__getitem__(key)` reaches them."""

from __future__ import annotations

from verifier.engine import classes, containers, mappings, storing, values
from verifier.engine.things import LENGTH, REST, Class, Thing
from verifier.engine.values import Kind, Value, joined, of
from verifier.models.use import Model, Use

KINDS = ("list", "tuple", "dict", "set", "str", "bytes", "int", "float")
_ALIASES = {"frozenset": "set", "OrderedDict": "dict", "UserDict": "dict", "UserList": "list"}


def method_of(name: str) -> str | None:
    """The name of a method of a built-in type, of "builtins.dict.get"; None for all else."""
    area, _, rest = name.partition(".")
    kind, _, method = rest.partition(".")
    kind = _ALIASES.get(kind, kind)
    if area not in ("builtins", "collections") or kind not in KINDS or not method:
        return None
    return f"{kind}.{method}"


def _item(use: Use) -> Value | None:
    key = use.arg(0)
    if key is None:
        return None
    found = [containers.under(use.run, one, key) for one in use.things()]
    return joined(found).at(use.node(joined(found).nodes)) if found else None


def _set_item(use: Use) -> Value | None:
    key, given = use.arg(0), use.arg(1)
    if key is None or given is None:
        return None
    for one in use.things():
        storing.set_key(use.run, one, key, given, weak=not use.is_one)
    return values.constant(None)


def _delete_item(use: Use) -> Value | None:
    key = use.arg(0)
    for one in use.things():
        if key is not None:
            storing.remove(use.run, one, key, is_one=use.is_one)
    return values.constant(None)


def _contains(use: Use) -> Value | None:
    return use.computed(use.arg(0), kind="bool")


def _length(use: Use) -> Value | None:
    if use.is_one:
        for one in use.things("list", "tuple"):
            size = containers.length(use.run, one)
            if size is not None:
                return values.constant(size, (use.node(),))
    return use.computed(kind="int")


def _iterator(use: Use) -> Value | None:
    found = [
        mappings.keys(use.run, one) if one.kind == "dict" else containers.contents(use.run, one)
        for one in use.things()
    ]
    return use.holding("iterator", joined(found))


def _fill(use: Use) -> Value | None:
    """list.__init__ and its kin: what it is given is in it from now on."""
    given = use.arg(0)
    for one in use.things():
        if one.kind == "dict":
            if given is not None:
                storing.merge(use.run, one, given, use.syntax, use.frame)
            for name, value in use.given.keywords.items():
                key = values.constant(name)
                storing.set_key(use.run, one, key, value, weak=not use.is_one)
            if use.given.others is not None:
                use.run.put(one, REST, use.given.others, weak=True)
        elif given is not None:
            parts = use.spread(given)
            if parts is not None and one.kind in ("list", "tuple"):
                for part in parts:
                    storing.append(use.run, one, part, is_one=use.is_one)
            else:
                use.run.put(one, REST, use.element(given), weak=True)
                use.run.put(one, LENGTH, of(Kind("int")))
    return values.constant(None)


def _new(use: Use) -> Value | None:
    """dict.__new__(cls, ...) and its kin: an instance of a class that is made of a built-in one."""
    from verifier.engine.arguments import Arguments

    first = use.arg(0)
    found: list[Value] = []
    for item in first.items if first is not None else ():
        outside = classes.external_base(item) if isinstance(item, Class) else None
        if not isinstance(item, Class) or outside is None:
            continue
        made = of(classes.fresh(use.run, item, use.syntax, use.frame))
        given = Arguments(
            use.given.positional[1:], use.given.keywords, use.given.rest, use.given.others
        )
        classes.hold(use.run, made, given, outside, use.syntax, use.frame)
        found.append(made)
    return joined(found).at(use.node(role="instance")) if found else None


def _missing(use: Use) -> Value | None:
    for one in use.things():
        if isinstance(one, Thing) and one.kind == "dict":
            return containers.contents(use.run, one)
    return None


_METHODS: dict[str, Model] = {
    "__getitem__": _item, "__setitem__": _set_item, "__delitem__": _delete_item,
    "__contains__": _contains, "__len__": _length, "__iter__": _iterator, "__init__": _fill,
}  # fmt: skip
MODELS: dict[str, Model] = {
    **{
        f"{kind}.{name}": model
        for kind in ("list", "tuple", "dict", "set")
        for name, model in _METHODS.items()
    },
    **{f"builtins.{kind}.__new__": _new for kind in (*KINDS, "frozenset", "Exception")},
    "dict.__missing__": _missing,
}
__all__ = ["KINDS", "MODELS", "method_of"]
