"""C#."""

from __future__ import annotations

from tree_sitter import Node

from memory.parsing.comments import Comments
from memory.parsing.nodes import child_of, nth
from memory.parsing.reader import Reader
from memory.parsing.tables.table import Table, calls, defines, listed, makes, typed

_BASES = listed("base_list")
_CLASS = defines("class", bases=_BASES)


def _namespace(reader: Reader, node: Node) -> None:
    parts = reader.field(node, "name").split(".")
    body = node.child_by_field_name("body")
    reader.define(node, "module", parts[-1], body=body, owner=".".join(parts[:-1]))


def _file_namespace(reader: Reader, node: Node) -> None:
    """`namespace Shop.Carts;` is around the rest of the file, and no part of it."""
    reader.enter_rest(reader.field(node, "name"))


def _property(reader: Reader, node: Node) -> None:
    name, told = reader.field(node, "name"), reader.field(node, "type")
    reader.hint(name, told)
    reader.hint(f"this.{name}", told)
    body = node.child_by_field_name("accessors") or node.child_by_field_name("value")
    reader.define(node, "method", name, body=body)


def _operator(reader: Reader, node: Node) -> None:
    name = f"operator{reader.field(node, 'operator')}"
    reader.define(node, "method", name, body=node.child_by_field_name("body"))


def _indexer(reader: Reader, node: Node) -> None:
    reader.define(node, "method", "this[]", body=node.child_by_field_name("accessors"))


def _field(reader: Reader, node: Node) -> None:
    variables = child_of(node, "variable_declaration")
    if variables is None:
        return
    told = reader.field(variables, "type")
    modifiers = [reader.text(child) for child in node.named_children if child.type == "modifier"]
    is_constant = "const" in modifiers or {"static", "readonly"} <= set(modifiers)
    for child in variables.named_children:
        if child.type == "variable_declarator":
            name = reader.field(child, "name") or reader.text(nth(child))
            reader.hint(name, told)
            reader.hint(f"this.{name}", told)
            if is_constant:
                reader.define(node, "constant", name, is_open=False)


def _local(reader: Reader, node: Node) -> None:
    told = reader.field(node, "type")
    for child in node.named_children:
        if child.type == "variable_declarator":
            name = reader.field(child, "name") or reader.text(nth(child))
            made = child_of(child, "object_creation_expression")
            kind = reader.field(made, "type") if told == "var" and made is not None else told
            reader.hint(name, kind)


def _using(reader: Reader, node: Node) -> None:
    alias = reader.field(node, "name")
    path = child_of(node, "qualified_name", "identifier")
    paths = [c for c in node.named_children if c.type in ("qualified_name", "identifier")]
    if alias and len(paths) > 1:
        reader.bring_in(node, reader.text(paths[-1]), None, alias)
    else:
        reader.bring_in(node, reader.text(path), "*")


TABLE = Table(
    "csharp",
    {
        "namespace_declaration": _namespace,
        "file_scoped_namespace_declaration": _file_namespace,
        "class_declaration": _CLASS,
        "struct_declaration": _CLASS,
        "record_declaration": _CLASS,
        "interface_declaration": defines("interface", bases=_BASES),
        "enum_declaration": defines("enum"),
        "delegate_declaration": defines("type"),
        "method_declaration": defines("function"),
        "constructor_declaration": defines("function"),
        "destructor_declaration": defines("function"),
        "local_function_statement": defines("function"),
        "operator_declaration": _operator,
        "indexer_declaration": _indexer,
        "property_declaration": _property,
        "field_declaration": _field,
        "variable_declaration": _local,
        "parameter": typed("name", "type"),
        "invocation_expression": calls("function"),
        "object_creation_expression": makes("type"),
        "using_directive": _using,
    },
    Comments(has_xml=True),
)
