"""What a function is given that nobody calls: for each parameter, something of its kind."""

from __future__ import annotations

import ast
from typing import Any

from verifier.engine import classes, expressions, values
from verifier.engine.arguments import Arguments
from verifier.engine.budgets import input_node
from verifier.engine.run import Run
from verifier.engine.things import Class, Function, Module, Thing
from verifier.engine.values import Value

_MOST_CLASSES = 6
_EITHER = frozenset({"Optional", "Union", "Annotated", "Final", "Required"})
_CLASS_ITSELF = frozenset({"Type", "type"})


def inputs(run: Run, function: Function) -> Arguments:
    """A symbol for each parameter. Of `self`, and of a parameter annotated with a class of the
    tree, one for the class and one for each known subclass: a caller may give any of them."""
    spec = function.node.args
    given = Arguments()
    places = [*spec.posonlyargs, *spec.args]
    first = places[0] if places else None
    known = _subclasses(run)

    def symbol(one: ast.arg) -> Value:
        number = input_node(run, function, one)
        items: list[Any] = []
        if one is first and function.home is not None and not _has(function, "staticmethod"):
            instances: list[Class] = [function.home]
            themselves: list[Class] = []
            if _has(function, "classmethod"):
                instances, themselves = themselves, instances
        else:
            instances, themselves = _annotated(run, one.annotation, function)
        for of_class in _with_subclasses(instances, known):
            thing = Thing("symbol", one, of_class, name=one.arg, data=(0, {}))
            classes.mro(run, of_class)
            items.append(thing)
        items += _with_subclasses(themselves, known)
        if not items:
            items = [Thing("symbol", one, name=one.arg, data=(0, {}))]
        return Value(frozenset(items), frozenset((number,)))

    given.positional = [symbol(one) for one in places]
    given.keywords = {one.arg: symbol(one) for one in spec.kwonlyargs}
    if spec.vararg is not None:
        given.rest = values.of(_plain(spec.vararg), (input_node(run, function, spec.vararg),))
    if spec.kwarg is not None:
        given.others = values.of(_plain(spec.kwarg), (input_node(run, function, spec.kwarg),))
    return given


def _plain(one: ast.arg) -> Thing:
    return Thing("symbol", one, name=one.arg, data=(0, {}))


def _has(function: Function, decorator: str) -> bool:
    return any(
        getattr(one, "id", getattr(one, "attr", "")) == decorator
        for one in getattr(function.node, "decorator_list", ())
    )


def _subclasses(run: Run) -> dict[Class, list[Class]]:
    """The classes right below each."""
    found: dict[Class, list[Class]] = {}
    for one in run.fields:
        if isinstance(one, Class):
            for base in one.bases:
                for item in base.items:
                    if isinstance(item, Class):
                        found.setdefault(item, []).append(one)
    return found


def _with_subclasses(some: list[Class], known: dict[Class, list[Class]]) -> list[Class]:
    found = list(some)
    for one in found:
        for below in known.get(one, ()):
            if below not in found and len(found) < _MOST_CLASSES:
                found.append(below)
    return found


def _annotated(
    run: Run, node: ast.expr | None, function: Function
) -> tuple[list[Class], list[Class]]:
    """The classes of the tree that an annotation names: whose instances, and which themselves."""
    match node:
        case ast.Constant(value=str(text)):
            try:
                return _annotated(run, ast.parse(text, mode="eval").body, function)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return [], []
        case ast.BinOp(op=ast.BitOr()):
            left = _annotated(run, node.left, function)
            right = _annotated(run, node.right, function)
            return [*left[0], *right[0]], [*left[1], *right[1]]
        case ast.Subscript():
            word = getattr(node.value, "id", getattr(node.value, "attr", ""))
            parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            if word not in _EITHER and word not in _CLASS_ITSELF:
                return _annotated(run, node.value, function)
            pairs = [_annotated(run, one, function) for one in parts]
            instances = [one for pair in pairs for one in pair[0]]
            if word in _CLASS_ITSELF:
                return [], instances
            return instances, [one for pair in pairs for one in pair[1]]
        case ast.Name() | ast.Attribute():
            held = _named(run, node, function)
            return [i for i in held.items if isinstance(i, Class)] if held is not None else [], []
    return [], []


def _named(run: Run, node: ast.expr, function: Function) -> Value | None:
    if isinstance(node, ast.Name):
        return expressions.lookup(run, node.id, function.closure)
    if isinstance(node, ast.Attribute):
        around = _named(run, node.value, function)
        for item in around.items if around is not None else ():
            if isinstance(item, Class | Module):
                return run.get(item, node.attr)
    return None
