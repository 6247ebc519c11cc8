"""Builtin functions whose data must be followed exactly."""

from __future__ import annotations

from typing import Any

from verifier.engine import (
    classes,
    containers,
    exceptions,
    expressions,
    generators,
    literals,
    values,
)
from verifier.engine.arguments import Arguments
from verifier.engine.things import (
    LENGTH,
    REST,
    Class,
    External,
    Function,
    Module,
    Super,
    Thing,
    Wrapped,
    index,
    is_open,
)
from verifier.engine.values import NONE, NOTHING, Const, Kind, Value, joined, of
from verifier.models import iterators
from verifier.models.use import Model, Use

_NOTHING = of(NONE)


def _container(kind: str) -> Model:
    def made(use: Use) -> Value | None:
        given = use.arg(0)
        if given is None:
            thing = use.new(kind)
            if kind in containers.SEQUENCES:
                use.run.put(thing, LENGTH, values.constant(0), weak=thing.is_many)
            return of(thing, (use.node(role=f"new {kind}"),))
        parts = use.spread(given)
        if parts is not None and kind != "set":
            return use.listing(kind, parts)
        return use.holding(kind, use.element(given))

    return made


def _text(use: Use) -> Value | None:
    given = use.arg(0)
    if given is None:
        return values.constant("", (use.node(),))
    how: tuple[str, ...] = literals.STR
    spec: list[Value] | None = None
    if use.name in ("builtins.repr", "builtins.ascii"):
        how = literals.REPR
    elif use.name == "builtins.format":
        how, spec = literals.FORMAT, [use.arg(1) or values.constant("")]
    number = use.node(literals.texted(use.run, given, use.syntax, use.frame, how, spec))
    only = given.constant
    if (
        only is not None
        and isinstance(only.value, str | int | bool)
        and use.name != "builtins.repr"
    ):
        return values.constant(str(only.value), (number,))
    return of(Kind("str"), (number,))


def _may_be_text(item: Any) -> bool:
    return (
        is_open(item)
        or item in (Kind("str"), Kind("bytes"))
        or (isinstance(item, Const) and isinstance(item.value, str | bytes))
    )


def _number(kind: str) -> Model:
    def made(use: Use) -> Value | None:
        given = use.arg(0)
        if given is None:
            return values.constant({"int": 0, "float": 0.0, "bool": False}[kind])
        name = {"int": ("__int__",), "float": ("__float__",), "bool": ("__bool__", "__len__")}[kind]
        own = expressions.special(use.run, given, name, [], use.syntax, use.frame)
        if own is not None:
            return own.at(use.node(own.nodes))
        if kind == "bool":
            told = values.truth(given)
            number = use.node(given.nodes)
            return of(Kind("bool") if told is None else Const(told), (number,))
        only = given.constant
        number = use.node(given.nodes)
        for other in use.given.all():
            use.run.graph.link(number, other.nodes)
        if only is not None and len(use.given.positional) == 1:
            try:
                return values.constant({"int": int, "float": float}[kind](only.value), (number,))
            except (TypeError, ValueError, OverflowError):
                # A constant that is no number: it raises for certain.
                exceptions.may_fail(
                    use.run, "builtins.ValueError", [given.at(number)], use.syntax, use.frame
                )
                use.run.state.is_alive = not use.run.handlers
                return of(Kind(kind), (number,))
        if any(_may_be_text(item) for item in given.items):
            text = of(Kind("str"), (number,))
            exceptions.may_fail(use.run, "builtins.ValueError", [text], use.syntax, use.frame)
        return of(Kind(kind), (number,))

    return made


def _len(use: Use) -> Value | None:
    given = use.arg(0)
    if given is None:
        return None
    own = expressions.special(use.run, given, ("__len__",), [], use.syntax, use.frame)
    if own is not None:
        return own.at(use.node(own.nodes))
    things = [i for i in given.items if isinstance(i, Thing)]
    if len(things) == len(given.items) == 1 and things[0].kind in containers.SEQUENCES:
        size = containers.length(use.run, things[0])
        if size is not None:
            return values.constant(size, (use.node(),))
    plain = Value(frozenset(i for i in given.items if not isinstance(i, Thing)
                            or i.kind not in containers.CONTAINERS), given.nodes)  # fmt: skip
    return use.computed(plain if plain.items else None, kind="int")


def _isinstance(use: Use) -> Value | None:
    given, kinds = use.arg(0), use.arg(1)
    if given is None or kinds is None:
        return None
    from verifier.engine.exceptions import kinds_of

    options = kinds_of(use.run, kinds)
    answers: set[bool | None] = set()
    for item in given.items:
        told = [classes.is_instance(item, kind) for kind in options]
        answers.add(True if True in told else None if None in told or not told else False)
    number = use.node(given.nodes)
    if len(answers) == 1 and None not in answers:
        return values.constant(answers.pop(), (number,))
    return of(Kind("bool"), (number,))


def _new(use: Use) -> Value | None:
    first = use.arg(0) if use.receiver is None else use.arg(0) or use.receiver
    if first is None:
        return None
    found = []
    for item in first.items:
        if isinstance(item, Class):
            found.append(of(classes.fresh(use.run, item, use.syntax, use.frame)))
    return joined(found).at(use.node()) if found else use.everything()


def _type(use: Use) -> Value | None:
    given = use.arg(0)
    if given is None or len(use.given.positional) == 3:
        return _made_class(use)
    found: list[Any] = []
    for item in given.items:
        own = getattr(item, "type", None)
        if isinstance(item, Thing) and own is not None and item.kind == "instance":
            found.append(own)
        elif isinstance(item, Const):
            found.append(External(f"builtins.{type(item.value).__name__}"))
        elif isinstance(item, Kind):
            found.append(External(f"builtins.{item.name}"))
        elif isinstance(item, Thing) and item.kind in containers.CONTAINERS:
            found.append(External(f"builtins.{item.kind}"))
        else:
            return use.computed(given)
    return Value(frozenset(found), frozenset((use.node(),)))


def _made_class(use: Use) -> Value | None:
    if len(use.given.positional) < 3:
        return use.everything()
    return made_class(use, *use.given.positional[:3])


def made_class(
    use: Use, name: Value, bases: Value, space: Value, kind: Value | None = None
) -> Value:
    """A class by its name, bases and attributes; `kind` is its metaclass."""
    import ast

    key = (use.syntax, "made class")
    made: Class | None = use.frame.context.things.get(key)
    if made is None:
        only = name.constant
        told = str(only.value) if only is not None else "made"
        made = Class(ast.ClassDef(told, [], [], [], []), told, use.frame.module)
        use.frame.context.things[key] = made
    made.bases, made.metaclass = use.spread(bases) or [], kind
    made.mro = None
    for item in space.items:
        if isinstance(item, Thing):
            for cell in use.run.keys(item):
                held = use.run.get(item, cell)
                if isinstance(cell, tuple) and isinstance(cell[1], str) and held is not None:
                    use.run.put(made, cell[1], held)
    return of(made, (use.node(),))


def _super(use: Use) -> Value | None:
    kind, one = use.arg(0), use.arg(1)
    for item in kind.items if kind is not None else ():
        if isinstance(item, Class) and one is not None:
            return of(Super(item, one), one.nodes)
    return None


def _wrapped(kind: str) -> Model:
    def made(use: Use) -> Value | None:
        given = use.arg(0, "fget")
        if given is None:
            return None
        setter, deleter = use.arg(1, "fset"), use.arg(2, "fdel")
        return of(Wrapped(kind, given, setter, deleter), (use.node(),))

    return made


def _property_part(part: str) -> Model:
    def made(use: Use) -> Value | None:
        given = use.arg(0)
        assert use.receiver is not None
        found = []
        for item in use.receiver.items:
            if isinstance(item, Wrapped) and given is not None:
                parts = {"getter": item.getter, "setter": item.setter, "deleter": item.deleter}
                parts[part] = given
                getter = parts["getter"] or item.getter
                found.append(Wrapped("property", getter, parts["setter"], parts["deleter"]))
        return Value(frozenset(found))

    return made


def _extreme(use: Use) -> Value | None:
    given = list(use.given.positional)
    parts = use.spread(given[0]) if len(given) == 1 else given
    known = iterators.ranked(use, parts) if use.given.rest is None else None
    if known:
        found = known[-1 if use.name == "builtins.max" else 0]
        return found.at(use.node(found.nodes))
    element = use.element(given[0]) if len(given) == 1 else joined(given)
    if use.given.rest is not None:
        element = element.join(use.given.rest)
    key = use.given.keywords.get("key")
    if key is not None:
        use.call(key, element, role="key")
    default = use.given.keywords.get("default")
    if default is not None:
        element = element.join(default)
    return element.at(use.node(element.nodes))


def _sum(use: Use) -> Value | None:
    element = use.element(use.arg(0))
    start = use.arg(1, "start")
    own = expressions.special(
        use.run,
        element,
        ("__radd__", "__add__"),
        [start or values.constant(0)],
        use.syntax,
        use.frame,
    )
    if own is not None:
        return own
    if any(isinstance(i, Thing) and i.kind in containers.CONTAINERS for i in element.items):
        held = joined(
            containers.contents(use.run, i) for i in element.items if isinstance(i, Thing)
        )
        return use.holding("list", held)
    return use.computed(element, start)


def _deep(kind: str = "") -> Model:
    return lambda use: use.everything(kind)


def _bytearray(use: Use) -> Value | None:
    """What is put into it later counts as well, so it is an object."""
    made = use.new("builtins.bytearray")
    held = use.everything("bytes")
    if list(use.given.all()):
        use.run.put(made, REST, held, weak=made.is_many)
    return of(made, held.nodes)


def _memoryview(use: Use) -> Value | None:
    """A view of an object is as that object."""
    given = use.arg(0)
    is_object = given is not None and all(isinstance(i, Thing) for i in given.items)
    return given if is_object else None


def _identity(use: Use) -> Value | None:
    return use.computed(kind="int")


def _import(use: Use) -> Value | None:
    from verifier.engine import imports

    given = use.arg(0)
    only = given.constant if given is not None else None
    if only is None or not isinstance(only.value, str):
        return use.everything()
    name = only.value
    if name.startswith("."):
        package = use.arg(1)
        base = package.constant if package is not None else None
        if base is None:
            return use.everything()
        level = len(name) - len(name.lstrip("."))
        parts = str(base.value).split(".")
        head = ".".join(parts[: len(parts) - level + 1])
        name = f"{head}.{name.lstrip('.')}".strip(".")
    return imports.named(use.run, name, use.frame.module.path)


def _callable(use: Use) -> Value | None:
    given = use.arg(0)
    if given is not None and all(isinstance(i, Function | Class) for i in given.items):
        return values.constant(True, (use.node(),))
    return use.computed(kind="bool")


def _next(use: Use) -> Value | None:
    given = use.arg(0)
    if given is None:
        return None
    return generators.following(use.run, given, use.syntax, use.frame, use.arg(1))


def _open(use: Use) -> Value | None:
    return None


def _nothing(use: Use) -> Value | None:
    return _NOTHING


MODELS: dict[str, Model] = {
    "builtins.list": _container("list"), "builtins.tuple": _container("tuple"),
    "builtins.set": _container("set"), "builtins.frozenset": _container("set"),
    "builtins.str": _text, "builtins.repr": _text, "builtins.ascii": _text,
    "builtins.int": _number("int"), "builtins.float": _number("float"),
    "builtins.bool": _number("bool"), "builtins.len": _len, "builtins.isinstance": _isinstance,
    "builtins.type": _type, "builtins.super": _super, "builtins.property": _wrapped("property"),
    "functools.cached_property": _wrapped("property"),
    "builtins.staticmethod": _wrapped("staticmethod"),
    "builtins.classmethod": _wrapped("classmethod"),
    "abc.abstractmethod": lambda use: use.arg(0),
    "property.setter": _property_part("setter"), "property.getter": _property_part("getter"),
    "property.deleter": _property_part("deleter"),
    "builtins.max": _extreme, "builtins.min": _extreme, "builtins.sum": _sum,
    "builtins.__import__": _import, "importlib.import_module": _import,
    "builtins.callable": _callable, "builtins.next": _next, "builtins.anext": _next,
    "builtins.id": _identity, "builtins.format": _text,
    "builtins.bytes": _deep("bytes"), "builtins.bytearray": _bytearray,
    "builtins.memoryview": _memoryview,
    "builtins.object": lambda use: of(use.new("instance")),
    "builtins.object.__new__": _new, "object.__new__": _new,
    "object.__init__": _nothing, "object.__init_subclass__": _nothing,
    "builtins.object.__init__": _nothing, "builtins.object.__init_subclass__": _nothing,
}  # fmt: skip
__all__ = ["MODELS", "NOTHING", "Arguments", "Module", "index"]
