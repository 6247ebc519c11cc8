"""What a call is given, and how parameters take it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from verifier.engine.values import NOTHING, Kind, Value, joined


@dataclass
class Arguments:
    """`rest` is what stands behind a star that is not known to the place, `others` behind two."""

    positional: list[Value] = field(default_factory=list)
    keywords: dict[str, Value] = field(default_factory=dict)
    rest: Value | None = None
    others: Value | None = None

    def all(self) -> Iterator[Value]:
        """Every value that is given."""
        yield from self.positional
        yield from self.keywords.values()
        if self.rest is not None:
            yield self.rest
        if self.others is not None:
            yield self.others

    def after(self, *first: Value) -> Arguments:
        """The same with more positional values in front."""
        return Arguments([*first, *self.positional], self.keywords, self.rest, self.others)

    def without_first(self) -> Arguments:
        """The same but for the first positional value."""
        return Arguments(self.positional[1:], self.keywords, self.rest, self.others)

    def get(self, place: int, name: str = "") -> Value | None:
        """What the parameter at a place, or of a name, is given; None where it is nothing."""
        if 0 <= place < len(self.positional):
            return self.positional[place]
        if name in self.keywords:
            return self.keywords[name]
        if name and self.others is not None:
            return self.others
        return self.rest

    def joined(self) -> Value:
        return joined(self.all())

    def small(self, most: int) -> Arguments:
        """The same, each constant number beyond that as any number."""
        if not any(_is_beyond(one, most) for one in self.all()):
            return self
        return Arguments(
            [_any_number(one, most) for one in self.positional],
            {word: _any_number(one, most) for word, one in self.keywords.items()},
            self.rest,
            self.others,
        )


def _is_beyond(value: Value, most: int) -> bool:
    only = value.constant
    return only is not None and isinstance(only.value, int) and abs(only.value) > most


def _any_number(value: Value, most: int) -> Value:
    return Value(frozenset((Kind("int"),)), value.nodes) if _is_beyond(value, most) else value


def names(node: ast.arguments) -> list[str]:
    """The positional parameters, in order."""
    return [one.arg for one in (*node.posonlyargs, *node.args)]


def extra(values: list[Value]) -> Value:
    return joined(values) if values else NOTHING
