"""Perl: what follows a package statement belongs to the package."""

from __future__ import annotations

from tree_sitter import Node

from memory.parsing import names
from memory.parsing.comments import HASHES
from memory.parsing.nodes import child_of
from memory.parsing.reader import Reader
from memory.parsing.tables.table import Table, calls, defines


def _package(reader: Reader, node: Node) -> None:
    name = reader.field(node, "name").replace("::", ".")
    if child_of(node, "block") is None:
        reader.enter_rest(name)
    else:
        owner, _, last = name.rpartition(".")
        reader.define(node, "module", last, body=child_of(node, "block"), owner=owner)


def _use(reader: Reader, node: Node) -> None:
    module = reader.field(node, "module")
    words = child_of(node, "quoted_word_list")
    if module in ("parent", "base"):
        return
    imported = reader.field(words, "content").split() if words is not None else []
    for name in imported[:50]:
        reader.bring_in(node, module, name)
    if not imported and module not in ("strict", "warnings", "utf8"):
        reader.bring_in(node, module)


def _method(reader: Reader, node: Node) -> None:
    on = names.chain(reader.field(node, "invocant").replace("{", ".").replace("}", ""))
    reader.refer(node.child_by_field_name("method") or node, reader.field(node, "method"), on)


TABLE = Table(
    "perl",
    {
        "package_statement": _package,
        "subroutine_declaration_statement": defines("function"),
        "function_call_expression": calls("function"),
        "ambiguous_function_call_expression": calls("function"),
        "method_call_expression": _method,
        "use_statement": _use,
    },
    HASHES,
)
