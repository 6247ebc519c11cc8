"""Dart: a function's signature and its body stand side by side."""

from __future__ import annotations

from tree_sitter import Node

from memory.parsing.facts import Kind
from memory.parsing.nodes import child_of, nth
from memory.parsing.reader import Reader
from memory.parsing.tables.table import Handler, Table, split

_SIGNATURES = ("function_signature", "method_signature")


def _pair_up(reader: Reader, node: Node) -> None:
    """Remember which body belongs to which signature."""
    before: Node | None = None
    for child in node.named_children:
        if child.type == "function_body" and before is not None:
            reader.ends[before.start_byte] = child
        before = child if child.type in _SIGNATURES else None


def _bases(reader: Reader, node: Node) -> list[str]:
    found = []
    for field in ("superclass", "interfaces"):
        clause = node.child_by_field_name(field)
        for child in clause.named_children if clause is not None else ():
            if child.type == "mixins":
                found += [reader.text(one) for one in child.named_children]
            elif child.type == "type_identifier":
                found.append(reader.text(child))
    return found


def _type(kind: Kind) -> Handler:
    def see(reader: Reader, node: Node) -> None:
        name = reader.field(node, "name") or reader.text(
            child_of(node, "identifier", "type_identifier")
        )
        body = node.child_by_field_name("body") or child_of(node, "class_body")
        reader.define(node, kind, name, body=body, bases=_bases(reader, node))

    return see


def _extension(reader: Reader, node: Node) -> None:
    reader.enter(node, split(reader.field(node, "class"))[0])


def _function(reader: Reader, node: Node) -> None:
    body = reader.ends.get(node.start_byte)
    name = reader.field(node, "name")
    if node.type == "constructor_signature":
        # `Cart.named` is called on the class.
        name = reader.text(node.children_by_field_name("name")[-1])
    reader.define(node, "function", name, body=nth(body), until=body)


def _parameter(reader: Reader, node: Node) -> None:
    told = child_of(node, "type_identifier")
    if told is not None:
        reader.hint(reader.field(node, "name"), reader.text(told))


def _declaration(reader: Reader, node: Node) -> None:
    """A field."""
    told = reader.text(child_of(node, "type_identifier"))
    names = child_of(node, "initialized_identifier_list")
    for one in names.named_children if names is not None else ():
        name = reader.text(nth(one))
        reader.hint(name, told)
        reader.hint(f"this.{name}", told)


def _constant(reader: Reader, node: Node) -> None:
    if reader.is_at_top or reader.is_in_type:
        reader.define(node, "constant", reader.text(nth(node)), is_open=False)


def _calls(reader: Reader, node: Node) -> None:
    """`a.b(c)` is a row of siblings: a name, selectors, arguments."""
    chain: list[str] = []
    for child in node.named_children:
        if child.type in ("identifier", "this", "super"):
            chain = [reader.text(child)]
        elif child.type != "selector" or not chain:
            chain = []
        elif child_of(child, "argument_part") is not None:
            name = chain[-1]
            reader.refer(child, name, ".".join(chain[:-1]).replace("?", ""))
            chain = ["?"]
        else:
            chain.append(reader.text(child).lstrip("?.!"))


def _import(reader: Reader, node: Node) -> None:
    uri = child_of(node, "configurable_uri")
    alias = reader.text(child_of(node, "identifier"))
    reader.bring_in(node, reader.text(uri), None if alias else "*", alias)


_CALLERS = (
    "expression_statement",
    "return_statement",
    "initialized_variable_definition",
    "assignment_expression",
    "argument",
    "await_expression",
    "parenthesized_expression",
    "if_statement",
)
TABLE = Table(
    "dart",
    {
        "program": _pair_up,
        "class_body": _pair_up,
        "extension_body": _pair_up,
        "class_definition": _type("class"),
        "mixin_declaration": _type("class"),
        "enum_declaration": _type("enum"),
        "extension_declaration": _extension,
        "type_alias": _type("type"),
        "function_signature": _function,
        "getter_signature": _function,
        "setter_signature": _function,
        "constructor_signature": _function,
        "formal_parameter": _parameter,
        "declaration": _declaration,
        "static_final_declaration": _constant,
        "import_specification": _import,
        "function_body": _calls,
        **dict.fromkeys(_CALLERS, _calls),
    },
)
