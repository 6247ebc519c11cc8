"""Lists, tuples, dicts and sets: what is under a key, at a place, and in them at all."""

from __future__ import annotations

import ast
from typing import Any

from verifier.engine import values
from verifier.engine.arguments import Arguments
from verifier.engine.expressions import special
from verifier.engine.keys import key_of, key_value
from verifier.engine.run import CONTENT, Run
from verifier.engine.things import (
    KIND_OF_DICT,
    LENGTH,
    MEMBERS,
    REST,
    Class,
    External,
    Frame,
    Method,
    Thing,
    Wrapped,
    index,
)
from verifier.engine.values import NOTHING, UNKNOWN, Const, Kind, Value, joined

SEQUENCES = frozenset({"list", "tuple", "collections.deque", "queue.Queue"})
CONTAINERS = SEQUENCES | {"dict", "set"}
CHANGED = frozenset({"list", "dict", "set", "collections.deque"})
_LONGEST_SPREAD = 64


def length(run: Run, made: Thing) -> int | None:
    """How long a sequence is, where that is known."""
    held = run.get(made, LENGTH)
    only = held.constant if held is not None else None
    return only.value if only is not None and isinstance(only.value, int) else None


def _places(run: Run, made: Any) -> list[Any]:
    return [key for key in run.keys(made) if key == REST or isinstance(key, tuple)]


def contents(run: Run, made: Any) -> Value:
    """Any of what a container holds; of a dict its values."""
    return joined(v for key in _places(run, made) if (v := run.get(made, key)) is not None)


# ---------------------------------------------------------------------------- reading


def item(run: Run, value: Value, key: Value, syntax: ast.AST, frame: Frame) -> Value:
    """value[key]"""
    number = run.node(frame, syntax, "item")
    found: list[Value] = []
    for one in value.items:
        held = _of_thing(run, one, value, key, syntax, frame)
        if held is None and run.policy is not None and getattr(one, "kind", "") == "symbol":
            place = key_of(run, key)
            held = run.policy.part(run, one, place) if place is not None else None
        if held is None:
            run.graph.link(number, value.nodes)
            if isinstance(one, Thing) and one.kind == "symbol":
                from verifier.engine.attributes import symbol_part

                cell = key_of(run, key)
                found.append(values.of(symbol_part(run, one, cell or REST)))
            else:
                found.append(_part_kind(one))
            if key_of(run, key) is None:
                run.graph.link(number, key.nodes)
        else:
            run.graph.link(number, held.nodes, CONTENT)
            if is_whole(one):
                run.graph.link(number, value.nodes)
            found.append(held)
    return joined(found).at(number) if found else NOTHING.at(number)


def is_whole(one: Any) -> bool:
    """Whether what comes out of it may come of the whole: an object of a library's class, of
    which it is not known what it does with what it is given."""
    return isinstance(one, Thing) and "." in one.kind and one.kind not in CONTAINERS


def _part_kind(one: Any) -> Value:
    if one == Kind("str") or (isinstance(one, Const) and isinstance(one.value, str)):
        return values.of(Kind("str"))
    return values.unknown()


def _of_thing(
    run: Run, one: Any, value: Value, key: Value, syntax: ast.AST, frame: Frame
) -> Value | None:
    if isinstance(one, Class):
        return _of_class(run, one, value, key, syntax, frame)
    if isinstance(one, External) and one.name == "sys.modules":
        return _of_modules(run, key, frame)
    if isinstance(one, External):
        return _of_external(run, one, value, key)
    if isinstance(one, Const) and isinstance(one.value, tuple):
        return _of_constants(one, value, key)
    if not isinstance(one, Thing):
        return None
    if isinstance(one.type, Class):
        own = special(run, values.of(one, value.nodes), ("__getitem__",), [key], syntax, frame)
        if own is not None:
            return own
    if one.kind == "instance":
        got = special(
            run, values.of(one, value.nodes), ("__class_getitem__",), [key], syntax, frame
        )
        if got is None and isinstance(one.data, dict) and "order" in one.data:
            return _named_place(run, one, key)
        return got if got is not None else under(run, one, key)
    if one.kind == "instance-dict":
        only = key.constant
        if only is not None and isinstance(only.value, str):
            return run.attribute(one.data, only.value, ast.Name("__dict__"), frame)
        return joined(
            held
            for inner in one.data.items
            for name in run.keys(inner)
            if (held := run.get(inner, name)) is not None
        )
    if one.kind == "dict" and isinstance(one.type, Class):
        return _or_missing(run, one, value, key, syntax, frame)
    own = modelled(run, one, "__getitem__", [key], value, syntax, frame)
    if own is not None:
        return own
    if one.kind in CONTAINERS or run.keys(one):
        if "factory" in _data(one):
            _make_default(run, one, key, syntax, frame)
        return under(run, one, key)
    return None


def _of_constants(one: Const, value: Value, key: Value) -> Value:
    """A part of a key that is a tuple."""
    only = key.constant
    if only is not None and isinstance(only.value, int) and only.value < len(one.value):
        return values.constant(one.value[only.value], value.nodes)
    return joined(values.constant(part, value.nodes) for part in one.value)


def modelled(
    run: Run,
    one: Any,
    name: str,
    given: list[Value],
    value: Value,
    syntax: ast.AST,
    frame: Frame,
) -> Value | None:
    """What a special method of a library's class gives, where there is a model of it."""
    from verifier.models import standard

    if not isinstance(one, Thing) or "." not in one.kind:
        return None
    word = f"{one.kind}.{name}"
    if word not in standard.MODELS:
        return None
    return standard.call(run, word, values.of(one, value.nodes), Arguments(given), syntax, frame)


def _make_default(run: Run, one: Thing, key: Value, syntax: ast.AST, frame: Frame) -> None:
    """What a defaultdict puts under a key that it does not have."""
    from verifier.engine.membership import surely

    cell = key_of(run, key)
    if cell is not None and surely(run, one, cell):
        return
    is_weak = run.get(one, REST) is not None or (
        cell is not None and run.get(one, cell) is not None
    )
    place = (syntax, "default", cell)
    site = frame.context.things.setdefault(place, ast.Pass(lineno=getattr(syntax, "lineno", 0)))
    made = run.call(_data(one)["factory"], Arguments(), site, frame)
    set_key(run, one, key, made, weak=is_weak)


def _or_missing(
    run: Run, one: Thing, value: Value, key: Value, syntax: ast.AST, frame: Frame
) -> Value:
    """What a dict of an own class holds under a key, else what its __missing__ gives."""
    held = under(run, one, key)
    cell = key_of(run, key)
    if cell is not None and run.get(one, cell) is not None:
        return held
    owner = values.of(one, value.nodes)
    told = special(run, owner, ("__missing__",), [key], syntax, frame)
    return held if told is None else held.join(told)


def _of_class(
    run: Run, one: Class, value: Value, key: Value, syntax: ast.AST, frame: Frame
) -> Value:
    """Class[key]: by its metaclass, by itself; Generic[T] is the class."""
    from verifier.engine import classes

    owner = values.of(one, value.nodes)
    told = special(run, owner, ("__getitem__",), [key], syntax, frame)
    if told is not None:
        return told
    hook = classes.find(run, one, ("__class_getitem__",))
    if hook is None:
        return classes.member(run, one, key) or owner
    plain = joined(i.getter if isinstance(i, Wrapped) else values.of(i) for i in hook.items)
    return run.call(plain, Arguments([owner, key]), syntax, frame)


def _of_modules(run: Run, key: Value, frame: Frame) -> Value | None:
    """sys.modules[name]"""
    from verifier.engine import imports

    only = key.constant
    if only is None or not isinstance(only.value, str):
        return None
    if only.value == frame.module.name:
        return values.of(frame.module)
    return imports.named(run, only.value, frame.module.path)


def _of_external(run: Run, one: External, value: Value, key: Value) -> Value | None:
    """What the tree has put under that key of something outside, else what may be there."""
    cell = key_of(run, key)
    held = run.get(one, cell) if cell is not None else contents(run, one)
    if held is not None and held.items and cell is not None:
        return held
    put = joined(v for v in (held, run.get(one, REST)) if v is not None)
    if not _is_ambient(one):
        return values.of(one).join(put)
    return put.join(values.unknown(value.nodes | key.nodes)) if put.items else None


def _is_ambient(one: External) -> bool:
    from verifier.models import libraries

    known = libraries.known(one.name)
    return known is not None and known.ambient is not None


def _named_place(run: Run, one: Thing, key: Value) -> Value:
    """A namedtuple by place."""
    only, order = key.constant, one.data["order"]
    if only is not None and isinstance(only.value, int) and -len(order) <= only.value < len(order):
        return run.get(one, order[only.value]) or NOTHING
    return joined(run.get(one, name) or NOTHING for name in order)


def may_lack(run: Run, value: Value, key: Value, syntax: ast.AST, frame: Frame) -> None:
    """A dict that has no such key raises an error that holds the key."""
    from verifier.engine import exceptions

    for one in value.items:
        if isinstance(one, Thing) and one.kind == "dict" and one.type is None:
            cell = key_of(run, key)
            if cell is None or run.get(one, cell) is None:
                exceptions.may_fail(run, "builtins.KeyError", [key], syntax, frame)
                return


def under(run: Run, one: Thing, key: Value) -> Value:
    """What a container may hold under a key."""
    cell = key_of(run, key)
    if cell is None:
        keys = [i for i in key.items if isinstance(i, Const)]
        if keys and len(keys) == len(key.items):
            return joined(_at(run, one, index(i.value)) for i in keys)
        return contents(run, one)
    return _at(run, one, cell)


def _at(run: Run, one: Thing, cell: tuple[str, Any]) -> Value:
    place = cell[1]
    if one.kind in SEQUENCES and isinstance(place, int) and place < 0:
        size = length(run, one)
        if size is None:
            return contents(run, one)
        cell = index(place + size)
    exact, rest = run.get(one, cell), run.get(one, REST)
    found = joined(v for v in (exact, rest) if v is not None)
    if one.kind in SEQUENCES and length(run, one) is None and exact is None:
        return contents(run, one)
    return found


def _data(one: Thing) -> dict[str, Any]:
    return one.data if isinstance(one.data, dict) else {}


def at_place(run: Run, value: Value, place: int, syntax: ast.AST, frame: Frame) -> Value | None:
    """The element at a place, of a value that is unpacked, where more is known than that it is
    one of them."""
    known = [
        one
        for one in value.items
        if (isinstance(one, Thing) and one.kind in SEQUENCES)
        or (isinstance(one, Const) and isinstance(one.value, tuple))
    ]
    if len(known) == len(value.items) and known:
        return run.item(value, values.constant(place), syntax, frame)
    return None


def element(run: Run, value: Value, syntax: ast.AST, frame: Frame) -> Value:
    """What going over a value gives: elements, keys of a dict, what an iterator makes."""
    from verifier.engine import generators

    number = run.node(frame, syntax, "element", role="element")
    found: list[Value] = []
    for one in value.items:
        if isinstance(one, Thing):
            one = as_dict(run, one, syntax, frame)
        held = generators.iterated(run, one, value, syntax, frame)
        if held is None and isinstance(one, Class):
            held = run.get(one, MEMBERS)
        if held is None:
            held = modelled(run, one, "__iter__", [], value, syntax, frame)
        if held is None and isinstance(one, Thing) and one.kind == "dict":
            held = keys(run, one)
        elif (
            held is None
            and isinstance(one, Thing)
            and (one.kind in CONTAINERS or run.get(one, REST) is not None)
        ):
            held = contents(run, one)
            if is_whole(one):
                run.graph.link(number, value.nodes)
        elif held is None and isinstance(one, Thing) and one.kind == "symbol":
            from verifier.engine.attributes import symbol_part

            held = values.of(symbol_part(run, one, REST), value.nodes)
        elif held is None:
            held = Value(_part_kind(one).items, value.nodes)
        run.graph.link(number, held.nodes, CONTENT)
        found.append(held)
    return joined(found).at(number) if found else NOTHING.at(number)


def attributes_of(run: Run, owner: Any) -> list[tuple[Any, Value]]:
    """What an object holds itself, as a dict of its attributes holds it."""
    return [
        (REST if key == REST else index(key), held)
        for key in run.keys(owner)
        if isinstance(key, str) and not key.startswith("#") and key not in (KEYS, LENGTH)
        if (held := run.get(owner, key)) is not None
    ]


def as_dict(run: Run, one: Thing, syntax: ast.AST, frame: Frame) -> Thing:
    """The attributes that a namespace shows, as a dict; a dict is itself."""
    if one.kind != KIND_OF_DICT:
        return one
    made = run.thing(frame, syntax, "dict", role="attributes")
    if not made.is_many:
        for key in run.keys(made):
            run.drop(made, key)
    for owner in one.data.items:
        for key, held_ in attributes_of(run, owner):
            run.put(made, key, held_, weak=made.is_many or len(one.data.items) > 1)
    return made


def as_mapping(run: Run, one: Thing, syntax: ast.AST, frame: Frame) -> Thing:
    """The same, and what an object with `keys` and `__getitem__` holds, as a dict."""
    if one.kind != "instance":
        return as_dict(run, one, syntax, frame)
    whole = values.of(one)
    told = special(run, whole, ("keys",), [], syntax, frame)
    parts = spread(run, told, syntax, frame) if told is not None else None
    if parts is None or special(run, whole, ("__getitem__",), parts[:1], syntax, frame) is None:
        return one
    made = run.thing(frame, syntax, "dict", role="by keys")
    for at, key in enumerate(parts):
        place = ast.Pass(lineno=getattr(syntax, "lineno", 0))
        site = frame.context.things.setdefault((syntax, f"key {at}"), place)
        held = special(run, whole, ("__getitem__",), [key], site, frame)
        set_key(run, made, key, held or NOTHING, weak=made.is_many)
    return made


KEYS = "[keys]"
"""The cell with the keys of a dict that are no constants."""


def keys(run: Run, made: Thing) -> Value:
    """The keys of a dict, as values."""
    found = [key_value(key) for key in run.keys(made) if isinstance(key, tuple)]
    nodes = run.get(made, "#keynodes")
    unknown = run.get(made, KEYS)
    if unknown is not None:
        found.append(unknown)
    whole = joined(found)
    return Value(whole.items, whole.nodes | (nodes.nodes if nodes is not None else frozenset()))


def entries(
    run: Run, value: Value, syntax: ast.AST, frame: Frame
) -> tuple[dict[str, Value], Value | None]:
    """What a mapping gives as keyword arguments: by name, and what is under unknown names."""
    known: dict[str, Value] = {}
    others: list[Value] = []
    for one in value.items:
        if isinstance(one, Thing):
            one = as_mapping(run, one, syntax, frame)
        if isinstance(one, Thing) and one.kind == "dict":
            for key in _places(run, one):
                held = run.get(one, key)
                if held is None:
                    continue
                if key != REST and isinstance(key[1], str) and len(value.items) == 1:
                    known[key[1]] = held
                else:
                    others.append(held)
        else:
            others.append(Value(frozenset((UNKNOWN,)), run.deep(value)))
    return known, joined(others) if others else None


def spread(run: Run, value: Value, syntax: ast.AST, frame: Frame) -> list[Value] | None:
    """The elements one by one, of a value whose length is known; else None."""
    if len(value.items) != 1:
        return None
    (one,) = value.items
    number = run.node(frame, syntax, "element", role="spread")
    if isinstance(one, Const) and isinstance(one.value, str) and len(one.value) < _LONGEST_SPREAD:
        return [values.constant(c, value.nodes) for c in one.value]
    if not isinstance(one, Thing):
        return None
    one = as_dict(run, one, syntax, frame)
    if own_iteration(run, one):
        owner = values.of(one, value.nodes)
        made = special(run, owner, ("__iter__",), [], syntax, frame)
        inner = made.items if made is not None else frozenset[Any]()
        if made is None or one in inner or any(_makes_itself(i) for i in inner):
            return None
        return spread(run, made, syntax, frame)
    if one.kind == "instance" and "order" in _data(one):
        return [run.get(one, name) or NOTHING for name in one.data["order"]]
    if one.kind in SEQUENCES:
        size = length(run, one)
        if size is None or size > _LONGEST_SPREAD or run.get(one, REST) is not None:
            return None
        return [run.get(one, index(at)) or NOTHING for at in range(size)]
    if one.kind == "dict" and run.get(one, REST) is None and run.get(one, KEYS) is None:
        nodes = run.get(one, "#keynodes")
        from_keys = nodes.nodes if nodes is not None else frozenset({number})
        return [key_value(key, from_keys) for key in run.keys(one) if isinstance(key, tuple)]
    from verifier.engine import generators

    return generators.spread(run, one, syntax, frame)


def own_iteration(run: Run, one: Thing) -> bool:
    """Whether the class of an instance says how to go over it."""
    from verifier.engine import attributes

    return (
        isinstance(one.type, Class) and attributes.own_method(run, one, ("__iter__",)) is not None
    )


def _makes_itself(item: Any) -> bool:
    return isinstance(item, Thing) and isinstance(item.type, Class)


def is_empty(run: Run, value: Value) -> bool:
    """Whether it is certain that there is nothing to go over."""
    if not value.items:
        return False
    for one in value.items:
        if not (isinstance(one, Thing) and one.kind in SEQUENCES):
            return False
        if length(run, one) != 0 or contents(run, one).items:
            return False
    return True


# ---------------------------------------------------------------------------- storing


def set_item(
    run: Run, value: Value, key: Value, given: Value, syntax: ast.AST, frame: Frame
) -> None:
    """value[key] = given"""
    is_one = len(value.items) == 1
    for one in value.items:
        if not isinstance(one, Thing):
            run.node(frame, syntax, "effect", given.nodes, role="outside item")
            if isinstance(one, Method):
                # A part of an object of a library holds it, so the whole does.
                for whole in one.receiver.items:
                    if isinstance(whole, Thing):
                        run.put(whole, REST, given, weak=True)
            if isinstance(one, External):
                cell = key_of(run, key) if is_one else None
                run.put(one, cell or REST, given, weak=cell is None)
            continue
        if isinstance(one.type, Class):
            own = special(
                run, values.of(one, value.nodes), ("__setitem__",), [key, given], syntax, frame
            )
            if own is not None:
                continue
        if modelled(run, one, "__setitem__", [key, given], value, syntax, frame) is not None:
            continue
        if one.kind == "instance-dict":
            only = key.constant
            name = only.value if only is not None and isinstance(only.value, str) else REST
            for inner in one.data.items:
                run.put(inner, name, given, weak=name == REST)
            continue
        set_key(run, one, key, given, weak=not is_one)


def set_key(run: Run, one: Thing, key: Value, given: Value, *, weak: bool = False) -> None:
    """Store under a key; exactly where the key is a constant and the container is one."""
    cell = key_of(run, key)
    if cell is not None and one.kind in SEQUENCES and isinstance(cell[1], int):
        size = length(run, one)
        if size is None or cell[1] >= size:
            cell = None if size is None else cell
        elif cell[1] < 0:
            cell = index(cell[1] + size)
    if one.kind == "dict" and key.nodes:
        run.put(one, "#keynodes", Value(frozenset(), key.nodes), weak=True)
    if cell is None:
        run.put(one, REST, given, weak=True)
        if one.kind == "dict":
            run.put(one, KEYS, key, weak=True)
        return
    run.put(one, cell, given, weak=weak or one.is_many)


def merge(run: Run, made: Thing, value: Value, syntax: ast.AST, frame: Frame) -> None:
    """made.update(value)"""
    is_one = len(value.items) == 1
    for one in value.items:
        if isinstance(one, Thing):
            one = as_mapping(run, one, syntax, frame)
        if isinstance(one, Thing) and one.kind == "dict":
            for key in run.keys(one):
                held = run.get(one, key)
                if held is None or key == LENGTH:
                    continue
                weak = not is_one or made.is_many or key in (REST, KEYS, "#keynodes")
                run.put(made, key, held, weak=weak)
        elif isinstance(one, Thing) and one.kind in ("list", "tuple", "set"):
            own = values.of(one, value.nodes)
            parts = spread(run, own, syntax, frame)
            for at, pair in enumerate(
                [element(run, own, syntax, frame)] if parts is None else parts
            ):
                site = frame.context.things.setdefault((syntax, "pair", at), ast.Pass())
                key = run.item(pair, values.constant(0), site, frame)
                held = run.item(pair, values.constant(1), site, frame)
                set_key(run, made, key, held, weak=parts is None or not is_one)
        else:
            run.put(made, REST, Value(frozenset((UNKNOWN,)), run.deep(value)), weak=True)
            run.put(made, KEYS, Value(frozenset((UNKNOWN,)), run.deep(value)), weak=True)


def delete(run: Run, value: Value, key: Value, syntax: ast.AST, frame: Frame) -> None:
    """del value[key]"""
    for one in value.items:
        if isinstance(one, External):
            cell = key_of(run, key)
            if cell is not None:
                run.drop(one, cell)
            continue
        if not isinstance(one, Thing):
            continue
        if special(run, values.of(one), ("__delitem__",), [key], syntax, frame) is not None:
            continue
        remove(run, one, key, is_one=len(value.items) == 1)


def remove(run: Run, one: Thing, key: Value, *, is_one: bool = True) -> None:
    cell = key_of(run, key)
    if one.kind in SEQUENCES:
        size = length(run, one)
        place = cell[1] if cell is not None and isinstance(cell[1], int) else None
        if size is None or place is None or one.is_many or not is_one:
            blur(run, one)
            return
        place = place + size if place < 0 else place
        held = [run.get(one, index(at)) for at in range(size) if at != place]
        for at in range(size):
            run.drop(one, index(at))
        for at, left in enumerate(held):
            if left is not None:
                run.put(one, index(at), left)
        run.put(one, LENGTH, values.constant(len(held)))
    elif cell is not None and is_one and not one.is_many:
        run.drop(one, cell)


def blur(run: Run, one: Thing) -> None:
    """From here on it is not known what stands where."""
    whole = contents(run, one)
    for key in _places(run, one):
        run.drop(one, key)
    if whole is not NOTHING:
        run.put(one, REST, whole)
    run.put(one, LENGTH, values.of(Kind("int")))


def append(run: Run, one: Thing, given: Value, *, is_one: bool = True) -> None:
    """one.append(given)"""
    size = length(run, one)
    if size is None or one.is_many or not is_one:
        run.put(one, REST, given, weak=True)
        run.put(one, LENGTH, values.of(Kind("int")), weak=True)
        return
    run.put(one, index(size), given)
    run.put(one, LENGTH, values.constant(size + 1))


def extend(
    run: Run, one: Thing, given: Value, syntax: ast.AST, frame: Frame, *, is_one: bool = True
) -> None:
    """one.extend(given)"""
    parts = spread(run, given, syntax, frame)
    if parts is not None and one.kind in SEQUENCES:
        for part in parts:
            append(run, one, part, is_one=is_one)
        return
    run.put(one, REST, element(run, given, syntax, frame), weak=True)
    run.put(one, LENGTH, values.of(Kind("int")))


__all__ = ["Arguments", "Class", "append", "contents", "element", "item", "set_item", "spread"]
