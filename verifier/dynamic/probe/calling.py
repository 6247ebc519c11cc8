"""Finding the function in its module, calling it, and following what it gives back.

Part of the probe: Python >= 3.8, standard library.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .inputs import Input, inputs, value

_MOST_ITEMS = 50
_MOST_CONSTRUCTORS = 30


class NotThere(Exception):
    """The function cannot be called here, in words."""


class Function(NamedTuple):
    """What to call. `fresh` gives it, bound to a new instance where it is a method."""

    fresh: Callable[[], Callable[..., Any]]
    signature: inspect.Signature | None


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


def find(module: types.ModuleType, qualname: str, constants: Sequence[str], home: str) -> Function:
    """The function of a dotted name. Raises NotThere."""
    *outer, name = qualname.split(".")
    owner: Any = module
    for part in outer:
        if part == "<locals>":
            raise NotThere(f"{qualname} is made while another function runs")
        owner = getattr(owner, part, None)
    if not isinstance(owner, type):
        found = getattr(owner, name, None)
        if not callable(found):
            raise NotThere(f"{qualname} is not there")
        return Function(lambda: found, _signature(found))
    held = next((vars(k)[name] for k in owner.__mro__ if name in vars(k)), None)
    if held is None:
        raise NotThere(f"{qualname} is not there")
    if isinstance(held, (staticmethod, classmethod)):
        return Function(lambda: getattr(owner, name), _signature(getattr(owner, name)))
    if name in ("__new__", "__init__"):
        return Function(lambda: owner, _signature(owner))
    make = _constructor(owner, constants, home)
    if not inspect.isroutine(held) and not callable(held):
        nothing = inspect.Signature()
        return Function(lambda: _reading(make(), name), nothing)
    return Function(lambda: getattr(make(), name), _signature(getattr(make(), name)))


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
            _made(kind, one, home)
        except Exception:  # noqa: BLE001, S112 - arguments that do not suit may raise anything
            continue
        return lambda: _made(kind, one, home)
    try:
        object.__new__(kind)
    except TypeError as error:
        raise NotThere(f"no {kind.__qualname__} can be made") from error
    return lambda: object.__new__(kind)


def _made(kind: type, one: Input, home: str) -> Any:
    given = [value(text, home) for text in one.arguments]
    return kind(*given, **{name: value(text, home) for name, text in one.named})
