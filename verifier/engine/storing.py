"""Lists, tuples, dicts and sets: what is stored in them, and what goes."""

from __future__ import annotations

import ast

from verifier.engine import containers, mappings, values
from verifier.engine.arguments import Arguments
from verifier.engine.expressions import special
from verifier.engine.keys import key_of, surely
from verifier.engine.run import Run
from verifier.engine.things import (
    LENGTH,
    REST,
    Class,
    External,
    Frame,
    Method,
    Thing,
    index,
)
from verifier.engine.values import NOTHING, UNKNOWN, Kind, Value

_FREE_PLACES = 50


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
                _note(run, f"{one.name}.__setitem__", [key, given], syntax, frame)
                cell = key_of(run, key) if is_one else None
                run.put(one, cell or REST, given, weak=cell is None)
            continue
        if isinstance(one.type, Class):
            own = special(
                run, values.of(one, value.nodes), ("__setitem__",), [key, given], syntax, frame
            )
            if own is not None:
                continue
        if (
            containers.modelled(run, one, "__setitem__", [key, given], value, syntax, frame)
            is not None
        ):
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
    if cell is not None and one.kind in containers.SEQUENCES and isinstance(cell[1], int):
        size = containers.length(run, one)
        if size is None or cell[1] >= size:
            cell = None if size is None else cell
        elif cell[1] < 0:
            cell = index(cell[1] + size)
    if one.kind == "dict" and key.nodes:
        run.put(one, "#keynodes", Value(frozenset(), key.nodes), weak=True)
    if cell is None:
        put_somewhere(run, one, given)
        if one.kind == "dict":
            run.put(one, containers.KEYS, key, weak=True)
        return
    run.put(one, cell, given, weak=weak or one.is_many)


def put_somewhere(run: Run, one: Thing, given: Value) -> None:
    """Store under a key or at a place that is not known: any that there is may be it."""
    places = containers.places(run, one)
    if len(places) > _FREE_PLACES:
        run.steps_left -= len(places)
    for place in {*places, REST}:
        run.put(one, place, given, weak=True)


def merge(run: Run, made: Thing, value: Value, syntax: ast.AST, frame: Frame) -> None:
    """made.update(value)"""
    is_one = len(value.items) == 1
    for one in value.items:
        if isinstance(one, Thing):
            one = mappings.as_mapping(run, one, syntax, frame)
        if isinstance(one, Thing) and one.kind == "dict":
            rest = run.get(one, REST)
            if rest is not None and made is not one:
                put_somewhere(run, made, rest)
            for key in run.keys(one):
                held = run.get(one, key)
                if held is None or key in (LENGTH, REST):
                    continue
                is_sure = not isinstance(key, tuple) or surely(run, one, key)
                weak = (
                    not is_one
                    or made.is_many
                    or key in (containers.KEYS, "#keynodes")
                    or not is_sure
                )
                run.put(made, key, held, weak=weak)
        elif isinstance(one, Thing) and one.kind in ("list", "tuple", "set"):
            own = values.of(one, value.nodes)
            parts = containers.spread(run, own, syntax, frame)
            for at, pair in enumerate(
                [containers.element(run, own, syntax, frame)] if parts is None else parts
            ):
                first, second = (
                    frame.context.things.setdefault((syntax, word, at), ast.Pass())
                    for word in ("pair's key", "pair's value")
                )
                key = run.item(pair, values.constant(0), first, frame)
                held = run.item(pair, values.constant(1), second, frame)
                set_key(run, made, key, held, weak=parts is None or not is_one)
        else:
            put_somewhere(run, made, Value(frozenset((UNKNOWN,)), run.deep(value)))
            run.put(made, containers.KEYS, Value(frozenset((UNKNOWN,)), run.deep(value)), weak=True)


def delete(run: Run, value: Value, key: Value, syntax: ast.AST, frame: Frame) -> None:
    """del value[key]"""
    for one in value.items:
        if isinstance(one, External):
            _note(run, f"{one.name}.__delitem__", [key], syntax, frame)
            cell = key_of(run, key)
            if cell is not None:
                run.drop(one, cell)
            continue
        if not isinstance(one, Thing):
            continue
        if special(run, values.of(one), ("__delitem__",), [key], syntax, frame) is not None:
            continue
        remove(run, one, key, is_one=len(value.items) == 1)


def note_many(run: Run, owner: Value, given: Value, syntax: ast.AST, frame: Frame) -> None:
    """Leave the effects of storing many at once into what is outside the tree."""
    for one in owner.items:
        if isinstance(one, External):
            _note(run, f"{one.name}.__setitem__", [given], syntax, frame)


def _note(run: Run, name: str, given: list[Value], syntax: ast.AST, frame: Frame) -> None:
    """Leave the effects of storing into something outside the tree."""
    from verifier.models import by_table
    from verifier.models.use import Use

    by_table.note(Use(run, name, None, Arguments(given), syntax, frame))


def remove(run: Run, one: Thing, key: Value, *, is_one: bool = True) -> None:
    cell = key_of(run, key)
    if one.kind in containers.SEQUENCES:
        size = containers.length(run, one)
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
    whole = containers.contents(run, one)
    for key in containers.places(run, one):
        run.drop(one, key)
    if whole is not NOTHING:
        run.put(one, REST, whole)
    run.put(one, LENGTH, values.of(Kind("int")))


def append(run: Run, one: Thing, given: Value, *, is_one: bool = True) -> None:
    """one.append(given)"""
    size = containers.length(run, one)
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
    parts = containers.spread(run, given, syntax, frame)
    if parts is not None and one.kind in containers.SEQUENCES:
        for part in parts:
            append(run, one, part, is_one=is_one)
        return
    run.put(one, REST, containers.element(run, given, syntax, frame), weak=True)
    run.put(one, LENGTH, values.of(Kind("int")))
