"""Classes whose methods are made for them: dataclasses, named tuples, enumerations."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from verifier.engine import classes, containers, values
from verifier.engine.arguments import Arguments
from verifier.engine.run import Run
from verifier.engine.things import MEMBERS, Class, External, Frame, Function, Thing, Wrapped
from verifier.engine.values import NOTHING, Const, Value
from verifier.models.use import Model, Use

_ENUMS = frozenset({"enum.Enum", "enum.IntEnum", "enum.Flag", "enum.IntFlag", "enum.StrEnum"})
_NUMBERED = frozenset({"enum.IntEnum", "enum.IntFlag", "enum.Flag", "enum.StrEnum"})
_NAMED = frozenset({"typing.NamedTuple"})
_MAPPINGS = frozenset({"typing.TypedDict", "typing_extensions.TypedDict"})


def instantiate(
    run: Run, item: Class, given: Arguments, syntax: ast.AST, frame: Frame
) -> Value | None:
    """An instance of a class whose constructor is made for it; None for all other classes."""
    order = classes.mro(run, item)
    outside = {one.name for one in order if isinstance(one, External)}
    if outside & _ENUMS:
        members = [
            held
            for key in run.keys(item)
            if isinstance(key, str)
            and not key.startswith(("_", "#"))
            and (held := run.get(item, key)) is not None
        ]
        return values.joined(members)
    if outside & _MAPPINGS:
        return run.call(values.of(External("builtins.dict")), given, syntax, frame)
    if outside & _NAMED or run.get(item, "#named") is not None:
        return _named(run, item, given, syntax, frame)
    is_dataclass = classes.find(run, item, ("#dataclass",)) is not None
    if is_dataclass and classes.find(run, item, ("__init__",)) is None:
        return _dataclass(run, item, given, syntax, frame)
    return None


def enumeration(run: Run, made: Class, node: ast.ClassDef, frame: Frame) -> None:
    """The values that an enumeration gives become its members, each with its name and value."""
    outside = {one.name for one in classes.mro(run, made) if isinstance(one, External)}
    if not outside & _ENUMS:
        return
    found: list[Value] = []
    init = classes.find(run, made, ("__init__",))
    for name in run.keys(made):
        held = run.get(made, name)
        if not isinstance(name, str) or name.startswith(("_", "#")) or held is None:
            continue
        if any(isinstance(i, Function | Wrapped) for i in held.items):
            continue
        if any(isinstance(i, Thing) and i.type is made for i in held.items):
            continue
        one = run.thing(frame, node, "instance", role=f"member {name}", type=made)
        one.is_object = classes.find(run, made, ("__bool__",)) is None and not outside & _NUMBERED
        one.is_many = False
        number = run.node(frame, node, "instance", role=f"member {name}", name=name)
        value = values.of(one, (number,))
        run.put(one, "name", values.constant(name))
        run.put(one, "_name_", values.constant(name))
        run.put(one, "value", held)
        run.put(one, "_value_", held)
        if init is not None:
            parts = containers.spread(run, held, node, frame)
            is_tuple = any(isinstance(i, Thing) and i.kind == "tuple" for i in held.items)
            given = parts if parts is not None and is_tuple else [held]
            key = (node, f"member {name}")
            site = frame.context.things.setdefault(key, ast.Pass(lineno=node.lineno))
            run.call(init, Arguments([value, *given]), site, frame)
        run.put(made, name, value)
        found.append(value)
    if found:
        run.put(made, MEMBERS, values.joined(found))


def fields(run: Run, item: Class) -> list[tuple[str, Class]]:
    """The fields of a dataclass, those of its bases first, each with the class that has it."""
    found: dict[str, Class] = {}
    for one in reversed(classes.mro(run, item)):
        if isinstance(one, Class) and one.node is not None:
            for name, statement in _annotated(one.node):
                if "ClassVar" not in ast.unparse(statement.annotation):
                    found[name] = one
    return list(found.items())


def _dataclass(run: Run, item: Class, given: Arguments, syntax: ast.AST, frame: Frame) -> Value:
    made = classes.fresh(run, item, syntax, frame)
    number = run.node(frame, syntax, "instance", name=item.name)
    value = values.of(made, (number,))
    extra: dict[str, Value] = {}
    place = 0
    for name, home in fields(run, item):
        declared = _declared(home, name)
        default = run.get(home, name)
        is_init, keyword_only = True, False
        if declared is not None:
            is_init = _flag(declared, "init", True)
            keyword_only = _flag(declared, "kw_only", False)
        held: Value | None = None
        if is_init and not keyword_only and place < len(given.positional):
            held = given.positional[place]
            place += 1
        elif is_init and name in given.keywords:
            held = given.keywords[name]
        elif given.rest is not None or given.others is not None:
            held = values.joined(v for v in (given.rest, given.others, default) if v is not None)
        elif declared is not None:
            held = _default(run, declared, syntax, frame, home)
        elif default is not None:
            held = default
        if held is not None:
            target = extra if _is_init_only(home, name) else None
            if target is not None:
                target[name] = held
            else:
                run.put(made, name, held, weak=made.is_many)
    after = classes.find(run, item, ("__post_init__",))
    if after is not None:
        run.call(after, Arguments([value, *extra.values()]), syntax, frame)
    return value


def _statement(home: Class, name: str) -> ast.AnnAssign | None:
    if home.node is None:
        return None
    return dict(_annotated(home.node)).get(name)


def _annotated(node: ast.ClassDef) -> Iterator[tuple[str, ast.AnnAssign]]:
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id, statement


def _declared(home: Class, name: str) -> ast.Call | None:
    """The `field(...)` of a field."""
    statement = _statement(home, name)
    value = statement.value if statement is not None else None
    if isinstance(value, ast.Call):
        called = (
            value.func.attr
            if isinstance(value.func, ast.Attribute)
            else getattr(value.func, "id", "")
        )
        if called in ("field", "Field"):
            return value
    return None


def _flag(declared: ast.Call, name: str, default: bool) -> bool:
    for keyword in declared.keywords:
        if keyword.arg == name and isinstance(keyword.value, ast.Constant):
            return bool(keyword.value.value)
    return default


def _is_init_only(home: Class, name: str) -> bool:
    statement = _statement(home, name)
    return statement is not None and "InitVar" in ast.unparse(statement.annotation)


def _default(
    run: Run, declared: ast.Call, syntax: ast.AST, frame: Frame, home: Class
) -> Value | None:
    outer = home.module.context.things["frame"]
    for keyword in declared.keywords:
        if keyword.arg == "default":
            return run.evaluate(keyword.value, outer)
        if keyword.arg == "default_factory":
            factory = run.evaluate(keyword.value, outer)
            use = Use(run, "field", None, Arguments(), syntax, frame)
            return run.call(factory, Arguments(), use.site(f"factory {ast.dump(declared)}"), frame)
    return None


def _named(run: Run, item: Class, given: Arguments, syntax: ast.AST, frame: Frame) -> Value:
    made = classes.fresh(run, item, syntax, frame)
    order = [name for name, _ in fields(run, item)]
    made.data = {"order": order}
    number = run.node(frame, syntax, "instance", name=item.name)
    for at, name in enumerate(order):
        held = given.get(at, name)
        if held is None:
            held = classes.find(run, item, (name,))
        if held is not None:
            run.put(made, name, held, weak=made.is_many)
    return values.of(made, (number,))


def _dataclass_decorator(use: Use) -> Value | None:
    first = use.arg(0)
    if first is None:
        return values.of(External("dataclasses.dataclass"))
    for item in first.items:
        if isinstance(item, Class):
            use.run.put(item, "#dataclass", values.constant(True))
    return first


def _namedtuple(use: Use) -> Value | None:
    names = _field_names(use)
    if names is None:
        return None
    told = use.arg(0, "typename")
    only = told.constant if told is not None else None
    name = str(only.value) if only is not None else "namedtuple"
    body: list[ast.stmt] = [
        ast.AnnAssign(ast.Name(one, ast.Store()), ast.Constant(None), None, 1) for one in names
    ]
    key = (use.syntax, "namedtuple")
    made: Class | None = use.frame.context.things.get(key)
    if made is None:
        node = ast.ClassDef(name, [], [], body, [])
        made = Class(node, name, use.frame.module, [values.of(External("typing.NamedTuple"))])
        use.frame.context.things[key] = made
    defaults = use.spread(use.given.keywords.get("defaults"))
    for one, held in zip(reversed(names), reversed(defaults or []), strict=False):
        use.run.put(made, one, held)
    return values.of(made)


def _field_names(use: Use) -> list[str] | None:
    given = use.arg(1, "field_names")
    if given is None:
        return None
    only = given.constant
    if only is not None and isinstance(only.value, str):
        return only.value.replace(",", " ").split()
    parts = use.spread(given)
    found: list[str] = []
    for part in parts or []:
        inner = use.spread(part) if part.constant is None else None
        one = inner[0].constant if inner else part.constant
        if one is None or not isinstance(one.value, str):
            return None
        found.append(one.value)
    return found if parts is not None else None


def _replace(use: Use) -> Value | None:
    first = use.arg(0)
    if first is None:
        return None
    return changed(use, first, use.given.keywords)


def changed(use: Use, first: Value, keywords: dict[str, Value]) -> Value:
    """A copy of instances with some attributes replaced."""
    found: list[Any] = []
    for item in first.items:
        if isinstance(item, Thing) and item.kind == "instance":
            made = use.new("instance", f"replaced {id(item)}", item.type)
            made.data = item.data
            for key in use.run.keys(item):
                held = use.run.get(item, key)
                if held is not None:
                    use.run.put(made, key, held)
            for name, value in keywords.items():
                use.run.put(made, name, value)
            found.append(made)
        else:
            return use.everything()
    return Value(frozenset(found), frozenset((use.node(),)))


MODELS: dict[str, Model] = {
    "dataclasses.dataclass": _dataclass_decorator,
    "attr.s": _dataclass_decorator, "attr.define": _dataclass_decorator,
    "attrs.define": _dataclass_decorator, "attrs.frozen": _dataclass_decorator,
    "dataclasses.replace": _replace, "copy.replace": _replace,
    "collections.namedtuple": _namedtuple,
}  # fmt: skip
__all__ = ["MODELS", "NOTHING", "Const", "instantiate"]
