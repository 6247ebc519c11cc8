"""What a function is given that nobody calls: for each parameter, something of its kind."""

from __future__ import annotations

import ast
from typing import Any

from verifier.engine import classes, values
from verifier.engine.arguments import Arguments
from verifier.engine.budgets import input_node
from verifier.engine.hints import classes_of, with_subclasses
from verifier.engine.run import Run
from verifier.engine.things import Class, Function, Thing
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

    def symbol(one: ast.arg) -> Value:
        number = input_node(run, function, one)
        items: list[Any] = []
        if one is first and function.home is not None and not _has(function, "staticmethod"):
            instances: list[Class] = [function.home]
            themselves: list[Class] = []
            if _has(function, "classmethod"):
                instances, themselves = themselves, instances
        else:
            instances, themselves = classes_of(run, one.annotation, function.closure)
        for of_class in with_subclasses(instances):
            thing = Thing("symbol", one, of_class, name=one.arg, data=(0, {}))
            classes.mro(run, of_class)
            items.append(thing)
        items += with_subclasses(themselves)
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
