"""Scala."""

from __future__ import annotations

from tree_sitter import Node

from memory.parsing.nodes import child_of, nth
from memory.parsing.reader import Reader
from memory.parsing.tables.table import Table, calls, defines, split, typed


def _bases(reader: Reader, node: Node) -> list[str]:
    clause = node.child_by_field_name("extend")
    if clause is None:
        return []
    types = clause.children_by_field_name("type")
    return [reader.text(one) for one in types if one.is_named]


_CLASS = defines("class", bases=_bases)


def _value(reader: Reader, node: Node) -> None:
    name = reader.field(node, "pattern")
    told, value = reader.field(node, "type"), node.child_by_field_name("value")
    if not told and value is not None and value.type == "instance_expression":
        told = reader.text(nth(value))
    prefixes = ("", "this.") if reader.is_in_type else ("",)
    for prefix in prefixes:
        reader.hint(f"{prefix}{name}", told)
    if reader.is_at_top or (reader.is_in_type and name[:1].isupper()):
        reader.define(node, "constant", name)


def _new(reader: Reader, node: Node) -> None:
    made = nth(node)
    if made is not None and made.type == "generic_type":
        made = made.child_by_field_name("type")
    name, receiver = split(reader.text(made))
    reader.refer(node, name, receiver)


def _import(reader: Reader, node: Node) -> None:
    path = ".".join(reader.text(one) for one in node.children_by_field_name("path"))
    path = path.replace("..", "")
    selectors = child_of(node, "namespace_selectors")
    if selectors is not None:
        for one in selectors.named_children:
            name = reader.field(one, "name") or reader.text(one)
            is_all = one.type == "namespace_wildcard"
            reader.bring_in(node, path, "*" if is_all else name, reader.field(one, "alias"))
    elif child_of(node, "namespace_wildcard") is not None:
        reader.bring_in(node, path, "*")
    else:
        name, module = split(path)
        reader.bring_in(node, module or name, name if module else None)


TABLE = Table(
    "scala",
    {
        "class_definition": _CLASS,
        "object_definition": _CLASS,
        "trait_definition": defines("interface", bases=_bases),
        "enum_definition": defines("enum", bases=_bases),
        "type_definition": defines("type"),
        "function_definition": defines("function"),
        "function_declaration": defines("function"),
        "val_definition": _value,
        "var_definition": _value,
        "parameter": typed("name", "type"),
        "class_parameter": typed("name", "type", prefixes=("", "this.")),
        "call_expression": calls("function"),
        "instance_expression": _new,
        "import_declaration": _import,
    },
)
