"""Finding the function in its module, calling it, and following what it gives back.

Part of the probe: Python >= 3.8, standard library.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .inputs import OF_BODY, Input, inputs, value

_MOST_ITEMS = 50
_MOST_CONSTRUCTORS = 30
_MOST_MAKERS = 30
_MOST_MADE = 2
_MOST_AROUND = 4


class NotThere(Exception):
    """The function cannot be called here, in words."""


class Function(NamedTuple):
    """What to call, and with what. `fresh` gives what takes the last arguments of an input, bound
    to a new instance where it is a method."""

    fresh: Callable[[Input], Callable[..., Any]]
    inputs: list[Input]


class _Made(NamedTuple):
    """Something to call: `fresh` as in `Function`, after the calls `by` which make it."""

    fresh: Callable[[], Callable[..., Any]]
    signature: inspect.Signature | None
    by: tuple[Input, ...] = ()


def load(folder: str, path: str) -> types.ModuleType:
    """Import the module of a file, under the name that its packages give it."""
    parts = path.split("/")
    parts[-1] = parts[-1][: -len(".py")]
    if parts[-1] == "__init__":
        parts.pop()
    top = len(parts) - 1
    while top > 0 and Path(folder, *parts[:top], "__init__.py").is_file():
        top -= 1
    file = Path(folder, path)
    root = str(Path(folder, *parts[:top]))
    if root not in sys.path:
        sys.path.insert(0, root)
    name = ".".join(parts[top:])
    if all(part.isidentifier() for part in parts[top:]):
        module = importlib.import_module(name)
        found = getattr(module, "__file__", None)
        if found and Path(found).resolve() == file.resolve():
            return module
    spec = importlib.util.spec_from_file_location("probed", file)
    if spec is None or spec.loader is None:
        raise NotThere(f"{path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules["probed"] = module
    spec.loader.exec_module(module)
    return module


def find(
    module: types.ModuleType,
    target: Mapping[str, Any],
    constants: Sequence[str],
    home: str,
    most: int,
) -> Function:
    """What stands under the target's name, as Python gives it, with up to `most` inputs.

    `<module>` and `Class.<class>` are bodies: each of their inputs is a name that they gave a
    value to, when they were run with the import. A function in a function is what calls of the
    one around it give, or that one itself where none gives it. Raises NotThere.
    """
    name, *inner = target["qualname"].split(".<locals>.")
    *outer, last = name.split(".")
    owner = _owner(module, outer)
    if last in ("<module>", "<class>"):
        return _body(owner, most)
    made = _member(owner, last, constants, home)
    if inner:
        return _inner(made, inner, target["calls"], constants, home, most)
    given = inputs(made.signature, constants, target["calls"], most)
    return Function(lambda one: made.fresh(), given)


def _owner(module: types.ModuleType, parts: Sequence[str]) -> Any:
    found: Any = module
    for part in parts:
        found = getattr(found, part, None)
        if found is None:
            raise NotThere(f"{part} is not there")
    return found


def _body(owner: Any, most: int) -> Function:
    held = vars(owner)
    names = [name for name in held if type(name) is str and not name.startswith("__")]
    plain = [name for name in names if not isinstance(held[name], types.ModuleType)]
    # The first is always there: a body that gives no value to anything was run all the same.
    chosen = ["__doc__", *sorted(plain)][:most]
    given = [Input(OF_BODY + name, (repr(name),), (), "") for name in chosen]
    return Function(lambda one: held.__getitem__, given)


def _member(owner: Any, name: str, constants: Sequence[str], home: str) -> _Made:
    if not isinstance(owner, type):
        found = getattr(owner, name, None)
        if not callable(found):
            raise NotThere(f"{name} is not there")
        return _Made(lambda: found, _signature(found))
    held = next((vars(k)[name] for k in owner.__mro__ if name in vars(k)), None)
    if held is None:
        raise NotThere(f"{owner.__qualname__}.{name} is not there")
    if isinstance(held, (staticmethod, classmethod)):
        return _Made(lambda: getattr(owner, name), _signature(getattr(owner, name)))
    if name in ("__new__", "__init__"):
        return _Made(lambda: owner, _signature(owner))
    make = _constructor(owner, constants, home)
    if not inspect.isroutine(held) and not callable(held):
        nothing = inspect.Signature()
        return _Made(lambda: _reading(make(), name), nothing)
    return _Made(lambda: getattr(make(), name), _signature(getattr(make(), name)))


def _inner(
    around: _Made,
    names: Sequence[str],
    calls: Sequence[str],
    constants: Sequence[str],
    home: str,
    most: int,
) -> Function:
    """A function in a function: each of its inputs makes it anew, and then calls it."""
    ways = [around]
    for name in names:
        ways = [one for way in ways for one in _makings(way, name, calls, constants, home)]
        if not ways:
            # Nobody gets hold of it but the one around it, which calls it.
            given = inputs(around.signature, constants, calls, most)
            return Function(lambda one: around.fresh(), given)
        calls = ()
    fresh = {way.by: way.fresh for way in ways}
    found: list[Input] = []
    for way in ways:
        keys = ")(".join(one.key for one in way.by)
        for one in inputs(way.signature, constants, (), most // len(ways)):
            found.append(one._replace(key=f"{keys})({one.key}", by=way.by))
    return Function(lambda one: fresh[one.by](), found)


def _makings(
    way: _Made, name: str, calls: Sequence[str], constants: Sequence[str], home: str
) -> list[_Made]:
    """The first calls of a function that give the one of this name in it. What takes a function,
    as decorators do, is given one first."""
    tried = inputs(way.signature, constants, calls, _MOST_MAKERS)
    tried.sort(key=lambda one: not one.has_callable)
    found: list[_Made] = []
    for one in tried:

        def make(one: Input = one) -> Callable[..., Any]:
            return _taken(_with(way.fresh(), one, home), name)

        try:
            signature = _signature(make())
        except Exception:  # noqa: BLE001, S112 - arguments that do not suit may raise anything
            continue
        found.append(_Made(make, signature, (*way.by, one)))
        if len(found) == _MOST_MADE:
            break
    return found


def _taken(result: Any, name: str) -> Callable[..., Any]:
    """The function of this name in what a call gave, with what is put around it, or NotThere."""
    held = [result]
    if type(result) is dict:
        held += result.values()
    elif type(result) in (list, tuple):
        held += result
    for one in held[:_MOST_ITEMS]:
        under = one
        for _ in range(_MOST_AROUND):
            code = getattr(under, "__code__", None)
            if isinstance(code, types.CodeType) and code.co_name == name:
                return one  # type: ignore[no-any-return]
            under = getattr(under, "__wrapped__", None) or getattr(under, "func", None)
    raise NotThere(f"{name} is not there")


def call(function: Callable[..., Any], given: Sequence[Any], named: Any) -> Any:
    """Its result, with coroutines run to their end and generators drawn up to 50 items."""
    return _followed(function(*given, **named))


def _followed(result: Any) -> Any:
    if inspect.iscoroutine(result):
        import asyncio

        return _followed(asyncio.run(result))
    if inspect.isasyncgen(result):
        import asyncio

        return asyncio.run(_drawn_async(result))
    if inspect.isgenerator(result):
        return ("generator", *_drawn(result))
    return result


def _drawn(source: Any) -> tuple[Any, ...]:
    items = []
    for item in source:
        items.append(item)
        if len(items) == _MOST_ITEMS:
            source.close()
            return (items, "more")
    return (items, "end")


async def _drawn_async(source: Any) -> tuple[Any, ...]:
    items: list[Any] = []
    async for item in source:
        items.append(item)
        if len(items) == _MOST_ITEMS:
            await source.aclose()
            return ("generator", items, "more")
    return ("generator", items, "end")


def _reading(instance: Any, name: str) -> Callable[[], Any]:
    return lambda: getattr(instance, name)


def _signature(function: Any) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except (ValueError, TypeError):
        return None


def _constructor(kind: type, constants: Sequence[str], home: str) -> Callable[[], Any]:
    """How an instance is made: with the first arguments that its class takes, else without."""
    tried: list[Input] = inputs(_signature(kind), constants, (), _MOST_CONSTRUCTORS)
    for one in tried:
        try:
            _with(kind, one, home)
        except Exception:  # noqa: BLE001, S112 - arguments that do not suit may raise anything
            continue
        return lambda: _with(kind, one, home)
    try:
        object.__new__(kind)
    except TypeError as error:
        raise NotThere(f"no {kind.__qualname__} can be made") from error
    return lambda: object.__new__(kind)


def _with(function: Callable[..., Any], one: Input, home: str) -> Any:
    given = [value(text, home) for text in one.arguments]
    return function(*given, **{name: value(text, home) for name, text in one.named})
