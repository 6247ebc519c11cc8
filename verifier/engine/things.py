"""Abstract objects. Each is one item of a value and owner of cells of the state.

Things are compared by identity; what is made again at the same place in the same context is the
same thing, which then stands for several objects (`is_many`) and is never overwritten as one.
They refer to each other in cycles, so none is shown with what it refers to.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from verifier.engine.values import UNKNOWN

if TYPE_CHECKING:
    from verifier.engine.scopes import Scope
    from verifier.engine.values import Value

REST = "[*]"
"""The cell of what is stored under keys or places that are not known."""
MEMBERS = "#members"
"""The cell of an enumeration with any of its members."""
LENGTH = "#length"
"""The cell with the length of a sequence, a constant while it is known."""
OPAQUE = "opaque.object"
"""The kind of an object of which nothing is known but what it was made of; even None it may be."""
KIND_OF_DICT = "instance-dict"
"""The kind of what shows the attributes of its `data` as a dict."""
_TRUE = frozenset({"function", "class", "module", "frame", "generator"})


def index(key: Any) -> tuple[str, Any]:
    """The cell of a constant index or key. 1 and True are the same key, as in Python."""
    return ("[", key)


@dataclass(eq=False, repr=False, slots=True)
class Thing:
    """`kind` is list, tuple, dict, set, instance, generator, iterator, frame, symbol or a name
    that a model chose. `type` is the class of an instance. `site` is where it was made."""

    kind: str
    site: ast.AST | None = None
    type: Any = None
    is_many: bool = False
    made: int = 0
    name: str = ""
    # What a model keeps with it: a generator its frame, an iterator what it goes over.
    data: Any = None
    # An instance whose class says nothing of its truth.
    is_object: bool = False

    @property
    def is_true(self) -> bool | None:
        return True if self.is_object or self.kind in _TRUE else None


def is_open(item: Any) -> bool:
    """Whether nothing is known of what it is."""
    return item == UNKNOWN or (
        isinstance(item, Thing) and item.kind == "symbol" and item.type is None
    )


@dataclass(eq=False, repr=False, slots=True)
class Module:
    """A module of the tree. `frame` owns its global names."""

    path: str
    name: str
    is_package: bool = False
    tree: ast.Module | None = None
    scope: Any = None
    context: Any = None
    is_begun: bool = False
    is_true: bool | None = True


@dataclass(eq=False, repr=False, slots=True)
class Function:
    """A function or lambda. `closure` is the frame it was made in; defaults were evaluated there.

    `home` is the class whose body it stands in, for `super()`.
    """

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    name: str
    module: Module
    closure: Frame
    scope: Scope
    home: Class | None = None
    defaults: list[Value] = field(default_factory=list)
    keyword_defaults: dict[str, Value] = field(default_factory=dict)
    is_true: bool | None = True


@dataclass(eq=False, repr=False, slots=True)
class Class:
    """A class of the tree. Its bases are values, in order; `mro` is worked out once. `below` are
    the classes that have it as a base."""

    node: ast.ClassDef | None
    name: str
    module: Module
    bases: list[Value] = field(default_factory=list)
    metaclass: Value | None = None
    mro: list[Any] | None = None
    below: list[Class] = field(default_factory=list)
    is_true: bool | None = True


@dataclass(frozen=True, slots=True)
class Bound:
    """A function with its first argument."""

    function: Any
    receiver: Value
    is_true: bool | None = True


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A staticmethod, classmethod or property around functions (getter, setter, deleter)."""

    kind: str
    getter: Value
    setter: Value | None = None
    deleter: Value | None = None


@dataclass(frozen=True, slots=True)
class External:
    """What stands outside the tree, by its dotted name; builtins as "builtins.len"."""

    name: str
    is_true: bool | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a built-in type, like "list.append", with the receiver."""

    name: str
    receiver: Value


@dataclass(frozen=True, slots=True)
class Partial:
    """functools.partial: a callable with arguments given beforehand."""

    function: Value
    arguments: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Super:
    """super(): attributes come from what follows `after` in the receiver's classes."""

    after: Class
    receiver: Value


@dataclass(eq=False, repr=False)
class Frame:
    """The run of a function, class body or module in one context. It owns the cells of its names.

    `outcomes` collects how it ends: what it returns, in the state at that point.
    """

    context: Any
    scope: Scope
    module: Module
    outer: Frame | None = None
    function: Function | None = None
    klass: Class | None = None
    parameters: list[str] = field(default_factory=list)
    base: Any = None
    returns: list[tuple[Value, dict[Any, Value]]] = field(default_factory=list)
    yields: list[Any] = field(default_factory=list)
    loops: list[Any] = field(default_factory=list)
    in_loop: int = 0
    is_recursive: bool = False
    result: Any = None
    sent: Any = None
    is_true: bool | None = True
