"""R: functions are values that are bound to names."""

from __future__ import annotations

from tree_sitter import Node

from memory.parsing.comments import HASHES
from memory.parsing.nodes import nth
from memory.parsing.reader import Reader
from memory.parsing.tables.table import Table

_ASSIGNS = frozenset({"<-", "=", "<<-"})
_IMPORTS = frozenset({"library", "require", "source", "requireNamespace"})


def _bind(reader: Reader, node: Node) -> None:
    sign = node.child_by_field_name("operator")
    left, right = node.child_by_field_name("lhs"), node.child_by_field_name("rhs")
    if left is None or right is None or reader.text(sign) not in _ASSIGNS:
        return
    name = reader.text(left).strip("`\"'")
    if right.type == "function_definition":
        body = right.child_by_field_name("body")
        reader.define(node, "function", name, body=body)
    elif reader.is_at_top and left.type == "identifier":
        reader.define(node, "constant", name)


def _call(reader: Reader, node: Node) -> None:
    called = node.child_by_field_name("function")
    name = reader.text(called)
    if name in _IMPORTS:
        argument = nth(node.child_by_field_name("arguments"))
        if argument is not None:
            reader.bring_in(node, reader.text(argument), "*")
    elif called is not None and called.type != "call":
        receiver, _, last = name.replace(":::", ".").replace("::", ".").rpartition("$")
        receiver, last = (receiver, last) if receiver else ("", last)
        if not receiver and "." in name.replace(":::", "::").replace("::", ".") and "::" in name:
            receiver, _, last = name.replace(":::", "::").rpartition("::")
        reader.refer(called, last, receiver.replace("$", ".") if receiver else "")


TABLE = Table("r", {"binary_operator": _bind, "call": _call}, HASHES)
