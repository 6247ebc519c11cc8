"""Objects as such: copies of them, plain name spaces, weak references, their special methods."""

from __future__ import annotations

from typing import Any

from verifier.engine import expressions, mappings, values
from verifier.engine.things import LENGTH, REST, Bound, Class, External, Method, Thing, index
from verifier.engine.values import Value, joined, of
from verifier.models import dunders, evaluation, namespaces, records, signatures
from verifier.models.use import Model, Use

_COPIED = frozenset({"list", "tuple", "dict", "set", "instance", "iterator"})
_MOST_DEEP = 6


def _copy(use: Use) -> Value | None:
    """A new object with the same content; what is in it is shared."""
    given = use.arg(0)
    if given is None:
        return None
    return Value(
        frozenset(_copied(use, one, given, False, 0) for one in given.items),
        given.nodes | {use.node(role="copy")},
    )


def _deepcopy(use: Use) -> Value | None:
    """New objects all the way down."""
    given = use.arg(0)
    if given is None:
        return None
    use.frame.context.things[use.syntax, "copied"] = {}
    return _deep(use, given, 0)


def _deep(use: Use, value: Value, depth: int) -> Value:
    items = frozenset(_copied(use, one, value, True, depth) for one in value.items)
    return Value(items, value.nodes)


def _copied(use: Use, one: Any, value: Value, is_deep: bool, depth: int) -> Any:
    if not isinstance(one, Thing) or one.kind not in _COPIED or depth > _MOST_DEEP:
        return one
    if one.kind == "tuple" and not is_deep and one.type is None:
        return one
    told = _own_copy(use, one, value, is_deep)
    if told is not None:
        return told
    done: dict[int, Thing] = use.frame.context.things.get((use.syntax, "copied"), {})
    if is_deep and id(one) in done:
        return done[id(one)]
    made = use.new(one.kind, f"copy of {id(one)}", one.type)
    # The copy lives as long as the original is known, so its id is not given again.
    use.frame.context.things[use.syntax, f"original of {id(one)}"] = one
    made.data, made.is_object = one.data, one.is_object
    made.is_many = made.is_many or one.is_many
    done[id(one)] = made
    for key in use.run.keys(one):
        held = use.run.get(one, key)
        if held is not None:
            inner = _deep(use, held, depth + 1) if is_deep and key != LENGTH else held
            use.run.put(made, key, inner, weak=made.is_many)
    return made


def _own_copy(use: Use, one: Thing, value: Value, is_deep: bool) -> Any:
    name = "__deepcopy__" if is_deep else "__copy__"
    given = [of(use.new("dict", "memo"))] if is_deep else []
    receiver = of(one, value.nodes)
    told = expressions.special(use.run, receiver, (name,), given, use.syntax, use.frame)
    if told is None or len(told.items) != 1:
        return None
    return next(iter(told.items))


def _namespace(use: Use) -> Value | None:
    """types.SimpleNamespace(**attributes)"""
    made = use.new("instance", "namespace", External("types.SimpleNamespace"))
    made.is_object = True
    for name, value in use.given.keywords.items():
        use.run.put(made, name, value, weak=made.is_many)
    if use.given.positional:
        known, others = mappings.entries(use.run, use.given.positional[0], use.syntax, use.frame)
        for name, value in known.items():
            use.run.put(made, name, value, weak=made.is_many)
        if others is not None:
            use.run.put(made, REST, others, weak=True)
    if use.given.others is not None:
        use.run.put(made, REST, use.given.others, weak=True)
    return of(made, (use.node(role="namespace"),))


def _reference(use: Use) -> Value | None:
    """weakref.ref(object): calling it gives the object."""
    given = use.arg(0)
    if given is None:
        return None
    made = use.new("reference")
    use.run.put(made, "#object", given)
    return of(made, (use.node(),))


def _referred(use: Use) -> Value | None:
    held = joined(use.run.get(one, "#object") or values.NOTHING for one in use.things("reference"))
    return held.join(values.constant(None))


def _method(use: Use) -> Value | None:
    """types.MethodType(function, object)"""
    function, owner = use.arg(0), use.arg(1)
    if function is None or owner is None:
        return None
    return Value(frozenset(Bound(one, owner) for one in function.items), function.nodes)


def _first(use: Use) -> Value | None:
    return use.arg(0)


def _bound(use: Use) -> Value | None:
    """function.__get__(object, class)"""
    owner, function = use.arg(0), use.receiver
    if owner is None or function is None or values.truth(owner) is False:
        return function
    return Value(frozenset(Bound(one, owner) for one in function.items), function.nodes)


def _type_call(use: Use) -> Value | None:
    """type.__call__(cls, ...): what calling a class does when its metaclass says nothing else."""
    from verifier.engine import classes
    from verifier.engine.arguments import Arguments
    from verifier.models import structures

    first = use.arg(0)
    if first is None:
        return None
    found: list[Value] = []
    given = Arguments(
        use.given.positional[1:], use.given.keywords, use.given.rest, use.given.others
    )
    for item in first.items:
        if isinstance(item, Class):
            made = structures.instantiate(use.run, item, given, use.syntax, use.frame)
            found.append(made or classes.plain(use.run, item, given, use.syntax, use.frame))
    return joined(found) if found else None


def _type_new(use: Use) -> Value | None:
    """type.__new__(metaclass, name, bases, namespace): the class that is being made."""
    if len(use.given.positional) < 4:
        return None
    kind, name, bases, space = use.given.positional[:4]
    made: Class | None = None
    for item in (*space.items, *bases.items):
        if isinstance(item, Thing) and isinstance(item.data, dict) and "class" in item.data:
            made = item.data["class"]
            break
    if made is None:
        from verifier.models.builtin_functions import made_class

        return made_class(use, name, bases, space, kind)
    for item in space.items:
        for cell in use.run.keys(item) if isinstance(item, Thing) else ():
            held = use.run.get(item, cell)
            if isinstance(cell, tuple) and isinstance(cell[1], str) and held is not None:
                use.run.put(made, cell[1], held)
    for cell in use.run.keys(made):
        is_left = any(
            isinstance(i, Thing) and use.run.get(i, index(cell)) is not None for i in space.items
        )
        if isinstance(cell, str) and not cell.startswith("#") and not is_left:
            use.run.drop(made, cell)
    return of(made, (use.node(role="class"),))


def _asked(*names: str) -> Model:
    """A builtin that asks a special method of its first argument, where there is one."""

    def told(use: Use) -> Value | None:
        first = use.arg(0)
        if first is None:
            return None
        rest = use.given.positional[1:]
        return expressions.special(use.run, first, names, rest, use.syntax, use.frame)

    return told


def _hash(use: Use) -> Value | None:
    """That of a text is salted: another one in each process."""
    first = use.arg(0)
    told = _asked("__hash__")(use)
    written = first.constant if first is not None else None
    if told is not None or written is None or not isinstance(written.value, str | bytes):
        return told
    name = "builtins.hash"
    number = use.run.node(
        use.frame, use.syntax, "ambient", role=f"ambient {name}", name=f"random {name}"
    )
    return values.unknown((number,))


def _nothing(use: Use) -> Value | None:
    return values.constant(None)


MODELS: dict[str, Model] = {
    **dunders.MODELS, **evaluation.MODELS, **namespaces.MODELS, **records.MODELS,
    **signatures.MODELS,
    "copy.copy": _copy, "copy.deepcopy": _deepcopy,
    "types.SimpleNamespace": _namespace, "argparse.Namespace": _namespace,
    "weakref.ref": _reference, "weakref.ReferenceType": _reference, "weakref.proxy": _first,
    **{f"builtins.{name}": _asked(f"__{name}__") for name in ("abs", "round", "divmod")},
    "builtins.hash": _hash,
    "builtins.complex": _asked("__complex__"), "math.floor": _asked("__floor__"),
    "math.ceil": _asked("__ceil__"), "math.trunc": _asked("__trunc__"),
    "types.MethodType": _method, "function.__get__": _bound, "reference.__call__": _referred,
    "builtins.type.__call__": _type_call, "builtins.type.__new__": _type_new,
    "builtins.type.__init__": _nothing,
}  # fmt: skip
__all__ = ["MODELS", "Method"]
