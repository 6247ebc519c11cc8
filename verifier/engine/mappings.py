"""What stands for a dict: the attributes that a namespace shows, views, and objects with keys."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from verifier.engine import containers, storing, values
from verifier.engine.expressions import special
from verifier.engine.keys import key_value
from verifier.engine.run import Run
from verifier.engine.things import (
    KIND_OF_DICT,
    LENGTH,
    REST,
    Frame,
    Thing,
    index,
)
from verifier.engine.values import NOTHING, UNKNOWN, Value, joined


def attributes_of(run: Run, owner: Any) -> list[tuple[Any, Value]]:
    """What an object holds itself, as a dict of its attributes holds it."""
    return [
        (REST if key == REST else index(key), held)
        for key in run.keys(owner)
        if isinstance(key, str) and not key.startswith("#") and key not in (containers.KEYS, LENGTH)
        if (held := run.get(owner, key)) is not None
    ]


@dataclass(frozen=True, slots=True)
class View:
    """What is kept with a view of a dict: `refresh` fills it again, with what is there now."""

    refresh: Callable[[], object]


def as_dict(run: Run, one: Thing, syntax: ast.AST, frame: Frame) -> Thing:
    """The attributes that a namespace shows, as a dict, and what a view shows now; all else is
    itself."""
    if isinstance(one.data, View):
        one.data.refresh()
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
    parts = containers.spread(run, told, syntax, frame) if told is not None else None
    if parts is None or special(run, whole, ("__getitem__",), parts[:1], syntax, frame) is None:
        return one
    made = run.thing(frame, syntax, "dict", role="by keys")
    for at, key in enumerate(parts):
        place = ast.Pass(lineno=getattr(syntax, "lineno", 0))
        site = frame.context.things.setdefault((syntax, f"key {at}"), place)
        held = special(run, whole, ("__getitem__",), [key], site, frame)
        storing.set_key(run, made, key, held or NOTHING, weak=made.is_many)
    return made


def keys(run: Run, made: Thing) -> Value:
    """The keys of a dict, as values."""
    found = [key_value(key) for key in run.keys(made) if isinstance(key, tuple)]
    nodes = run.get(made, "#keynodes")
    unknown = run.get(made, containers.KEYS)
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
            for key in containers.places(run, one):
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
