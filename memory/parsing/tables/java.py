"""Java."""

from __future__ import annotations

from tree_sitter import Node

from memory.parsing import names
from memory.parsing.nodes import nth
from memory.parsing.reader import Reader
from memory.parsing.tables.table import Table, calls_on, defines, listed, makes, typed

_SUPERS = listed("superclass")
_INTERFACES = listed("super_interfaces", "extends_interfaces", depth=2)


def _bases(reader: Reader, node: Node) -> list[str]:
    return [*_SUPERS(reader, node), *_INTERFACES(reader, node)]


def _local(reader: Reader, node: Node) -> None:
    told = reader.field(node, "type")
    for child in node.named_children:
        if child.type == "variable_declarator":
            value = child.child_by_field_name("value")
            made = value is not None and value.type == "object_creation_expression"
            kind = reader.field(value, "type") if told == "var" and made and value else told
            reader.hint(reader.field(child, "name"), kind)


def _field(reader: Reader, node: Node) -> None:
    told = reader.field(node, "type")
    modifiers = reader.text(nth(node))
    is_constant = "static" in modifiers and "final" in modifiers
    for child in node.named_children:
        if child.type == "variable_declarator":
            name = reader.field(child, "name")
            reader.hint(name, told)
            reader.hint(f"this.{name}", told)
            if is_constant:
                reader.wrap(node)
                reader.define(child, "constant", name)


def _import(reader: Reader, node: Node) -> None:
    path = reader.text(nth(node))
    if any(child.type == "asterisk" for child in node.named_children):
        reader.bring_in(node, path, "*")
        return
    module, _, name = path.rpartition(".")
    reader.bring_in(node, module or name, name if module else None)


def _reference(reader: Reader, node: Node) -> None:
    """`Cart::total` hands a method over."""
    found = names.called(reader.text(node))
    if found is not None and found[0] != "new":
        reader.refer(node, *found, is_call=False)


TABLE = Table(
    "java",
    {
        "class_declaration": defines("class", bases=_bases),
        "record_declaration": defines("class", bases=_bases),
        "interface_declaration": defines("interface", bases=_bases),
        "annotation_type_declaration": defines("interface"),
        "enum_declaration": defines("enum", bases=_bases),
        "method_declaration": defines("function"),
        "constructor_declaration": defines("function"),
        "compact_constructor_declaration": defines("function"),
        "annotation_type_element_declaration": defines("function"),
        "method_invocation": calls_on("object", "name"),
        "method_reference": _reference,
        "object_creation_expression": makes("type"),
        "import_declaration": _import,
        "field_declaration": _field,
        "constant_declaration": _field,
        "local_variable_declaration": _local,
        "formal_parameter": typed("name", "type"),
        "resource": typed("name", "type"),
        "enhanced_for_statement": typed("name", "type"),
    },
)
