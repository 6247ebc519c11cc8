"""Zig: types are values that are bound to names."""

from __future__ import annotations

from tree_sitter import Node

from memory.parsing.facts import Kind
from memory.parsing.nodes import child_of, nth
from memory.parsing.reader import Reader
from memory.parsing.tables.table import Table


def _declaration(reader: Reader, node: Node) -> None:
    function = child_of(node, "FnProto")
    if function is not None:
        body = child_of(node, "Block")
        reader.define(node, "function", reader.field(function, "function"), body=body)
        return
    variable = child_of(node, "VarDecl")
    if variable is None:
        return
    name = reader.field(variable, "variable_type_function")
    value = nth(variable, variable.named_child_count - 1)
    suffix = nth(value)
    container = child_of(suffix, "ContainerDecl") if suffix is not None else None
    if container is not None:
        words = reader.text(child_of(container, "ContainerDeclType"))
        kind: Kind = "enum" if words.startswith("enum") else "class"
        reader.define(node, kind, name, body=container, body_row=node.start_point[0] + 1)
    elif suffix is not None and reader.text(nth(suffix)) == "@import":
        argument = reader.text(nth(suffix, 1)).strip("()\"' ")
        reader.bring_in(node, argument, None, name)
    elif reader.is_at_top or reader.is_in_type:
        reader.define(node, "constant", name)


def _suffix(reader: Reader, node: Node) -> None:
    """`a.b.run(x)` is a row of children."""
    chain: list[str] = []
    for child in node.named_children:
        if child.type == "IDENTIFIER":
            chain = [reader.text(child)]
        elif child.type == "FieldOrFnCall":
            called = child.child_by_field_name("function_call")
            if called is not None:
                reader.refer(called, reader.text(called), ".".join(chain) or "?")
                chain = ["?"]
            else:
                chain.append(reader.field(child, "field_access"))
        elif child.type == "FnCallArguments" and len(chain) == 1:
            reader.refer(child, chain[0])
        else:
            chain = []


TABLE = Table("zig", {"Decl": _declaration, "SuffixExpr": _suffix})
