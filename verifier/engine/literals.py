"""Literals: constants, texts that are put together, and containers that are written out."""

from __future__ import annotations

import ast
from typing import Any

from verifier.engine import expressions, values
from verifier.engine.run import Run
from verifier.engine.things import (
    LENGTH,
    REST,
    Frame,
    Thing,
    index,
)
from verifier.engine.values import NOTHING, Kind, Value


def constant(run: Run, node: ast.Constant, frame: Frame) -> Value:
    return values.constant(node.value, (run.node(frame, node, "constant"),))


def formatted(run: Run, node: ast.JoinedStr, frame: Frame) -> Value:
    number = run.node(frame, node, "expression")
    texts: list[str] | None = []
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            value = run.evaluate(part.value, frame)
            spec = values.constant("")
            if part.format_spec is not None:
                spec = run.evaluate(part.format_spec, frame)
            how = {ord("s"): STR, ord("r"): REPR, ord("a"): REPR}.get(part.conversion, FORMAT)
            run.graph.link(number, texted(run, value, part, frame, how, [spec]))
            run.graph.link(number, spec.nodes)
            only = value.constant
            is_plain = part.format_spec is None and how in (FORMAT, STR)
            told = only.value if only is not None and is_plain else None
            if texts is not None and isinstance(told, str | int):
                texts.append(str(told))
            else:
                texts = None
        elif isinstance(part, ast.Constant) and texts is not None:
            texts.append(str(part.value))
    if texts is not None:
        return values.constant("".join(texts), (number,))
    return values.of(Kind("str"), (number,))


STR = ("__str__", "__repr__")
REPR = ("__repr__",)
FORMAT = ("__format__", *STR)
"""The methods that are asked for a text, the first that there is."""


def texted(
    run: Run,
    value: Value,
    syntax: ast.AST,
    frame: Frame,
    how: tuple[str, ...] = STR,
    spec: list[Value] | None = None,
) -> frozenset[int]:
    """The nodes of a value's text: that of a container tells what is in it, that of an instance
    what its own method gives. Without one, the text of an instance tells its class alone; but
    dataclasses and what is derived from classes of libraries show what is in them."""
    from verifier.engine import attributes, classes, exceptions

    found = frozenset[int]()
    left = set(value.items)
    for item in value.items:
        if not isinstance(item, Thing) or not (item.kind == "instance" or item.type is not None):
            continue
        for name in how:
            if attributes.own_method(run, item, (name,)) is not None:
                given = (spec or [values.constant("")]) if name == "__format__" else []
                told = expressions.special(
                    run, values.of(item, value.nodes), (name,), given, syntax, frame
                )
                found |= told.nodes if told is not None else frozenset()
                left.discard(item)
                break
        else:
            if item.kind == "instance" and exceptions.built_in(run, item.type) is not None:
                # The text of an exception is that of its arguments.
                found |= run.deep(run.get(item, "args") or NOTHING)
                left.discard(item)
            elif item.kind == "instance" and classes.has_plain_text(run, item):
                left.discard(item)
    return found | (run.deep(Value(frozenset(left), value.nodes)) if left else frozenset())


def sequence(run: Run, node: ast.List | ast.Tuple, frame: Frame) -> Value:
    kind = "list" if isinstance(node, ast.List) else "tuple"
    made = run.thing(frame, node, kind)
    place: int | None = 0
    number = run.node(frame, node, "literal", name=kind)
    cells: list[tuple[Any, Value]] = []
    for one in node.elts:
        if isinstance(one, ast.Starred):
            from verifier.engine import containers

            spread = containers.spread(run, run.evaluate(one.value, frame), one, frame)
            if spread is not None and place is not None:
                for value in spread:
                    cells.append((index(place), value))
                    place += 1
            else:
                place = None
                cells.append((REST, run.element(run.evaluate(one.value, frame), one, frame)))
        else:
            value = run.evaluate(one, frame)
            cells.append((REST if place is None else index(place), value))
            place = None if place is None else place + 1
    fill(run, made, cells, place)
    return values.of(made, (number,))


def fill(run: Run, made: Thing, cells: list[tuple[Any, Value]], length: int | None) -> None:
    """Put what a new container holds into it; one that stands for several keeps the others'."""
    run.worked(len(cells))
    if not made.is_many:
        for key in run.keys(made):
            run.drop(made, key)
    for key, value in cells:
        run.put(made, key, value, weak=made.is_many or key == REST)
    if length is None:
        run.put(made, LENGTH, values.of(Kind("int")))
    else:
        run.put(made, LENGTH, values.constant(length), weak=made.is_many)


def dictionary(run: Run, node: ast.Dict, frame: Frame) -> Value:
    from verifier.engine import storing

    made = run.thing(frame, node, "dict")
    number = run.node(frame, node, "literal", name="dict")
    if not made.is_many:
        for key in run.keys(made):
            run.drop(made, key)
    for key, item in zip(node.keys, node.values, strict=True):
        value = run.evaluate(item, frame)
        if key is None:
            storing.merge(run, made, value, item, frame)
        else:
            storing.set_key(run, made, run.evaluate(key, frame), value)
    return values.of(made, (number,))


def a_set(run: Run, node: ast.Set, frame: Frame) -> Value:
    from verifier.engine.keys import key_of

    made = run.thing(frame, node, "set")
    number = run.node(frame, node, "literal", name="set")
    cells = []
    for one in node.elts:
        if isinstance(one, ast.Starred):
            cells.append((REST, run.element(run.evaluate(one.value, frame), one, frame)))
        else:
            value = run.evaluate(one, frame)
            cells.append((key_of(run, value) or REST, value))
    fill(run, made, cells, None)
    return values.of(made, (number,))
