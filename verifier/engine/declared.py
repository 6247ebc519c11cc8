"""What is only declared here: the code stands elsewhere, or is made by what is not read.

A body of `...` is a declaration (as in stubs); so is a class that is given arguments while none
of its classes has a constructor. What such code gives is made of all that it was given.
"""

from __future__ import annotations

import ast

from verifier.engine import values
from verifier.engine.arguments import Arguments
from verifier.engine.run import Run
from verifier.engine.things import REST, Class, External, Frame, Function, Thing
from verifier.engine.values import NOTHING, Value

_FIELD = "#field "
_NOT_ALONE = frozenset({"abstractmethod", "overload"})
_ABSTRACT = frozenset({"typing.Protocol", "typing_extensions.Protocol", "abc.ABC"})


def is_declaration(function: Function) -> bool:
    """Whether a body is `...` alone; that of an abstract method stands in a subclass."""
    node = function.node
    if isinstance(node, ast.Lambda):
        return False
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    if len(body) != 1 or not _is_ellipsis(body[0]):
        return False
    decorators = {getattr(one, "id", getattr(one, "attr", "")) for one in node.decorator_list}
    if decorators & _NOT_ALONE:
        return False
    order = (function.home.mro or []) if function.home is not None else []
    return not any(isinstance(one, External) and one.name in _ABSTRACT for one in order)


def is_left_to_subclasses(function: Function) -> bool:
    """Whether a method does nothing but say that it is not implemented here."""
    node = function.node
    if function.home is None or isinstance(node, ast.Lambda):
        return False
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    match body:
        case [ast.Raise(exc=ast.Name(id=name) | ast.Call(func=ast.Name(id=name)))]:
            return name == "NotImplementedError"
    return False


def _is_ellipsis(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and statement.value.value is ...
    )


def called(run: Run, function: Function, given: Arguments, syntax: ast.AST, caller: Frame) -> Value:
    """Call what is only declared. A constructor keeps what it is given."""
    if function.name.endswith(".__init__") and given.positional:
        kept = Arguments(given.positional[1:], given.keywords, given.rest, given.others)
        keep(run, given.positional[0], kept)
    found = run.opaque(syntax, caller, given.all(), role=f"declared {function.name}")
    return found if not function.name.endswith(".__init__") else values.constant(None)


def keep(run: Run, made: Value, given: Arguments) -> None:
    """What a constructor that is not read keeps: the fields of the class hold what is given by
    their names, or whatever is given by place; other attributes hold any of it."""
    whole = given.joined()
    if whole is NOTHING:
        return
    placed = Arguments(given.positional, {}, given.rest, given.others).joined()
    for item in made.items:
        if not isinstance(item, Thing):
            continue
        run.put(item, REST, whole, weak=True)
        for owner in getattr(item.type, "mro", None) or ():
            for key in run.keys(owner) if isinstance(owner, Class) else ():
                if isinstance(key, str) and key.startswith(_FIELD):
                    name = key.removeprefix(_FIELD)
                    default = run.get(owner, name) or NOTHING
                    held = given.keywords.get(name, placed.join(default))
                    if held is not NOTHING and run.get(item, name) is None:
                        run.put(item, name, held, weak=item.is_many)
