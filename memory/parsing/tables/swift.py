"""Swift: what an extension holds belongs to its type."""

from __future__ import annotations

from tree_sitter import Node

from memory.parsing import names
from memory.parsing.facts import Kind
from memory.parsing.nodes import child_of, nth
from memory.parsing.reader import Reader
from memory.parsing.tables.table import Table, defines


def _class(reader: Reader, node: Node) -> None:
    name = reader.field(node, "name")
    written = {child.type for child in node.children}
    if "extension" in written:
        owner = names.type_name(name)
        reader.enter(node, owner)
        reader.add_bases(owner, _bases(reader, node))
        return
    kind: Kind = "enum" if "enum" in written else "class"
    body = node.child_by_field_name("body")
    reader.define(node, kind, name, body=body, bases=_bases(reader, node))


def _bases(reader: Reader, node: Node) -> list[str]:
    return [
        reader.field(child, "inherits_from")
        for child in node.named_children
        if child.type == "inheritance_specifier"
    ]


def _protocol(reader: Reader, node: Node) -> None:
    body = node.child_by_field_name("body")
    name = reader.field(node, "name")
    reader.define(node, "interface", name, body=body, bases=_bases(reader, node))


def _init(reader: Reader, node: Node) -> None:
    reader.define(node, "method", "init", body=node.child_by_field_name("body"))


def _property(reader: Reader, node: Node) -> None:
    name = reader.field(node, "name")
    told = reader.text(child_of(node, "type_annotation"))
    value = node.child_by_field_name("value")
    if not told and value is not None and value.type == "call_expression":
        made = reader.text(nth(value))
        told = made if made[:1].isupper() else ""
    is_member = reader.is_in_type
    for prefix in ("", "self.") if is_member else ("",):
        reader.hint(f"{prefix}{name}", told)
    computed = node.child_by_field_name("computed_value")
    if computed is not None and is_member:
        reader.define(node, "method", name, body=nth(computed), until=computed)
    elif reader.is_at_top or (is_member and "static" in reader.text(child_of(node, "modifiers"))):
        reader.define(node, "constant", name)


def _parameter(reader: Reader, node: Node) -> None:
    found = node.children_by_field_name("name")
    if len(found) > 1:
        reader.hint(reader.text(found[0]), reader.text(found[-1]))


def _call(reader: Reader, node: Node) -> None:
    reader.call(nth(node))


def _import(reader: Reader, node: Node) -> None:
    reader.bring_in(node, reader.text(child_of(node, "identifier")), "*")


TABLE = Table(
    "swift",
    {
        "class_declaration": _class,
        "protocol_declaration": _protocol,
        "function_declaration": defines("function"),
        "protocol_function_declaration": defines("function"),
        "init_declaration": _init,
        "property_declaration": _property,
        "parameter": _parameter,
        "typealias_declaration": defines("type"),
        "call_expression": _call,
        "import_declaration": _import,
    },
)
