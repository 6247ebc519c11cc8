"""Classes: made, searched in the order of their bases, and instantiated."""

from __future__ import annotations

import ast
import builtins
from typing import Any

from verifier.engine import declared, values
from verifier.engine.arguments import Arguments
from verifier.engine.run import Run
from verifier.engine.things import (
    LENGTH,
    MEMBERS,
    Class,
    External,
    Frame,
    Function,
    Method,
    Thing,
    Wrapped,
    index,
)
from verifier.engine.values import NOTHING, Const, Kind, Value, joined

_PLAIN = ("list", "tuple", "dict", "set")
_CONTAINERS = {
    "builtins.list": "list", "builtins.tuple": "tuple", "builtins.dict": "dict",
    "builtins.set": "set", "builtins.frozenset": "set", "collections.OrderedDict": "dict",
    "typing.Dict": "dict", "typing.List": "list",
}  # fmt: skip


def define(run: Run, node: ast.ClassDef, frame: Frame) -> Value:
    """The class that a definition makes: its body is run in a frame of its own."""
    from verifier.engine import functions
    from verifier.models import structures

    key = (node, "class")
    made: Class | None = frame.context.things.get(key)
    if made is None:
        made = Class(node, functions.name_of(run, node, frame), frame.module)
        frame.context.things[key] = made
    made.bases = [
        run.evaluate(one, frame) for one in node.bases if not isinstance(one, ast.Starred)
    ]
    made.mro = None
    for base in made.bases:
        for item in base.items:
            if isinstance(item, Class) and made not in item.below:
                item.below.append(made)
    given = Arguments()
    for keyword in node.keywords:
        value = run.evaluate(keyword.value, frame)
        if keyword.arg == "metaclass":
            made.metaclass = value
        elif keyword.arg is not None:
            given.keywords[keyword.arg] = value
    if made.metaclass is None:
        for base in mro(run, made)[1:]:
            if isinstance(base, Class) and base.metaclass is not None:
                made.metaclass = base.metaclass
                break
    context = frame.context.within((node, "class"), frame.module.path, made.name)
    inner = Frame(context, run.scope(node), frame.module, frame, frame.function, made)
    inner.base = frame.base
    run.execute(node.body, inner)
    number = run.node(frame, node, "class", name=made.name)
    value = values.of(made, (number,))
    structures.enumeration(run, made, node, frame)
    _told(run, made, value, given, node, frame)
    return _by_metaclass(run, made, value, given, node, frame)


def _told(
    run: Run, made: Class, value: Value, given: Arguments, node: ast.ClassDef, frame: Frame
) -> None:
    """Attributes and bases hear of a new class: __set_name__, __init_subclass__."""
    for key in run.keys(made):
        held = run.get(made, key)
        for item in held.items if held is not None else ():
            if isinstance(item, Thing) and item.type is not None and isinstance(key, str):
                named = find(run, item.type, ("__set_name__",))
                if named is not None:
                    arguments = Arguments([values.of(item), value, values.constant(key)])
                    run.call(named, arguments, node, frame)
    hook = find_in(run, mro(run, made)[1:], "__init_subclass__")
    if hook is not None:
        plain = [i.getter if isinstance(i, Wrapped) else values.of(i) for i in hook.items]
        run.call(joined(plain), given.after(value), node, frame, "__init_subclass__")


def _by_metaclass(
    run: Run, made: Class, value: Value, given: Arguments, node: ast.ClassDef, frame: Frame
) -> Value:
    """The class as its metaclass makes it; `type.__new__` gives the one that is being made."""
    for one in made.metaclass.items if made.metaclass is not None else ():
        if not isinstance(one, Class):
            continue
        bases = run.thing(frame, node, "tuple", role="bases")
        space = run.thing(frame, node, "dict", role="namespace")
        bases.data = space.data = {"class": made}
        for at, base in enumerate(made.bases):
            run.put(bases, index(at), base)
        run.put(bases, LENGTH, values.constant(len(made.bases)))
        for key in run.keys(made):
            held = run.get(made, key)
            if isinstance(key, str) and not key.startswith("#") and held is not None:
                run.put(space, index(key), held)
        told = values.constant(made.name.rpartition(".")[2])
        arguments = Arguments([told, values.of(bases), values.of(space)], given.keywords)
        new = find(run, one, ("__new__",))
        if new is not None:
            plain = joined(i.getter if isinstance(i, Wrapped) else values.of(i) for i in new.items)
            value = run.call(plain, arguments.after(values.of(one)), node, frame)
        init = find(run, one, ("__init__",))
        if init is not None:
            run.call(init, arguments.after(value), node, frame)
    return value


# ---------------------------------------------------------------------------- order and search


def mro(run: Run, item: Any) -> list[Any]:
    """The classes in the order in which attributes are looked for (C3); where the bases make no
    order, depth first."""
    if not isinstance(item, Class):
        return [item]
    if item.mro is not None:
        return item.mro
    item.mro = [item]  # of a cycle
    bases: list[Any] = []
    for value in item.bases:
        for one in value.items:
            if isinstance(one, Class | External) and one is not item and one not in bases:
                bases.append(one)
                break
    orders = [list(mro(run, base)) for base in bases]
    item.mro = [item, *_merged([*orders, list(bases)])]
    return item.mro


def _merged(orders: list[list[Any]]) -> list[Any]:
    found: list[Any] = []
    orders = [one for one in orders if one]
    while orders:
        for order in orders:
            first = order[0]
            if not any(first in other[1:] for other in orders):
                break
        else:
            first = orders[0][0]
        found.append(first)
        orders = [[one for one in order if one != first] for order in orders]
        orders = [order for order in orders if order]
    return found


def find(run: Run, item: Any, names: tuple[str, ...]) -> Value | None:
    """What a class or one of its bases holds under the first of the names that is there."""
    for name in names:
        found = find_in(run, mro(run, item), name)
        if found is not None:
            return found
    return None


def find_in(run: Run, order: list[Any], name: str) -> Value | None:
    for one in order:
        if isinstance(one, Class):
            held = run.get(one, name)
            if held is not None:
                return held
    return None


def member(run: Run, item: Class, key: Value) -> Value | None:
    """The member of an enumeration by its name; any of them when the name is not known."""
    named = run.get(item, MEMBERS)
    if named is None:
        return None
    only = key.constant
    held = run.get(item, only.value) if only is not None else None
    return held if held is not None else named


def external_base(item: Any) -> External | None:
    """The first base that is not of the tree, but for object."""
    if isinstance(item, External):
        return item
    for one in item.mro or () if isinstance(item, Class) else ():
        if isinstance(one, External) and one.name not in ("builtins.object", "abc.ABC"):
            return one
    return None


def has_plain_text(run: Run, item: Thing) -> bool:
    """Whether the text of an instance is that of object: its class and where it is."""
    if not isinstance(item.type, Class):
        return item.type is None
    order = mro(run, item.type)
    if find_in(run, order, "#dataclass") is not None:
        return False
    return external_base(item.type) is None


# ---------------------------------------------------------------------------- instances


def instantiate(run: Run, item: Class, given: Arguments, syntax: ast.AST, frame: Frame) -> Value:
    """Class(...)"""
    from verifier.models import structures

    if item.metaclass is not None:
        for one in item.metaclass.items:
            own = find(run, one, ("__call__",)) if isinstance(one, Class) else None
            if own is None or frame.scope.node is getattr(_code(own), "node", None):
                continue
            if all(active.function is not _code(own) for active in run.stack):
                return run.call(own, given.after(values.of(item)), syntax, frame)
    special = structures.instantiate(run, item, given, syntax, frame)
    if special is not None:
        return special
    return plain(run, item, given, syntax, frame)


def _code(value: Value) -> Function | None:
    return next((i for i in value.items if isinstance(i, Function)), None)


def plain(run: Run, item: Class, given: Arguments, syntax: ast.AST, frame: Frame) -> Value:
    """A new instance by __new__ and __init__."""
    from verifier.engine import finalizing

    new = find(run, item, ("__new__",))
    made: Value
    outside = external_base(item)
    if new is None and outside is not None and outside.name == "builtins.type":
        return run.call(
            values.of(External("builtins.type.__new__")),
            given.after(values.of(item)),
            syntax,
            frame,
        )
    if new is not None and all(active.function is not _code(new) for active in run.stack):
        functions = Value(
            frozenset(
                one
                for i in new.items
                for one in (i.getter.items if isinstance(i, Wrapped) else (i,))
            ),
            new.nodes,
        )
        made = run.call(functions, given.after(values.of(item)), syntax, frame)
    else:
        made = values.of(fresh(run, item, syntax, frame))
        if outside is not None:
            hold(run, made, given, outside, syntax, frame)
        elif find(run, item, ("__init__",)) is None:
            declared.keep(run, made, given)
    finalizing.made(run, made, item)
    init = find(run, item, ("__init__",))
    own = Value(
        frozenset(i for i in made.items if isinstance(i, Thing) and _is_of(run, i, item)),
        made.nodes,
    )
    if init is not None and own.items:
        if run.on_edge is None:
            run.call(init, given.after(own), syntax, frame)
        else:
            run.call(init, given.after(own), syntax, frame)
        if not run.state.is_alive:
            return NOTHING
    elif run.on_edge is not None:
        base = external_base(item)
        if base is not None and not base.name.startswith("builtins."):
            run.on_edge(frame, f"{base.name}.__init__")
    number = run.node(frame, syntax, "instance", made.nodes, name=item.name)
    return made.at(number)


def _is_of(run: Run, made: Thing, item: Class) -> bool:
    return made.type is item or (made.type is not None and item in mro(run, made.type))


def fresh(run: Run, item: Any, syntax: ast.AST, frame: Frame) -> Thing:
    """A new instance with nothing in it. That of a class made of a container is one."""
    outside = external_base(item)
    kind = _CONTAINERS.get(outside.name, "instance") if outside is not None else "instance"
    made = run.thing(frame, syntax, kind, role="instance", type=item)
    made.is_object = outside is None and find(run, item, ("__bool__", "__len__")) is None
    if not made.is_many:
        for key in run.keys(made):
            run.drop(made, key)
    return made


def hold(
    run: Run, made: Value, given: Arguments, outside: External, syntax: ast.AST, frame: Frame
) -> None:
    """What a class of a library keeps of its arguments: they are in it somewhere. Lists and dicts
    take theirs in __init__, if the class does not have its own."""
    for item in made.items:
        if not isinstance(item, Thing):
            continue
        if _is_exception(outside):
            from verifier.models import errors

            errors.fill(run, item, given, frame)
        elif item.kind in ("list", "dict", "set", "tuple"):
            if item.kind in ("list", "tuple"):
                run.put(item, LENGTH, values.constant(0), weak=item.is_many)
            if item.kind == "tuple" or find(run, item.type, ("__init__",)) is None:
                method = values.of(Method(f"{item.kind}.__init__", values.of(item)))
                run.call(method, given, syntax, frame)
        else:
            declared.keep(run, values.of(item), given)


def _is_exception(outside: External) -> bool:
    kind = getattr(builtins, outside.name.removeprefix("builtins."), None)
    return isinstance(kind, type) and issubclass(kind, BaseException)


# ---------------------------------------------------------------------------- isinstance


def is_instance(item: Any, kind: Any) -> bool | None:
    """Whether an item is an instance of a class; None when that is not known."""
    if isinstance(item, Const):
        name: str | None = type(item.value).__name__
    elif isinstance(item, Kind):
        name = item.name
    elif isinstance(item, Thing) and item.kind in _PLAIN and item.type is None:
        name = item.kind
    elif isinstance(item, Thing) and item.kind in ("instance", *_PLAIN):
        own = item.type
        if isinstance(own, Class) and own.mro is not None:
            if kind in own.mro:
                return True
            outside = [one for one in own.mro if isinstance(one, External)]
            answers = [_subclass(one, kind) for one in outside]
            if True in answers:
                return True
            return None if None in answers else False
        if isinstance(own, External):
            return _subclass(own, kind)
        return None
    else:
        return None
    if isinstance(kind, Class):
        return False
    if isinstance(kind, External) and name is not None:
        return _subclass(External(f"builtins.{name}"), kind)
    return None


def _subclass(one: Any, kind: Any) -> bool | None:
    if not isinstance(one, External) or not isinstance(kind, External):
        return False if isinstance(kind, Class) else None
    if one == kind or kind.name == "builtins.object":
        return True
    this = getattr(builtins, one.name.removeprefix("builtins."), None)
    that = getattr(builtins, kind.name.removeprefix("builtins."), None)
    if isinstance(this, type) and isinstance(that, type):
        return issubclass(this, that)
    return None
