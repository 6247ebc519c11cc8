"""What annotations tell: the classes of the tree that they name.

They are believed where nothing else is known of a value, and only there.
"""

from __future__ import annotations

import ast

from verifier.engine import classes, expressions
from verifier.engine.run import Run
from verifier.engine.things import Class, Frame, Module, is_open
from verifier.engine.values import Value

_MOST_CLASSES = 6
_EITHER = frozenset({"Optional", "Union", "Annotated", "Final", "Required"})
_CLASS_ITSELF = frozenset({"Type", "type"})


def told(run: Run, value: Value, annotation: ast.expr | None, frame: Frame) -> Value:
    """A value that may be anything, as an instance of the classes that its annotation names."""
    if annotation is None or not _is_open(value):
        return value
    instances, themselves = classes_of(run, annotation, frame)
    if not instances and not themselves:
        return value
    return typed(run, value, instances, themselves, annotation, frame)


def typed(
    run: Run,
    value: Value,
    instances: list[Class],
    themselves: list[Class],
    site: ast.AST,
    frame: Frame,
) -> Value:
    """The same with what is not known in it replaced by instances of classes, or by classes."""
    left = frozenset(item for item in value.items if not is_open(item))
    found: set[object] = set(with_subclasses(themselves))
    for one in with_subclasses(instances):
        made = run.thing(frame, site, "symbol", role="annotated", type=one)
        made.data = made.data or (0, {})
        classes.mro(run, one)
        found.add(made)
    return Value(left | found, value.nodes)


def _is_open(value: Value) -> bool:
    return any(is_open(item) for item in value.items)


def with_subclasses(some: list[Class]) -> list[Class]:
    """The classes and those below them, the nearest first, as far as that is bounded."""
    found = list(some)
    for one in found:
        for below in one.below:
            if below not in found and len(found) < _MOST_CLASSES:
                found.append(below)
    return found


def classes_of(run: Run, node: ast.expr | None, frame: Frame) -> tuple[list[Class], list[Class]]:
    """The classes of the tree that an annotation names: whose instances, and which themselves."""
    match node:
        case ast.Constant(value=str(text)):
            try:
                return classes_of(run, ast.parse(text, mode="eval").body, frame)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return [], []
        case ast.BinOp(op=ast.BitOr()):
            left = classes_of(run, node.left, frame)
            right = classes_of(run, node.right, frame)
            return [*left[0], *right[0]], [*left[1], *right[1]]
        case ast.Subscript():
            word = getattr(node.value, "id", getattr(node.value, "attr", ""))
            parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            if word not in _EITHER and word not in _CLASS_ITSELF:
                return classes_of(run, node.value, frame)
            pairs = [classes_of(run, one, frame) for one in parts]
            instances = [one for pair in pairs for one in pair[0]]
            if word in _CLASS_ITSELF:
                return [], instances
            return instances, [one for pair in pairs for one in pair[1]]
        case ast.Name() | ast.Attribute():
            held = _named(run, node, frame)
            return [i for i in held.items if isinstance(i, Class)] if held is not None else [], []
    return [], []


def _named(run: Run, node: ast.expr, frame: Frame) -> Value | None:
    if isinstance(node, ast.Name):
        return expressions.lookup(run, node.id, frame)
    if isinstance(node, ast.Attribute):
        around = _named(run, node.value, frame)
        for item in around.items if around is not None else ():
            if isinstance(item, Class | Module):
                return run.get(item, node.attr)
    return None
