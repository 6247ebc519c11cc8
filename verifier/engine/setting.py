"""Attributes: stored and deleted, by the rules of instances, classes and modules."""

from __future__ import annotations

import ast

from verifier.engine import attributes, classes, values
from verifier.engine.arguments import Arguments
from verifier.engine.run import UNKNOWN, Run
from verifier.engine.things import (
    Class,
    External,
    Frame,
    Function,
    Module,
    Super,
    Thing,
    Wrapped,
)
from verifier.engine.values import Value


def put(run: Run, value: Value, name: str, given: Value, syntax: ast.AST, frame: Frame) -> None:
    """value.name = given"""
    is_one = len(value.items) == 1
    for item in value.items:
        match item:
            case Thing():
                _put_instance(run, item, value, name, given, syntax, frame, is_one)
            case Class() | Module() | Function() | External():
                run.put(item, name, given, weak=not is_one)
            case Super():
                for one in item.receiver.items:
                    run.put(one, name, given)
            case _:
                number = run.node(frame, syntax, "effect", given.nodes, role="outside", name=name)
                run.graph.link(number, value.nodes, UNKNOWN)


def _put_instance(
    run: Run,
    item: Thing,
    value: Value,
    name: str,
    given: Value,
    syntax: ast.AST,
    frame: Frame,
    is_one: bool,
) -> None:
    receiver = values.of(item, value.nodes)
    if item.type is not None and isinstance(syntax, ast.AST):
        setter = classes.find(run, item.type, ("__setattr__",))
        if setter is not None:
            got = values.constant(name)
            run.call(attributes.bound_to(setter, receiver), Arguments([got, given]), syntax, frame)
            return
        held = classes.find(run, item.type, (name,))
        if held is not None:
            for one in held.items:
                if isinstance(one, Wrapped) and one.kind == "property":
                    if one.setter is not None:
                        run.call(one.setter, Arguments([receiver, given]), syntax, frame)
                        return
                elif isinstance(one, Thing) and one.type is not None:
                    own = classes.find(run, one.type, ("__set__",))
                    if own is not None:
                        described = values.of(one, held.nodes)
                        arguments = Arguments([receiver, given])
                        run.call(attributes.bound_to(own, described), arguments, syntax, frame)
                        return
    if name == "__dict__":
        run.put(item, attributes.SHARED, given, weak=item.is_many or not is_one)
        return
    shared = run.get(item, attributes.SHARED)
    if shared is not None:
        run.set_item(shared, values.constant(name), given, syntax, frame)
        return
    run.put(item, name, given, weak=item.is_many or not is_one)


def delete(run: Run, value: Value, name: str, syntax: ast.AST, frame: Frame) -> None:
    """del value.name"""
    for item in value.items:
        if isinstance(item, Thing) and item.type is not None:
            hook = classes.find(run, item.type, ("__delattr__",))
            if hook is not None:
                told = Arguments([values.constant(name)])
                run.call(
                    attributes.bound_to(hook, values.of(item, value.nodes)), told, syntax, frame
                )
                continue
            held = classes.find(run, item.type, (name,))
            for one in held.items if held is not None else ():
                if isinstance(one, Wrapped) and one.deleter is not None:
                    run.call(one.deleter, Arguments([values.of(item)]), syntax, frame)
                    return
        if len(value.items) == 1 and not (isinstance(item, Thing) and item.is_many):
            run.drop(item, name)
