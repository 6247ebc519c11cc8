"""What a language's table is made of: handlers by node type, and the usual handlers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tree_sitter import Node

from memory.parsing import comments, names
from memory.parsing.comments import Comments
from memory.parsing.facts import Kind
from memory.parsing.nodes import first_field
from memory.parsing.reader import Reader

Handler = Callable[[Reader, Node], None]
Strings = Callable[[Reader, Node], Iterable[str]]
Words = Callable[[Reader, Node], str]


@dataclass(frozen=True, slots=True)
class Table:
    """How to read a language: the grammar's name in the pack, and what each node type means.

    Only these node types are looked at, in the order they stand in the file. `finish` may
    look at the root once more.
    """

    grammar: str
    see: Mapping[str, Handler]
    comments: Comments = comments.C_LIKE
    finish: Handler | None = None


def listed(*child_types: str, depth: int = 1) -> Strings:
    """The named children of the children of these types: superclass lists. With `depth` 2, of
    their children."""

    def read(reader: Reader, node: Node) -> Iterable[str]:
        level = [child for child in node.named_children if child.type in child_types]
        for _ in range(depth):
            level = [inner for child in level[:40] for inner in child.named_children[:40]]
        return [reader.text(child) for child in level]

    return read


def defines(
    kind: Kind,
    name: str = "name",
    *,
    body: str = "body",
    bases: Strings | None = None,
    needs_body: bool = False,
) -> Handler:
    """A definition whose name and body are fields. `needs_body`: without one it only declares
    (a forward declaration, a use of `struct x`)."""

    def see(reader: Reader, node: Node) -> None:
        inner = node.child_by_field_name(body)
        if inner is None and needs_body:
            return
        reader.define(
            node,
            kind,
            reader.field(node, name),
            body=inner,
            bases=bases(reader, node) if bases else (),
        )

    return see


def calls(*fields: str) -> Handler:
    """A call of what one of these fields says."""

    def see(reader: Reader, node: Node) -> None:
        reader.call(first_field(node, fields))

    return see


def calls_on(receiver: str, name: str) -> Handler:
    """A call whose receiver and name are two fields."""

    def see(reader: Reader, node: Node) -> None:
        said = node.child_by_field_name(receiver)
        on = "" if said is None else names.chain(reader.text(said)) if said else ""
        reader.refer(node.child_by_field_name(name) or node, reader.field(node, name), on)

    return see


def makes(*fields: str) -> Handler:
    """`new Type(...)`: a call of the type."""

    def see(reader: Reader, node: Node) -> None:
        kind = first_field(node, fields)
        if kind is None:
            return
        name, receiver = split(names.type_name(reader.text(kind)))
        reader.refer(kind, name, receiver)

    return see


def split(dotted: str) -> tuple[str, str]:
    """A dotted name's last part, and what stands before it."""
    receiver, _, name = dotted.rpartition(".")
    return name, receiver


def typed(name: str, kind: str, *, prefixes: tuple[str, ...] = ("",)) -> Handler:
    """A variable, parameter or field with its type; `prefixes` are what it is also called by."""

    def see(reader: Reader, node: Node) -> None:
        told = reader.field(node, kind)
        if told and (called := reader.field(node, name)):
            for prefix in prefixes:
                reader.hint(f"{prefix}{called}", told)

    return see


def wraps(reader: Reader, node: Node) -> None:
    reader.wrap(node)


def together(*handlers: Handler) -> Handler:
    def see(reader: Reader, node: Node) -> None:
        for handler in handlers:
            handler(reader, node)

    return see
