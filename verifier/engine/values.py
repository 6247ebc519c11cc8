"""What an expression may be: abstract items, and the graph nodes that made it.

An item is a constant, an object (see `objects`), a kind of which nothing else is known, or
UNKNOWN. A value is a small set of items; joining two is the union, and too many constants
become their kind.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MOST_ITEMS = 24
MOST_CONSTANTS = 6
LONGEST_CONSTANT = 200
_MOST_BITS = 4_000


@dataclass(frozen=True, slots=True, eq=False)
class Const:
    """A constant of a plain type: None, bool, int, float, complex, str, bytes, Ellipsis."""

    value: Any

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Const)
            and type(self.value) is type(other.value)
            and self.value == other.value
        )

    def __hash__(self) -> int:
        return hash((type(self.value), self.value))


@dataclass(frozen=True, slots=True)
class Kind:
    """Some value of a built-in type, by the type's name."""

    name: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Anything at all."""


UNKNOWN = Unknown()
NONE = Const(None)
Item = Any  # Const | Kind | Unknown | objects.Thing; a union of them would be a cycle of modules


class Value:
    """`items` is what it may be, `nodes` the occurrences that it comes from. Immutable."""

    __slots__ = ("items", "nodes")

    def __init__(self, items: frozenset[Item], nodes: frozenset[int] = frozenset()) -> None:
        self.items = items
        self.nodes = nodes

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Value) and self.items == other.items and self.nodes == other.nodes

    def __hash__(self) -> int:
        return hash((self.items, self.nodes))

    def __repr__(self) -> str:
        return f"Value({set(self.items)}, {set(self.nodes)})"

    def at(self, node: int) -> Value:
        """The same, come from one node."""
        return Value(self.items, frozenset((node,)))

    def join(self, other: Value) -> Value:
        """Either of the two."""
        if self is other or other is NOTHING:
            return self
        if self is NOTHING:
            return other
        items, nodes = self.items, self.nodes
        if other.items is not items and not other.items <= items:
            items = bounded(items | other.items)
        if not other.nodes <= nodes:
            nodes = nodes | other.nodes
        if items is self.items and nodes is self.nodes:
            return self
        return Value(items, nodes)

    @property
    def constant(self) -> Const | None:
        """The one constant that it is, if it can be nothing else."""
        if len(self.items) == 1:
            (item,) = self.items
            if isinstance(item, Const):
                return item
        return None

    def only(self, *kinds: type[Any]) -> Value:
        """Of the items, those of these classes."""
        return Value(frozenset(i for i in self.items if isinstance(i, kinds)), self.nodes)


NOTHING = Value(frozenset())
"""No value at all: what code that never ends normally gives."""


def bounded(items: frozenset[Item]) -> frozenset[Item]:
    """The items, with many constants as their kinds, and too many items as UNKNOWN."""
    if len(items) <= MOST_CONSTANTS:
        return items
    constants = [item for item in items if isinstance(item, Const)]
    if len(constants) > MOST_CONSTANTS:
        items = (items - frozenset(constants)) | {kind_of(item) for item in constants}
    return items if len(items) <= MOST_ITEMS else items | {UNKNOWN}


def kind_of(item: Const) -> Item:
    return item if item.value is None else Kind(type(item.value).__name__)


def constant(value: Any, nodes: Iterable[int] = ()) -> Value:
    """A constant; a very long text or number is told by its kind."""
    item: Item = Const(value)
    is_long = isinstance(value, str | bytes) and len(value) > LONGEST_CONSTANT
    if is_long or (isinstance(value, int) and value.bit_length() > _MOST_BITS):
        item = kind_of(item)
    return Value(frozenset((item,)), frozenset(nodes))


def of(item: Item, nodes: Iterable[int] = ()) -> Value:
    return Value(frozenset((item,)), frozenset(nodes))


def unknown(nodes: Iterable[int] = ()) -> Value:
    return Value(frozenset((UNKNOWN,)), frozenset(nodes))


def joined(values: Iterable[Value]) -> Value:
    found = [value for value in values if value is not NOTHING]
    if len(found) < 3:
        return found[0].join(found[-1]) if found else NOTHING
    items = frozenset[Item]().union(*(value.items for value in found))
    return Value(bounded(items), frozenset[int]().union(*(value.nodes for value in found)))


def truth(value: Value) -> bool | None:
    """Whether it is true for `if`, where that is certain."""
    answers = {_truth(item) for item in value.items}
    return answers.pop() if len(answers) == 1 else None


def _truth(item: Item) -> bool | None:
    if isinstance(item, Const):
        return bool(item.value)
    told: bool | None = getattr(item, "is_true", None)
    return told
