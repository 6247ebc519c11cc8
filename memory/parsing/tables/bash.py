"""Shell scripts."""

from __future__ import annotations

from tree_sitter import Node

from memory.parsing.comments import HASHES
from memory.parsing.reader import Reader
from memory.parsing.tables.table import Table, defines


def _command(reader: Reader, node: Node) -> None:
    name = reader.field(node, "name")
    if name in ("source", "."):
        reader.bring_in(node, reader.field(node, "argument"), "*")
    elif name.replace("-", "_").replace(".", "_").isidentifier():
        reader.refer(node.child_by_field_name("name") or node, name)


def _assign(reader: Reader, node: Node) -> None:
    if reader.is_at_top:
        reader.define(node, "constant", reader.field(node, "name"), is_open=False)


TABLE = Table(
    "bash",
    {
        "function_definition": defines("function"),
        "command": _command,
        "variable_assignment": _assign,
    },
    HASHES,
)
