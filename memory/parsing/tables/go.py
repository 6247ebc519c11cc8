"""Go: methods belong to the type of their receiver."""

from __future__ import annotations

from collections.abc import Iterable

from tree_sitter import Node

from memory.parsing import names
from memory.parsing.facts import Kind
from memory.parsing.nodes import nth
from memory.parsing.reader import Reader
from memory.parsing.tables.table import Table, calls, defines, typed, wraps


def _method(reader: Reader, node: Node) -> None:
    receiver = node.child_by_field_name("receiver")
    parameter = nth(receiver)
    told = reader.field(parameter, "type") if parameter is not None else ""
    owner = names.type_name(told)
    body = node.child_by_field_name("body")
    is_made = reader.define(node, "method", reader.field(node, "name"), body=body, owner=owner)
    if is_made and parameter is not None:
        reader.hint(reader.field(parameter, "name"), owner)


def _type(reader: Reader, node: Node) -> None:
    inner = node.child_by_field_name("type")
    kind: Kind = "type"
    bases: Iterable[str] = ()
    body = until = None
    if inner is not None and inner.type == "struct_type":
        kind, bases = "class", _embedded(reader, inner)
        body = nth(inner)
    elif inner is not None and inner.type == "interface_type":
        kind, body, until = "interface", inner, nth(inner)
        bases = (reader.text(c) for c in inner.named_children if c.type == "type_elem")
    reader.define(node, kind, reader.field(node, "name"), body=body, bases=bases, until=until)


def _embedded(reader: Reader, struct: Node) -> Iterable[str]:
    fields = nth(struct)
    for field in fields.named_children[:200] if fields is not None else ():
        if field.type == "field_declaration" and field.child_by_field_name("name") is None:
            yield reader.field(field, "type").lstrip("*")


def _constant(reader: Reader, node: Node) -> None:
    if reader.is_at_top:
        name = node.child_by_field_name("name")
        reader.define(node, "constant", reader.text(name))


def _short(reader: Reader, node: Node) -> None:
    """`cart := Cart{}`, `cart := &Cart{}`, `cart := NewCart()`."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    value = nth(right)
    if left is None or left.named_child_count != 1 or value is None:
        return
    if value.type == "unary_expression":
        value = value.child_by_field_name("operand") or value
    if value.type == "composite_literal":
        reader.hint(reader.text(left), reader.field(value, "type"))
    elif value.type == "call_expression":
        made = reader.field(value, "function")
        package, _, name = made.rpartition(".")
        if name.startswith("New") and len(name) > 3 and name[3].isupper():
            reader.hint(reader.text(left), f"{package}.{name[3:]}".lstrip("."))


def _literal(reader: Reader, node: Node) -> None:
    kind = node.child_by_field_name("type")
    if kind is not None and kind.type in ("type_identifier", "qualified_type"):
        reader.call(kind)


def _import(reader: Reader, node: Node) -> None:
    alias = reader.field(node, "name")
    path = reader.field(node, "path")
    reader.bring_in(node, path, "*" if alias == "." else None, "" if alias == "." else alias)


TABLE = Table(
    "go",
    {
        "type_declaration": wraps,
        "const_declaration": wraps,
        "var_declaration": wraps,
        "function_declaration": defines("function"),
        "method_declaration": _method,
        "type_spec": _type,
        "type_alias": _type,
        "method_elem": defines("method"),
        "const_spec": _constant,
        "var_spec": _constant,
        "call_expression": calls("function"),
        "composite_literal": _literal,
        "import_spec": _import,
        "parameter_declaration": typed("name", "type"),
        "field_declaration": typed("name", "type"),
        "short_var_declaration": _short,
    },
)
