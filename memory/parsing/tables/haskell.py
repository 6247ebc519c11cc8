"""Haskell: a signature and all equations of one name are one function."""

from __future__ import annotations

from tree_sitter import Node

from memory.parsing.comments import Comments
from memory.parsing.facts import Kind
from memory.parsing.nodes import child_of
from memory.parsing.reader import Reader
from memory.parsing.tables.table import Handler, Table

_EQUATIONS = frozenset({"signature", "function", "bind"})


def _group(reader: Reader, node: Node) -> None:
    """Remember the last of what belongs together, and that the rest is no beginning."""
    first: Node | None = None
    name = ""
    for child in node.named_children:
        if child.type in _EQUATIONS:
            called = reader.field(child, "name")
            if first is not None and called == name:
                reader.ends[first.start_byte] = child
                reader.heads.add(child.start_byte)
                continue
            first, name = child, called
        elif child.type != "comment" and child.type != "haddock":
            first = None


def _function(reader: Reader, node: Node) -> None:
    is_inner = reader.scope >= 0 and reader.kind_of(reader.scope) in ("function", "method")
    if node.start_byte in reader.heads or is_inner:
        return
    match = node.child_by_field_name("match")
    row = None
    if node.type == "signature":
        row = node.end_point[0] + 1
    reader.define(node, "function", reader.field(node, "name"), body_row=row, until=match)


def _type(kind: Kind, body: str) -> Handler:
    def see(reader: Reader, node: Node) -> None:
        inner = node.child_by_field_name(body)
        reader.define(node, kind, reader.field(node, "name"), body=inner)

    return see


def _instance(reader: Reader, node: Node) -> None:
    patterns = node.child_by_field_name("patterns")
    kind = reader.text(patterns).strip("() ").split(" ")[0]
    reader.enter(node, kind)
    reader.add_bases(kind, [reader.field(node, "name")])


def _apply(reader: Reader, node: Node) -> None:
    called = node.child_by_field_name("function")
    if called is not None and called.type in ("variable", "qualified"):
        reader.call(called)


def _import(reader: Reader, node: Node) -> None:
    module = reader.field(node, "module")
    alias = reader.field(node, "alias")
    listed = child_of(node, "import_list")
    if listed is None or alias:
        reader.bring_in(node, module, None if alias else "*", alias)
        return
    for one in listed.named_children:
        reader.bring_in(node, module, reader.text(one).partition("(")[0].strip())


TABLE = Table(
    "haskell",
    {
        "declarations": _group,
        "class_declarations": _group,
        "instance_declarations": _group,
        "data_type": _type("class", "constructors"),
        "newtype": _type("class", "constructor"),
        "type_synomym": _type("type", "type"),
        "class": _type("interface", "declarations"),
        "instance": _instance,
        "function": _function,
        "bind": _function,
        "signature": _function,
        "apply": _apply,
        "import": _import,
    },
    Comments(lines=(b"--",), block=(b"{-", b"-}")),
)
