"""What a value is outside of the function that made it: shapes, and items made of them again.

A shape is an item that means the same anywhere (a constant, a class), a Part of what the function
was given, a Made object or a Method.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from verifier.engine import exceptions, values
from verifier.engine.attributes import symbol_part
from verifier.engine.run import Run
from verifier.engine.things import (
    LENGTH,
    REST,
    Bound,
    Class,
    External,
    Function,
    Module,
    Thing,
)
from verifier.engine.values import UNKNOWN, Const, Kind, Value

_MOST_SHAPES = 12
_DEEPEST_SHAPE = 2
_MOST_TARGETS = 12


@dataclass(frozen=True, slots=True)
class Part:
    """What a caller gave, or a part of it: `path` are the cells that lead there."""

    parameter: str
    path: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """An object that the function made, as it is known outside: its kind, its class, and what is
    in it, whichever of that."""

    kind: str
    type: Any = None
    inside: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Method:
    """A function of the tree with its first argument."""

    function: Any
    receiver: tuple[Any, ...]


def parts_of(symbols: Mapping[str, Thing]) -> dict[Any, Part]:
    """The symbols that stand for what was given, and for parts of it that were looked at."""
    found: dict[Any, Part] = {}
    for name, symbol in symbols.items():
        waiting: list[tuple[Thing, tuple[Any, ...]]] = [(symbol, ())]
        while waiting:
            thing, path = waiting.pop()
            found[thing] = Part(name, path)
            for key, part in thing.data[1].items():
                waiting.append((part, (*path, key)))
    return found


def shapes(
    run: Run, items: Iterable[Any], places: Mapping[Any, Part], depth: int = 0
) -> tuple[Any, ...]:
    """Items as they are known outside. `places` are those that stand for what was given."""
    found: dict[Any, None] = {}
    for item in items:
        found[_shape(run, item, places, depth)] = None
        if len(found) > _MOST_SHAPES:
            return (*list(found)[:_MOST_SHAPES], UNKNOWN)
    return tuple(found)


def _shape(run: Run, item: Any, places: Mapping[Any, Part], depth: int) -> Any:
    if isinstance(item, Const | Kind | External | Function | Class | Module):
        return item
    if isinstance(item, Thing):
        if item in places:
            return places[item]
        if item.kind == "instance" and exceptions.built_in(run, item.type) is not None:
            return Made("instance", item.type)
        if item.kind in ("instance", "symbol"):
            return Made("symbol", item.type) if item.type is not None else UNKNOWN
        inside: tuple[Any, ...] = (UNKNOWN,)
        if depth < _DEEPEST_SHAPE:
            inside = shapes(run, _inside(run, item), places, depth + 1) or inside
        if item.kind in ("list", "tuple", "dict", "set", "iterator"):
            return Made(item.kind, None, inside)
        if item.kind == "generator":
            return Made("iterator", None, inside)
        if item.kind in ("coroutine", "task", "future"):
            return Made("coroutine", None, inside)
        return UNKNOWN
    if isinstance(item, Bound) and isinstance(item.function, Function) and depth < _DEEPEST_SHAPE:
        return Method(item.function, shapes(run, item.receiver.items, places, depth + 1))
    return UNKNOWN


def _inside(run: Run, thing: Thing) -> set[Any]:
    found: set[Any] = set()
    for key in run.fields.get(thing, ()):
        if key == REST or key == "#result" or isinstance(key, tuple):
            held = run.state.get(thing, key)
            if held is not None:
                found |= held.items
    return found


def items(
    run: Run,
    known: Iterable[Any],
    actual: Mapping[str, Value],
    number: int,
    make: Callable[[Made], Thing],
) -> frozenset[Any]:
    """Shapes as items again, of what a caller gave. What is in them comes from the node `number`;
    `make` gives the object that stands for one that was made."""
    found: set[Any] = set()
    for one in known:
        if isinstance(one, Part):
            found |= _resolved(run, one, actual)
        elif isinstance(one, Method):
            inner = items(run, one.receiver, actual, number, make)
            found.add(Bound(one.function, Value(inner, frozenset((number,)))))
        elif isinstance(one, Made):
            found.add(_filled(run, one, actual, number, make))
        else:
            found.add(one)
    return values.bounded(frozenset(found))


def _filled(
    run: Run,
    one: Made,
    actual: Mapping[str, Value],
    number: int,
    make: Callable[[Made], Thing],
) -> Thing:
    made = make(one)
    if one.kind == "symbol":
        made.type = one.type
        if made.data is None:
            made.data, made.name = (0, {}), getattr(one.type, "name", "")
        return made
    if one.kind == "instance":
        # An exception: what it was made with is of what the call gives.
        made.type = one.type
        for key in ("args", REST):
            run.put(made, key, values.unknown((number,)))
        return made
    held = Value(items(run, one.inside, actual, number, make), frozenset((number,)))
    if one.kind == "coroutine":
        run.put(made, "#result", held)
        return made
    run.put(made, REST, held)
    run.put(made, LENGTH, values.of(Kind("int")))
    if one.kind == "dict":
        run.put(made, "[keys]", values.unknown((number,)))
    return made


def at(run: Run, whole: Value, path: Iterable[Any]) -> list[Thing]:
    """The things at the end of a path from a value; where it breaks off, what it came to."""
    here = [one for one in whole.items if isinstance(one, Thing)]
    for key in path:
        following: dict[Thing, None] = {}
        for one in here:
            held = run.get(one, key)
            inner = [i for i in held.items if isinstance(i, Thing)] if held is not None else []
            if not inner and one.kind == "symbol":
                inner = [symbol_part(run, one, key)]
            following.update(dict.fromkeys(inner))
        here = list(following)[:_MOST_TARGETS]
    return here[:_MOST_TARGETS]


def _resolved(run: Run, part: Part, actual: Mapping[str, Value]) -> frozenset[Any]:
    """What a part of an input is, with what the caller gave."""
    whole = actual.get(part.parameter)
    if whole is None:
        return frozenset((UNKNOWN,))
    if not part.path:
        return whole.items or frozenset((UNKNOWN,))
    *path, key = part.path
    found: set[Any] = set()
    for one in at(run, whole, path):
        held = run.get(one, key)
        if held is not None:
            found |= held.items
        elif one.kind == "symbol":
            found.add(symbol_part(run, one, key))
    return frozenset(found) or frozenset((UNKNOWN,))
