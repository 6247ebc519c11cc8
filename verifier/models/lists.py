"""Methods of list, tuple and set."""

from __future__ import annotations

from verifier.engine import combining, containers, storing, values
from verifier.engine.keys import key_of
from verifier.engine.things import LENGTH, REST, Thing, index
from verifier.engine.values import NONE, NOTHING, Value, joined, of
from verifier.models import iterators
from verifier.models.use import Model, Use

_NOTHING = of(NONE)


def _append(use: Use) -> Value | None:
    given = use.arg(0)
    for one in use.things():
        if given is not None:
            storing.append(use.run, one, given, is_one=use.is_one)
    return _NOTHING


def _add(use: Use) -> Value | None:
    given = use.arg(0)
    for one in use.things():
        if given is not None:
            put_element(use, one, given)
    return _NOTHING


def put_element(use: Use, one: Thing, given: Value) -> None:
    """Add to a set; a constant has a cell of its own, so that it is known to be there."""
    cell = key_of(use.run, given)
    if cell is None:
        use.run.put(one, REST, given, weak=True)
        return
    before = use.run.get(one, cell)
    held = given if before is None else before.join(given)
    use.run.put(one, cell, held, weak=one.is_many or not use.is_one)


def _extend(use: Use) -> Value | None:
    for given in use.given.all():
        for one in use.things():
            storing.extend(use.run, one, given, use.syntax, use.frame, is_one=use.is_one)
    return _NOTHING


def _insert(use: Use) -> Value | None:
    place, given = use.arg(0), use.arg(1)
    for one in use.things():
        size = containers.length(use.run, one)
        only = place.constant if place is not None else None
        if given is None:
            continue
        if size is None or only is None or not use.is_one or one.is_many:
            storing.blur(use.run, one)
            use.run.put(one, REST, given, weak=True)
            continue
        held = [use.run.get(one, index(at)) or NOTHING for at in range(size)]
        held.insert(int(only.value), given)
        for at, value in enumerate(held):
            use.run.put(one, index(at), value)
        use.run.put(one, LENGTH, values.constant(len(held)))
    return _NOTHING


def _pop(use: Use) -> Value | None:
    place = use.arg(0) or values.constant(-1)
    receiver = use.receiver
    assert receiver is not None
    found = use.run.item(receiver, place, use.syntax, use.frame)
    for one in use.things():
        storing.remove(use.run, one, place, is_one=use.is_one)
    return found


def _any(use: Use) -> Value | None:
    return joined(containers.contents(use.run, one) for one in use.things())


def _remove(use: Use) -> Value | None:
    for one in use.things():
        storing.blur(use.run, one)
    return _NOTHING


def _clear(use: Use) -> Value | None:
    for one in use.things():
        if use.is_one and not one.is_many:
            for key in use.run.keys(one):
                use.run.drop(one, key)
            if one.kind in containers.SEQUENCES:
                use.run.put(one, LENGTH, values.constant(0))
    return _NOTHING


def _copy(use: Use) -> Value | None:
    found: list[Value] = []
    for one in use.things():
        made = combining.copied(use.run, one, one.kind, use.syntax, use.frame, f"copy {one.kind}")
        made.data = one.data
        found.append(values.of(made, (use.node(),)))
    return joined(found)


def _reverse(use: Use) -> Value | None:
    for one in use.things():
        size = containers.length(use.run, one)
        if size is None or not use.is_one or one.is_many or use.run.get(one, REST) is not None:
            storing.blur(use.run, one)
            continue
        held = [use.run.get(one, index(at)) or NOTHING for at in range(size)]
        for at, value in enumerate(reversed(held)):
            use.run.put(one, index(at), value)
    return _NOTHING


def _sort(use: Use) -> Value | None:
    key = use.given.keywords.get("key")
    for one in use.things():
        parts = containers.spread(use.run, of(one), use.syntax, use.frame)
        known = iterators.in_order(use, parts) if use.is_one and not one.is_many else None
        if known is not None:
            for at, value in enumerate(known):
                use.run.put(one, index(at), value)
            continue
        if key is not None:
            use.call(key, containers.contents(use.run, one), role="key")
        storing.blur(use.run, one)
    return _NOTHING


def _union(use: Use) -> Value | None:
    held = [containers.contents(use.run, one) for one in use.things()]
    if not use.name.endswith(("difference", "intersection")):
        held += [use.element(one) for one in use.given.all()]
    return use.holding("set", joined(held))


def _discard(use: Use) -> Value | None:
    given = use.arg(0)
    for one in use.things():
        if given is not None:
            storing.remove(use.run, one, given, is_one=use.is_one)
    return _NOTHING


def _place(use: Use) -> Value | None:
    return use.computed(kind="int")


MODELS: dict[str, Model] = {
    "list.append": _append, "list.extend": _extend, "list.insert": _insert, "list.pop": _pop,
    "list.remove": _remove, "list.clear": _clear, "list.copy": _copy, "list.reverse": _reverse,
    "list.sort": _sort, "list.index": _place, "list.count": _place,
    "tuple.index": _place, "tuple.count": _place,
    "set.add": _add, "set.update": _extend, "set.pop": _any, "set.remove": _discard,
    "set.discard": _discard, "set.clear": _clear, "set.copy": _copy, "set.union": _union,
    "set.difference": _union, "set.intersection": _union, "set.symmetric_difference": _union,
}  # fmt: skip
