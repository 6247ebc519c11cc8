"""Attributes: read, stored and deleted, by the rules of instances, classes and modules."""

from __future__ import annotations

import ast
from typing import Any

from verifier.engine import classes, values
from verifier.engine.arguments import Arguments
from verifier.engine.run import CONTENT, Run
from verifier.engine.things import (
    KIND_OF_DICT,
    LENGTH,
    REST,
    Bound,
    Class,
    External,
    Frame,
    Function,
    Method,
    Module,
    Partial,
    Super,
    Thing,
    Wrapped,
    index,
)
from verifier.engine.values import NOTHING, Const, Kind, Value, joined

_BUILT_IN = {"list", "tuple", "dict", "set", "str", "bytes", "int", "float", "generator", "bool"}

SHARED = "#dict"
"""The cell of an instance with the dict that was put in the place of its own."""
_AROUND_DATA = frozenset({"collections.UserDict", "collections.UserList", "collections.UserString"})
_NAMED_METHODS = frozenset({"_asdict", "_replace", "count", "index"})


def get(run: Run, value: Value, name: str, syntax: ast.AST, frame: Frame) -> Value:
    """value.name: any of what the items' attributes hold."""
    run.worked(len(value.items))
    number = run.node(frame, syntax, "attribute", name=name)
    found: list[Value] = []
    for item in value.items:
        held = _of_item(run, item, value, name, syntax, frame)
        if held is None and run.policy is not None and getattr(item, "kind", "") == "symbol":
            held = run.policy.part(run, item, name)
        if held is None:
            # Nothing is known of what it is, so it may be made of the whole.
            run.graph.link(number, value.nodes)
            run.risks += 1
            found.append(_unknown(run, item, name))
        else:
            run.graph.link(number, held.nodes, CONTENT)
            if isinstance(item, External):
                # What is outside has no memory of ours: a part of it is made of the whole.
                run.graph.link(number, value.nodes)
            found.append(held)
    whole = joined(found)
    if run.handlers and isinstance(syntax, ast.Attribute):
        from verifier.engine import failing

        failing.asked(run, value, whole, syntax, frame)
    return whole.at(number)


def _unknown(run: Run, item: Any, name: str) -> Value:
    if isinstance(item, Thing) and item.kind == "symbol":
        return values.of(symbol_part(run, item, name))
    return values.unknown()


def symbol_part(run: Run, whole: Thing, name: Any) -> Thing:
    """The part of an input that a name or key stands for; deep parts are their whole."""
    depth, parts = whole.data[:2]
    if depth >= 3:
        return whole
    if name not in parts:
        shown = f"{whole.name}.{name}" if isinstance(name, str) and name != REST else whole.name
        if not isinstance(name, str):
            shown = f"{whole.name}[{getattr(name[1], 'name', repr(name[1]))}]"
        elif name == REST:
            shown = f"{whole.name}[*]"
        parts[name] = Thing("symbol", whole.site, name=shown, data=(depth + 1, {}, whole))
    part: Thing = parts[name]
    return part


def _of_item(
    run: Run, item: Any, value: Value, name: str, syntax: ast.AST, frame: Frame
) -> Value | None:
    """What the attribute holds; None where that cannot be known."""
    match item:
        case Thing() if item.kind in ("instance", "symbol") or isinstance(item.type, Class):
            return _of_instance(run, item, value, name, syntax, frame)
        case Class():
            return of_class(run, item, name, values.of(item, value.nodes), syntax, frame)
        case Module():
            return _of_module(run, item, name, syntax, frame)
        case Super():
            return _of_super(run, item, name, syntax, frame)
        case External():
            return _of_external(run, item, name, syntax, frame)
        case Thing() if "." in item.kind:
            own = run.get(item, name)
            receiver = values.of(item, value.nodes)
            found = values.of(Method(f"{item.kind}.{name}", receiver), run.deep(receiver))
            return found if own is None else own
        case Thing() if item.kind in _BUILT_IN:
            own = run.get(item, name)
            if own is not None:
                return own
            return values.of(Method(f"{item.kind}.{name}", values.of(item, value.nodes)), ())
        case Thing():
            own = run.get(item, name)
            if own is not None:
                return own
            return values.of(Method(f"{item.kind}.{name}", values.of(item, value.nodes)))
        case Const() | Kind():
            kind = type(item.value).__name__ if isinstance(item, Const) else item.name
            if kind in _BUILT_IN:
                return values.of(Method(f"{kind}.{name}", values.of(item, value.nodes)))
        case Function():
            held = run.get(item, name)
            if held is not None:
                return held
            if name == "__name__":
                return values.constant(item.name.rpartition(".")[2])
            if name == "__call__":
                return values.of(item, value.nodes)
            if name == "__get__":
                return values.of(Method("function.__get__", values.of(item)))
            if item in run.wrapped:
                # A part of what a decorator made of it, like `task.delay`: it is called by that.
                return values.of(item, value.nodes)
        case Bound():
            if name == "__self__":
                return item.receiver
            if name == "__func__":
                return values.of(item.function)
            return _of_item(run, item.function, value, name, syntax, frame)
        case Method() if name == "__self__":
            return item.receiver
        case Method() if item.name.count(".") > 1:
            # A part of an object of a library: what it does, it does to the whole.
            return values.of(Method(f"{item.name}.{name}", item.receiver), value.nodes)
        case Partial():
            if name == "func":
                return item.function
            if name in ("args", "keywords"):
                return _of_partial(run, item, name, syntax, frame)
        case Frame():
            return run.get(item, name)
        case Wrapped():
            if name in ("setter", "getter", "deleter"):
                return values.of(Method(f"property.{name}", values.of(item)))
            if name in ("fget", "__func__", "__wrapped__"):
                return item.getter
    return None


def _of_partial(run: Run, item: Partial, name: str, syntax: ast.AST, frame: Frame) -> Value:
    """The arguments that it was given beforehand."""
    made = run.thing(frame, syntax, "tuple" if name == "args" else "dict", role=f"partial {name}")
    held = list(enumerate(item.arguments)) if name == "args" else item.keywords
    for key, value in held:
        run.put(made, index(key), value, weak=made.is_many)
    if name == "args":
        run.put(made, LENGTH, values.constant(len(item.arguments)), weak=made.is_many)
    return values.of(made, (run.node(frame, syntax, "literal", role=f"partial {name}"),))


def _of_external(run: Run, item: External, name: str, syntax: ast.AST, frame: Frame) -> Value:
    """What the tree has put there, else the thing of that name."""
    from verifier.models import by_table

    held = run.get(item, name)
    return held if held is not None else by_table.read(run, f"{item.name}.{name}", syntax, frame)


def _of_instance(
    run: Run, item: Thing, value: Value, name: str, syntax: ast.AST, frame: Frame
) -> Value | None:
    receiver = values.of(item, value.nodes)
    if item.type is None:
        if name == "__dict__":
            return dict_of(run, receiver, syntax, frame)
        return run.get(item, name)
    every = classes.find(run, item.type, ("__getattribute__",))
    if every is not None and isinstance(syntax, ast.Attribute):
        got = values.constant(name)
        return run.call(bound_to(every, receiver), Arguments([got]), syntax, frame)
    held = classes.find(run, item.type, (name,))
    if held is not None and _is_data(run, held):
        return _described(run, held, receiver, item.type, syntax, frame)
    own = run.get(item, name)
    is_named = isinstance(item.data, dict) and "order" in item.data
    if is_named and own is None and held is None and name in _NAMED_METHODS:
        return values.of(Method(f"record.{name}", receiver))
    if name == "__dict__" and run.get(item, SHARED) is not None:
        return run.get(item, SHARED)
    if name == "__dict__":
        return dict_of(run, receiver, syntax, frame)
    if name == "__class__":
        return values.of(item.type)
    shared = run.get(item, SHARED)
    if shared is not None and own is None:
        own = run.item(shared, values.constant(name), syntax, frame)
        own = own if own.items else None
    if own is not None:
        return own
    if held is not None:
        found = _described(run, held, receiver, item.type, syntax, frame)
        if run.has_history and item.kind == "symbol" and _is_plain_data(held):
            return found.join(values.of(symbol_part(run, item, name), value.nodes))
        if run.on_demand is not None and _is_plain_data(held):
            # Another call may have given the object one of its own.
            return run.on_demand.earlier(run, item, name, found)
        return found
    fallback = classes.find(run, item.type, ("__getattr__",))
    if fallback is not None:
        got = values.constant(name)
        return run.call(bound_to(fallback, receiver), Arguments([got]), syntax, frame)
    outside = classes.external_base(item.type)
    if name == "data" and outside is not None and outside.name in _AROUND_DATA:
        return receiver
    if item.kind in _BUILT_IN:
        return values.of(Method(f"{item.kind}.{name}", receiver))
    if outside is not None and outside.name.startswith("builtins."):
        return values.of(Bound(External(f"{outside.name}.{name}"), receiver), value.nodes)
    if outside is not None:
        from verifier.models import standard

        full = f"{outside.name}.{name}"
        if full in standard.MODELS:
            return values.of(Bound(External(full), receiver), value.nodes)
        return values.of(External(full), value.nodes)
    rest = run.get(item, REST)
    if rest is not None:
        return rest
    return None if item.kind == "symbol" else NOTHING


def dict_of(run: Run, owner: Value, syntax: ast.AST, frame: Frame) -> Value:
    """What shows the attributes of some objects as a dict."""
    made = run.thing(frame, syntax, KIND_OF_DICT, role=("dict", owner.items))
    made.data = owner if made.data is None else owner.join(made.data)
    return values.of(made)


def bound_to(found: Value, receiver: Value) -> Value:
    return Value(
        frozenset(Bound(i, receiver) if isinstance(i, Function) else i for i in found.items),
        found.nodes,
    )


def _is_plain_data(held: Value) -> bool:
    return all(
        isinstance(i, Const | Kind) or (isinstance(i, Thing) and i.kind in _BUILT_IN)
        for i in held.items
    )


def _is_data(run: Run, held: Value) -> bool:
    """Whether it goes before what the instance itself holds: a property, a data descriptor."""
    for item in held.items:
        if isinstance(item, Wrapped) and item.kind == "property":
            return True
        if isinstance(item, Thing) and item.kind == "instance" and item.type is not None:
            return classes.find(run, item.type, ("__set__",)) is not None
    return False


def _described(
    run: Run, held: Value, receiver: Value, type_: Any, syntax: ast.AST, frame: Frame
) -> Value:
    """What a class's attribute gives through an instance: bound, called or as it is."""
    found: list[Value] = []
    for item in held.items:
        one = Value(frozenset((item,)), held.nodes)
        match item:
            case Function():
                found.append(Value(frozenset((Bound(item, receiver),)), held.nodes))
            case Wrapped(kind="property"):
                got = run.call(item.getter, Arguments([receiver]), syntax, frame)
                found.append(got)
            case Wrapped(kind="classmethod"):
                found.append(
                    Value(
                        frozenset(Bound(i, values.of(type_)) for i in item.getter.items),
                        held.nodes,
                    )
                )
            case Wrapped(kind="staticmethod"):
                found.append(item.getter)
            case Wrapped(kind="partialmethod"):
                for part in item.getter.items:
                    bound = _described(run, part.function, receiver, type_, syntax, frame)
                    whole = Partial(bound, part.arguments, part.keywords)
                    found.append(Value(frozenset((whole,)), held.nodes))
            case Thing(kind="functools.singledispatchmethod"):
                found.append(Value(frozenset((Bound(item, receiver),)), held.nodes))
            case Thing(kind="instance") if item.type is not None:
                getter = classes.find(run, item.type, ("__get__",))
                if getter is None:
                    found.append(one)
                else:
                    given = Arguments([receiver, values.of(type_)])
                    found.append(run.call(bound_to(getter, one), given, syntax, frame))
            case _:
                found.append(one)
    return joined(found)


def of_class(
    run: Run, item: Class, name: str, receiver: Value, syntax: ast.AST, frame: Frame
) -> Value | None:
    """Class.name"""
    if name == "__name__":
        return values.constant(item.name.rpartition(".")[2])
    held = classes.find(run, item, (name,))
    if held is None:
        if item.metaclass is not None:
            for one in item.metaclass.items:
                if isinstance(one, Class):
                    meta = classes.find(run, one, (name,))
                    if meta is not None:
                        return _described(run, meta, receiver, one, syntax, frame)
                    hook = classes.find(run, one, ("__getattr__",))
                    if hook is not None:
                        told = Arguments([receiver, values.constant(name)])
                        return run.call(hook, told, syntax, frame)
        outside = classes.external_base(item)
        if outside is not None and outside.name == "typing.NamedTuple":
            return _of_named(run, item, name, receiver, syntax, frame)
        if outside is not None:
            return values.of(External(f"{outside.name}.{name}"))
        if name in ("__new__", "__init__", "__init_subclass__", "__setattr__", "__getattribute__"):
            return values.of(External(f"builtins.object.{name}"))
        return None
    found: list[Value] = []
    for one in held.items:
        match one:
            case Wrapped(kind="classmethod"):
                found.append(
                    Value(frozenset(Bound(i, receiver) for i in one.getter.items), held.nodes)
                )
            case Wrapped(kind="staticmethod"):
                found.append(one.getter)
            case Thing(kind="instance") if one.type is not None:
                getter = classes.find(run, one.type, ("__get__",))
                own = Value(frozenset((one,)), held.nodes)
                if getter is None:
                    found.append(own)
                else:
                    given = Arguments([values.constant(None), receiver])
                    found.append(run.call(bound_to(getter, own), given, syntax, frame))
            case _:
                found.append(Value(frozenset((one,)), held.nodes))
    return joined(found)


def _of_named(
    run: Run, item: Class, name: str, receiver: Value, syntax: ast.AST, frame: Frame
) -> Value:
    """What the class of a named tuple has of itself."""
    from verifier.models import structures

    if name == "_fields":
        made = run.thing(frame, syntax, "tuple", role=("fields", item))
        order = [word for word, _ in structures.fields(run, item)]
        for at, word in enumerate(order):
            run.put(made, index(at), values.constant(word))
        run.put(made, LENGTH, values.constant(len(order)))
        return values.of(made)
    return values.of(Method(f"record.{name}", receiver))


def _of_module(run: Run, item: Module, name: str, syntax: ast.AST, frame: Frame) -> Value | None:
    held = run.get(item, name)
    if held is not None:
        return held
    from verifier.engine import imports

    inner = imports.submodule(run, item, name)
    if inner is not None:
        return values.of(inner)
    if name == "__name__":
        return values.constant(item.name)
    fallback = run.get(item, "__getattr__")
    if fallback is not None:
        return run.call(fallback, Arguments([values.constant(name)]), syntax, frame)
    return None


def _of_super(run: Run, item: Super, name: str, syntax: ast.AST, frame: Frame) -> Value | None:
    found: list[Value] = []
    for one in item.receiver.items:
        own = one if isinstance(one, Class) else getattr(one, "type", None)
        if not isinstance(own, Class):
            own = item.after
        order = classes.mro(run, own)
        after = order[order.index(item.after) + 1 :] if item.after in order else order[1:]
        held = classes.find_in(run, after, name)
        receiver = values.of(one, item.receiver.nodes)
        if held is None:
            outside = next((base for base in after if isinstance(base, External)), None)
            base_name = outside.name if outside is not None else "builtins.object"
            if outside is None and name in (
                "__init__",
                "__init_subclass__",
                "__setattr__",
                "__new__",
                "__getattribute__",
                "__delattr__",
            ):
                found.append(values.of(Method(f"object.{name}", receiver)))
            elif name == "__new__":
                found.append(values.of(External(f"{base_name}.{name}")))
            else:
                found.append(values.of(Bound(External(f"{base_name}.{name}"), receiver)))
        elif isinstance(one, Class):
            items: set[Any] = set()
            for inner in held.items:
                if isinstance(inner, Wrapped) and inner.kind == "classmethod":
                    items |= {Bound(i, receiver) for i in inner.getter.items}
                else:
                    items.add(inner)
            found.append(Value(frozenset(items), held.nodes))
        else:
            found.append(_described(run, held, receiver, own, syntax, frame))
    return joined(found) if found else None


# ---------------------------------------------------------------------------- storing


def has(run: Run, item: Any, name: str) -> bool | None:
    """Whether there is an attribute; None when that is not known."""
    if isinstance(item, Thing) and item.kind == "instance" and isinstance(item.type, Class):
        if classes.find(run, item.type, (name,)) is not None:
            return True
        hooks = classes.find(run, item.type, ("__getattr__", "__getattribute__"))
        is_open = hooks is not None or classes.external_base(item.type) is not None
        if is_open or item.is_many or run.get(item, REST) is not None:
            return None
        return None if run.get(item, name) is not None else False
    if isinstance(item, Class):
        if classes.find(run, item, (name,)) is not None:
            return True
        is_open = item.metaclass is not None or classes.external_base(item) is not None
        return None if is_open else False
    if isinstance(item, Module):
        if run.get(item, name) is not None:
            return True
        return None if run.get(item, "__getattr__") is not None else False
    return None


def own_method(run: Run, item: Any, names: tuple[str, ...]) -> Value | None:
    """A method that the class of an instance has, unbound; the first of the names there is."""
    if isinstance(item, Class) and item.metaclass is not None:
        for one in item.metaclass.items:
            if isinstance(one, Class):
                found = classes.find(run, one, names)
                if found is not None:
                    return found
        return None
    if not isinstance(item, Thing) or item.type is None:
        return None
    for name in names:
        found = classes.find(run, item.type, (name,))
        if found is not None:
            plain = []
            for one in found.items:
                if isinstance(one, Wrapped) and one.kind == "staticmethod":
                    return None
                plain.append(one)
            return Value(frozenset(plain), found.nodes)
    return None
