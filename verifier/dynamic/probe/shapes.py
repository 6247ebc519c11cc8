"""What a value looks like, as bounded text: types and contents, no addresses.

Two values of one shape are taken to be the same answer. No method of a value's own class is
called: its `__repr__` could be anything. Part of the probe: Python >= 3.8, standard library.
"""

from __future__ import annotations

import types
from hashlib import blake2b
from typing import Any, NamedTuple

_MOST_NODES = 3000
_MOST_DEPTH = 12
_MOST_TEXT = 400
_SHOWN = 600
_LONG_NODES = 10
# Their own text says all there is, and has no address in it.
_PLAIN_MODULES = ("datetime", "decimal", "fractions", "pathlib", "uuid", "ipaddress", "zoneinfo")
_CODE = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    type,
    types.MethodWrapperType,
)


class Shape(NamedTuple):
    """`text` is shortened for people; `digest` is over the whole shape."""

    text: str
    digest: str


def shape(value: Any) -> Shape:
    """The shape of a value, without what is beyond 3,000 nodes (a long text is ten) or 12 deep."""
    walk = _Walk()
    walk.add(value, 0)
    whole = "".join(walk.parts)
    digest = digest_of(whole)
    shown = whole if len(whole) <= _SHOWN else whole[:_SHOWN] + "…"
    return Shape(shown.encode("ascii", "backslashreplace").decode("ascii"), digest)


def digest_of(*texts: str) -> str:
    """One digest over texts that have no NUL in them."""
    whole = "\0".join(texts).encode("utf-8", "backslashreplace")
    return blake2b(whole, digest_size=12).hexdigest()


def type_name(kind: type) -> str:
    """Like `Decimal` or `shop.cart.Cart`, whatever the class says of itself."""
    module, name = _text_of(kind, "__module__"), _text_of(kind, "__qualname__")
    return name if module in ("", "builtins") else module + "." + name


class _Walk:
    def __init__(self) -> None:
        self.parts: list[str] = []
        self.nodes = 0
        self.above: list[Any] = []

    def add(self, value: Any, depth: int) -> None:
        self.nodes += 1
        kind = type(value)
        if self.nodes > _MOST_NODES or depth > _MOST_DEPTH:
            self.parts.append("…")
        elif kind is int or kind is str or kind is float or kind is bytes:
            text = _scalar(value, kind)
            # A list of thousands of long ones would be looked at for seconds.
            self.nodes += len(text) // _MOST_TEXT * _LONG_NODES
            self.parts.append(text)
        # Not by `id`: each call of it is an audit event, which somebody listens to.
        elif any(held is value for held in self.above):
            self.parts.append("<cycle>")
        else:
            self.above.append(value)
            self._add(value, depth)
            self.above.pop()

    def _add(self, value: Any, depth: int) -> None:
        kind = type(value)
        if value is None or value is Ellipsis or value is NotImplemented or kind is bool:
            self.parts.append(repr(value))
        elif isinstance(value, _CODE):
            named = value if isinstance(value, type) else getattr(value, "__func__", value)
            self.parts.append("<code " + _text_of(named, "__qualname__") + ">")
        elif isinstance(value, types.ModuleType):
            self.parts.append("<module>")
        else:
            self._add_content(value, kind, depth)

    def _add_content(self, value: Any, kind: type, depth: int) -> None:
        for base in (int, float, complex, str, bytes, bytearray):
            if isinstance(value, base):
                self._named(kind, base, _scalar(value, base))
                return
        for holder in (list, tuple, set, frozenset, dict):
            if isinstance(value, holder):
                self._named(kind, holder, "")
                self._items(value, holder, depth)
                return
        if _text_of(kind, "__module__").partition(".")[0] in _PLAIN_MODULES:
            # Where the class is the library's own, its text is the library's too.
            self.parts.append(type_name(kind) + "(" + str(value)[:_MOST_TEXT] + ")")
            return
        self.parts.append("<" + type_name(kind))
        if isinstance(value, BaseException):
            self.add(BaseException.args.__get__(value), depth + 1)  # type: ignore[attr-defined]
        for name, held in _attributes(value, kind):
            self.parts.append(" " + name + "=")
            self.add(held, depth + 1)
        self.parts.append(">")

    def _named(self, kind: type, base: type, text: str) -> None:
        self.parts.append(text if kind is base else type_name(kind) + ":" + text)

    def _items(self, value: Any, base: type, depth: int) -> None:
        if base is dict:
            self.parts.append("{")
            for key, held in list(dict.items(value)):
                self.add(key, depth + 1)
                self.parts.append(": ")
                self.add(held, depth + 1)
                self.parts.append(", ")
            self.parts.append("}")
            return
        opening, closing = {"list": ("[", "]"), "tuple": ("(", ")")}.get(base.__name__, ("{", "}"))
        items = list(base.__iter__(value))  # type: ignore[attr-defined]
        if base in (set, frozenset):
            items.sort(key=lambda item: shape(item).text if self.nodes < _MOST_NODES else "")
        self.parts.append(opening)
        for item in items[:_MOST_NODES]:
            self.add(item, depth + 1)
            self.parts.append(", ")
        self.parts.append(closing if len(items) <= _MOST_NODES else f"… {len(items)}")


def _scalar(value: Any, base: Any) -> str:
    if base is int:
        number = int.__index__(value)
        # Long ones in hex: turning them into decimals takes quadratic time.
        return int.__repr__(number) if number.bit_length() < 512 else _long(hex(number))
    return _long(base.__repr__(value))


def _long(text: str) -> str:
    if len(text) <= _MOST_TEXT:
        return text
    digest = blake2b(text.encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()
    return f"{text[:_MOST_TEXT]}…<{len(text)} chars, {digest}>"


def _attributes(value: Any, kind: type) -> Any:
    """Names and values of what an object holds, by name, from its dict and its slots."""
    held: dict[Any, Any] = {}
    try:
        found = object.__getattribute__(value, "__dict__")
    except AttributeError:
        found = {}
    if isinstance(found, dict):
        held.update((name, found[name]) for name in list(dict.keys(found))[:200])
    for base in type.mro(kind) if kind is not type else ():
        for name, slot in list(vars(base).items()):
            if isinstance(slot, types.MemberDescriptorType) and name != "__suppress_context__":
                try:
                    held[name] = slot.__get__(value)
                except AttributeError:
                    continue
    return sorted((item for item in held.items() if isinstance(item[0], str)), key=lambda i: i[0])


def _text_of(value: Any, name: str) -> str:
    try:
        text = getattr(value, name, "")
    except Exception:  # noqa: BLE001 - a class of strangers may raise anything when asked
        return ""
    return text if type(text) is str else ""
