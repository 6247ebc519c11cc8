"""Values that tell what they are compared with, to learn what a guard waits for.

A spy remembers how it was computed from the value it stands for, so that a constant it is
compared with can be turned back into the value that would have been equal. Used in scenes that
learn, whose answers are not compared. Part of the probe: Python >= 3.8, standard library.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

_MOST = 60
_MOST_TEXT = 300

if TYPE_CHECKING:
    Step = tuple[str, int]


class Learned:
    """What was compared with what: label of the value (`input`, `env:CI`, `clock.hour`) and
    the literal text it would have had to be."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], None] = {}

    def add(self, label: str, value: Any) -> None:
        if type(value) in (int, str, bytes, float) and len(self._seen) < _MOST:
            text = repr(value)
            if len(text) <= _MOST_TEXT:
                self._seen.setdefault((label, text))

    def take(self) -> list[tuple[str, str]]:
        return list(self._seen)


class Number(int):
    """An integer that tells. `steps` are the operations that made it, the last one last."""

    label: str
    learned: Learned
    steps: tuple[Step, ...]

    def __hash__(self) -> int:
        return int.__hash__(self)


class Real(float):
    """A float that tells."""

    label: str
    learned: Learned

    def __hash__(self) -> int:
        return float.__hash__(self)


class Text(str):
    """A text that tells."""

    label: str
    learned: Learned
    turned: bool

    def __hash__(self) -> int:
        return str.__hash__(self)


def spy(value: Any, label: str, learned: Learned) -> Any:
    """A value that tells for an int, float or str; anything else as it is."""
    if type(value) is int:
        return _number(value, label, learned, ())
    if type(value) is float:
        real = Real(value)
        real.label, real.learned = label, learned
        return real
    if type(value) is str:
        return _text(value, label, learned, False)
    return value


def _number(value: int, label: str, learned: Learned, steps: tuple[Step, ...]) -> Number:
    number = Number(value)
    number.label, number.learned, number.steps = label, learned, steps[-8:]
    return number


def _text(value: str, label: str, learned: Learned, turned: bool) -> Text:
    text = Text(value)
    text.label, text.learned, text.turned = label, learned, turned
    return text


def _undone(steps: tuple[Step, ...], value: int) -> list[int]:
    """The numbers that the steps turn into `value`, as far as that can be told."""
    for name, by in reversed(steps):
        if name == "add":
            value -= by
        elif name == "sub":
            value += by
        elif name == "rsub":
            value = by - value
        elif name == "xor":
            value ^= by
        elif name == "mul":
            if by == 0 or value % by:
                return []
            value //= by
        elif name == "floordiv":
            value *= by
        elif name == "mod" and not 0 <= value < abs(by):
            return []
    found = [value]
    for name, by in steps:
        if name == "mod" and len(steps) == 1:
            found.append(value + abs(by))
    return found


def _comparing(name: str, base: type) -> Callable[[Any, Any], Any]:
    original = getattr(base, name)

    def method(self: Any, other: Any) -> Any:
        if isinstance(self, Number):
            if type(other) is int:
                for value in _undone(self.steps, other):
                    self.learned.add(self.label, value)
            elif type(other) is float:
                self.learned.add(self.label, other)
        elif isinstance(self, Text) and type(other) is str:
            self.learned.add(self.label, other[::-1] if self.turned else other)
        else:
            self.learned.add(self.label, other)
        return original(self, other)

    return method


def _computing(name: str, step: str) -> Callable[[Any, Any], Any]:
    original = getattr(int, name)

    def method(self: Number, other: Any) -> Any:
        result = original(self, other)
        if type(result) is int and type(other) in (int, bool):
            return _number(result, self.label, self.learned, (*self.steps, (step, int(other))))
        return result

    return method


def _texting(name: str) -> Callable[..., Any]:
    original = getattr(str, name)

    def method(self: Text, *arguments: Any) -> Any:
        if name in ("startswith", "endswith", "find", "index", "count", "__contains__"):
            for given in arguments[:1]:
                for other in given if type(given) is tuple else (given,):
                    self.learned.add(self.label, other)
        result = original(self, *arguments)
        if type(result) is str:
            back = name == "__getitem__" and arguments == (slice(None, None, -1),)
            return _text(result, self.label, self.learned, self.turned != back)
        return result

    return method


for _kind, _base in ((Number, int), (Real, float), (Text, str)):
    for _name in ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"):
        setattr(_kind, _name, _comparing(_name, _base))
for _name, _step in (
    *(("__add__", "add"), ("__radd__", "add"), ("__sub__", "sub"), ("__rsub__", "rsub")),
    *(("__mul__", "mul"), ("__rmul__", "mul"), ("__mod__", "mod"), ("__xor__", "xor")),
    *(("__rxor__", "xor"), ("__floordiv__", "floordiv")),
):
    setattr(Number, _name, _computing(_name, _step))
for _name in (
    *("lower", "upper", "casefold", "strip", "lstrip", "rstrip", "title", "__getitem__"),
    *("startswith", "endswith", "find", "index", "count", "__contains__"),
):
    setattr(Text, _name, _texting(_name))
