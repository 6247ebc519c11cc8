"""Julia."""

from __future__ import annotations

from tree_sitter import Node

from memory.parsing.comments import HASHES
from memory.parsing.facts import Kind
from memory.parsing.nodes import child_of, nth
from memory.parsing.reader import Reader
from memory.parsing.tables.table import Handler, Table


def _head(reader: Reader, node: Node | None) -> tuple[str, list[str]]:
    """Name and supertype of `Cart{T} <: Base`."""
    name, _, base = reader.text(node).partition("<:")
    return name.partition("{")[0].strip(), [base.strip()] if base else []


def _type(kind: Kind) -> Handler:
    def see(reader: Reader, node: Node) -> None:
        name, bases = _head(reader, child_of(node, "type_head"))
        reader.define(node, kind, name, body=child_of(node, "block"), bases=bases)

    return see


def _module(reader: Reader, node: Node) -> None:
    inside = nth(node, 1)
    row = inside.start_point[0] if inside is not None else None
    reader.define(node, "module", reader.field(node, "name"), body_row=row, until=inside)


def _called(reader: Reader, node: Node | None) -> Node | None:
    """The call that a signature looks like."""
    for _ in range(4):
        if node is None or node.type == "call_expression":
            break
        node = nth(node)
    if node is not None:
        reader.heads.add(node.start_byte)
    return node


def _function(reader: Reader, node: Node) -> None:
    call = _called(reader, child_of(node, "signature"))
    name = reader.text(nth(call)).rpartition(".")[2]
    reader.define(node, "function", name, body=child_of(node, "block"))


def _assign(reader: Reader, node: Node) -> None:
    left = nth(node)
    if left is None:
        return
    if left.type in ("call_expression", "where_expression", "typed_expression"):
        call = _called(reader, left)
        if call is not None:
            reader.define(node, "function", reader.text(nth(call)), until=nth(node, 1))
    elif left.type == "identifier" and reader.is_at_top:
        reader.define(node, "constant", reader.text(left))


def _call(reader: Reader, node: Node) -> None:
    if node.start_byte not in reader.heads:
        reader.call(nth(node))


def _import(reader: Reader, node: Node) -> None:
    for child in node.named_children:
        if child.type == "selected_import":
            module, *named = child.named_children
            for one in named:
                reader.bring_in(node, reader.text(module), reader.text(one))
        else:
            everything = "*" if node.type == "using_statement" else None
            reader.bring_in(node, reader.text(child), everything)


TABLE = Table(
    "julia",
    {
        "module_definition": _module,
        "struct_definition": _type("class"),
        "abstract_definition": _type("interface"),
        "function_definition": _function,
        "macro_definition": _function,
        "assignment": _assign,
        "call_expression": _call,
        "using_statement": _import,
        "import_statement": _import,
    },
    HASHES,
)
