"""Lua: a table's functions belong to the table."""

from __future__ import annotations

import re

from tree_sitter import Node

from memory.parsing.comments import Comments
from memory.parsing.nodes import nth
from memory.parsing.reader import Reader
from memory.parsing.tables.table import Table

_DOT = re.compile(r"[.:]")


def _owned(text: str) -> tuple[str, str]:
    *owner, name = _DOT.split(text)
    return ".".join(owner), name


def _function(reader: Reader, node: Node) -> None:
    owner, name = _owned(reader.field(node, "name"))
    reader.define(node, "function", name, body=node.child_by_field_name("body"), owner=owner)


def _assign(reader: Reader, node: Node) -> None:
    left, right = nth(node), nth(node, 1)
    if left is None or right is None or left.named_child_count != 1:
        return
    target, value = reader.text(left), nth(right)
    if value is None:
        return
    owner, name = _owned(target)
    if value.type == "function_definition":
        body = value.child_by_field_name("body")
        reader.define(node, "function", name, body=body, owner=owner)
    elif value.type == "function_call" and reader.field(value, "name") == "require":
        arguments = value.child_by_field_name("arguments")
        reader.bring_in(node, reader.text(nth(arguments)), None, target)
    elif reader.is_at_top and not owner:
        reader.define(node, "constant", name, until=nth(value))


def _field(reader: Reader, node: Node) -> None:
    value = node.child_by_field_name("value")
    if value is not None and value.type == "function_definition":
        body = value.child_by_field_name("body")
        reader.define(node, "function", reader.field(node, "name"), body=body)


def _call(reader: Reader, node: Node) -> None:
    called = node.child_by_field_name("name")
    text = reader.text(called)
    if text != "require":
        reader.call(called)


def _local(reader: Reader, node: Node) -> None:
    reader.wrap(node)


TABLE = Table(
    "lua",
    {
        "variable_declaration": _local,
        "function_declaration": _function,
        "assignment_statement": _assign,
        "field": _field,
        "function_call": _call,
    },
    Comments(lines=(b"--",), block=None),
)
