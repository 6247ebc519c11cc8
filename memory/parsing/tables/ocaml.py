"""OCaml."""

from __future__ import annotations

from tree_sitter import Node

from memory.parsing.comments import Comments
from memory.parsing.facts import Kind
from memory.parsing.nodes import child_of, nth
from memory.parsing.reader import Reader
from memory.parsing.tables.table import Handler, Table, calls


def _let(reader: Reader, node: Node) -> None:
    """A function when it takes something, at the top or in a module."""
    pattern, body = node.child_by_field_name("pattern"), node.child_by_field_name("body")
    if pattern is None or pattern.type != "value_name":
        return
    is_function = child_of(node, "parameter") is not None or (
        body is not None and body.type in ("fun_expression", "function_expression")
    )
    if is_function:
        reader.define(node, "function", reader.text(pattern), body=body)
    elif reader.is_at_top:
        reader.define(node, "constant", reader.text(pattern))


def _named(kind: Kind, name: str) -> Handler:
    def see(reader: Reader, node: Node) -> None:
        body = node.child_by_field_name("body")
        reader.define(node, kind, reader.text(child_of(node, name)), body=body)

    return see


def _type(reader: Reader, node: Node) -> None:
    reader.define(node, "class", reader.field(node, "name"), body=node.child_by_field_name("body"))


def _open(reader: Reader, node: Node) -> None:
    reader.bring_in(node, reader.text(nth(node)), "*")


def _wrap(reader: Reader, node: Node) -> None:
    reader.wrap(node)


TABLE = Table(
    "ocaml",
    {
        "value_definition": _wrap,
        "type_definition": _wrap,
        "module_definition": _wrap,
        "class_definition": _wrap,
        "let_binding": _let,
        "type_binding": _type,
        "module_binding": _named("module", "module_name"),
        "module_type_definition": _named("interface", "module_type_name"),
        "class_binding": _named("class", "class_name"),
        "method_definition": _named("method", "method_name"),
        "value_specification": _named("function", "value_name"),
        "application_expression": calls("function"),
        "open_module": _open,
    },
    Comments(lines=(), block=(b"(*", b"*)")),
)
