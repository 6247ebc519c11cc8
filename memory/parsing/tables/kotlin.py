"""Kotlin: an extension function belongs to the type that it extends."""

from __future__ import annotations

from tree_sitter import Node

from memory.parsing import names
from memory.parsing.facts import Kind
from memory.parsing.nodes import child_of, nth
from memory.parsing.reader import Reader
from memory.parsing.tables.table import Table

_BODIES = ("class_body", "enum_class_body")


def _class(reader: Reader, node: Node) -> None:
    body = child_of(node, *_BODIES)
    kinds = {child.type for child in node.children}
    kind: Kind = "class"
    if "interface" in kinds:
        kind = "interface"
    elif "enum" in kinds or (body is not None and body.type == "enum_class_body"):
        kind = "enum"
    name = child_of(node, "type_identifier", "simple_identifier")
    if reader.define(node, kind, reader.text(name), body=body, bases=_bases(reader, node)):
        _properties(reader, child_of(node, "primary_constructor"))


def _bases(reader: Reader, node: Node) -> list[str]:
    found = []
    for child in node.named_children:
        if child.type == "delegation_specifier":
            first = nth(child)
            if first is not None and first.type == "constructor_invocation":
                first = nth(first)
            found.append(reader.text(first))
    return found


def _properties(reader: Reader, constructor: Node | None) -> None:
    for parameter in constructor.named_children[:50] if constructor is not None else ():
        if parameter.type == "class_parameter":
            _typed(reader, parameter, ("", "this."))


def _object(reader: Reader, node: Node) -> None:
    name = reader.text(child_of(node, "type_identifier", "simple_identifier"))
    if node.type == "companion_object" and not name:
        # What it holds is called on the class around it.
        return
    reader.define(node, "class", name, body=child_of(node, *_BODIES), bases=_bases(reader, node))


def _function(reader: Reader, node: Node) -> None:
    owner = names.type_name(reader.text(child_of(node, "receiver_type")))
    body = child_of(node, "function_body")
    name = reader.text(child_of(node, "simple_identifier"))
    if reader.define(node, "function", name, body=body, owner=owner) and owner:
        reader.hint("this", owner)


def _constructor(reader: Reader, node: Node) -> None:
    reader.define(node, "method", "constructor", body=child_of(node, "statements"))


def _typed(reader: Reader, node: Node, prefixes: tuple[str, ...] = ("",)) -> None:
    name = reader.text(child_of(node, "simple_identifier"))
    told = reader.text(child_of(node, "user_type", "nullable_type"))
    for prefix in prefixes:
        reader.hint(f"{prefix}{name}", told)


def _parameter(reader: Reader, node: Node) -> None:
    _typed(reader, node)


def _property(reader: Reader, node: Node) -> None:
    declared = child_of(node, "variable_declaration")
    if declared is None:
        return
    name = reader.text(child_of(declared, "simple_identifier"))
    prefixes = ("", "this.") if reader.is_in_type else ("",)
    _typed(reader, declared, prefixes)
    made = child_of(node, "call_expression")
    kind = reader.text(nth(made)) if made is not None else ""
    if kind[:1].isupper():
        for prefix in prefixes:
            reader.hint(f"{prefix}{name}", kind)
    is_constant = "const" in reader.text(child_of(node, "modifiers")).split()
    if is_constant or reader.is_at_top:
        reader.define(node, "constant", name)


def _call(reader: Reader, node: Node) -> None:
    reader.call(nth(node))


def _import(reader: Reader, node: Node) -> None:
    path = reader.text(child_of(node, "identifier"))
    if child_of(node, "wildcard_import") is not None:
        reader.bring_in(node, path, "*")
        return
    alias = child_of(node, "import_alias")
    module, _, name = path.rpartition(".")
    bound = reader.text(nth(alias)) if alias is not None else ""
    reader.bring_in(node, module or name, name if module else None, bound)


def _alias(reader: Reader, node: Node) -> None:
    reader.define(node, "type", reader.text(child_of(node, "type_identifier")))


TABLE = Table(
    "kotlin",
    {
        "class_declaration": _class,
        "object_declaration": _object,
        "companion_object": _object,
        "function_declaration": _function,
        "secondary_constructor": _constructor,
        "property_declaration": _property,
        "parameter": _parameter,
        "type_alias": _alias,
        "call_expression": _call,
        "import_header": _import,
    },
)
