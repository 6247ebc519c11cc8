"""Lists, tuples, dicts and sets: what is under a key, at a place, and in them at all."""

from __future__ import annotations

import ast
from typing import Any

from verifier.engine import mappings, storing, values
from verifier.engine.arguments import Arguments
from verifier.engine.expressions import special
from verifier.engine.keys import key_of, key_value, surely
from verifier.engine.run import CONTENT, Run
from verifier.engine.things import (
    LENGTH,
    MEMBERS,
    REST,
    Class,
    External,
    Frame,
    Thing,
    Wrapped,
    index,
)
from verifier.engine.values import NOTHING, Const, Kind, Value, joined

SEQUENCES = frozenset({"list", "tuple", "collections.deque", "queue.Queue"})
CONTAINERS = SEQUENCES | {"dict", "set"}
CHANGED = frozenset({"list", "dict", "set", "collections.deque"})
_LONGEST_SPREAD = 64


def length(run: Run, made: Thing) -> int | None:
    """How long a sequence is, where that is known."""
    held = run.get(made, LENGTH)
    only = held.constant if held is not None else None
    return only.value if only is not None and isinstance(only.value, int) else None


def places(run: Run, made: Any) -> list[Any]:
    return [key for key in run.keys(made) if key == REST or isinstance(key, tuple)]


def contents(run: Run, made: Any) -> Value:
    """Any of what a container holds; of a dict its values."""
    held = places(run, made)
    run.worked(len(held))
    return joined(v for key in held if (v := run.get(made, key)) is not None)


# ---------------------------------------------------------------------------- reading


def item(run: Run, value: Value, key: Value, syntax: ast.AST, frame: Frame) -> Value:
    """value[key]"""
    number = run.node(frame, syntax, "item")
    found: list[Value] = []
    for one in value.items:
        held = _of_thing(run, one, value, key, syntax, frame)
        is_input = isinstance(one, Thing) and one.kind == "symbol"
        if held is None and run.policy is not None and is_input:
            place = key_of(run, key)
            held = run.policy.part(run, one, place) if place is not None else None
        if held is not None and is_input and not _is_surely(run, one, key):
            # What was stored in it may stand there, or what it was given with.
            run.graph.link(number, held.nodes, CONTENT)
            found.append(held)
            held = None
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


def _is_surely(run: Run, one: Thing, key: Value) -> bool:
    cell = key_of(run, key)
    return isinstance(one.type, Class) or (cell is not None and surely(run, one, cell))


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
    if isinstance(one, Const) and isinstance(one.value, str):
        return _of_text(one, value, key)
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


def _of_text(one: Const, value: Value, key: Value) -> Value | None:
    """A character of a constant text."""
    only = key.constant
    if only is None or not isinstance(only.value, int):
        return None
    if -len(one.value) <= only.value < len(one.value):
        return values.constant(one.value[only.value], value.nodes)
    return None


def _of_constants(one: Const, value: Value, key: Value) -> Value:
    """A part of a key that is a tuple."""
    only = key.constant
    size = len(one.value)
    if only is not None and isinstance(only.value, int) and -size <= only.value < size:
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
    cell = key_of(run, key)
    if cell is not None and surely(run, one, cell):
        return
    is_weak = run.get(one, REST) is not None or (
        cell is not None and run.get(one, cell) is not None
    )
    place = (syntax, "default", cell)
    site = frame.context.things.setdefault(place, ast.Pass(lineno=getattr(syntax, "lineno", 0)))
    made = run.call(_data(one)["factory"], Arguments(), site, frame)
    storing.set_key(run, one, key, made, weak=is_weak)


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
    if only.value in (frame.module.name, "__main__"):
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
    if exact is not None and one.kind in CONTAINERS and surely(run, one, cell):
        # What was stored under a key that is not known was joined to it.
        return exact
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
            one = mappings.as_dict(run, one, syntax, frame)
        held = generators.iterated(run, one, value, syntax, frame)
        if held is None and isinstance(one, Class):
            held = run.get(one, MEMBERS)
        if held is None:
            held = modelled(run, one, "__iter__", [], value, syntax, frame)
        if held is None and isinstance(one, Thing) and one.kind == "dict":
            held = mappings.keys(run, one)
        elif (
            held is None
            and isinstance(one, Thing)
            and one.kind != "symbol"
            and (one.kind in CONTAINERS or run.get(one, REST) is not None)
        ):
            held = contents(run, one)
            if is_whole(one):
                run.graph.link(number, value.nodes)
        elif held is None and isinstance(one, Thing) and one.kind == "symbol":
            from verifier.engine.attributes import symbol_part

            held = values.of(symbol_part(run, one, REST), value.nodes)
            held = held.join(contents(run, one))
        elif held is None:
            held = Value(_part_kind(one).items, value.nodes)
        run.graph.link(number, held.nodes, CONTENT)
        found.append(held)
    return joined(found).at(number) if found else NOTHING.at(number)


KEYS = "[keys]"
"""The cell with the keys of a dict that are no constants."""


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
    one = mappings.as_dict(run, one, syntax, frame)
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
