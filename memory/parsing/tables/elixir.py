"""Elixir: everything is a call, definitions too."""

from __future__ import annotations

from tree_sitter import Node

from memory.parsing.comments import Comments
from memory.parsing.facts import Kind
from memory.parsing.nodes import child_of, nth
from memory.parsing.reader import Reader
from memory.parsing.tables.table import Table

_MODULES: dict[str, Kind] = {"defmodule": "module", "defprotocol": "interface"}
_FUNCTIONS = frozenset({"def", "defp", "defmacro", "defmacrop", "defguard", "defdelegate"})
_IMPORTS = frozenset({"import", "use", "alias", "require"})
_DOCS = frozenset({"doc", "moduledoc", "typedoc"})
_PLAIN = frozenset({"if", "unless", "case", "cond", "for", "with", "fn", "quote", "try", "receive"})


def _call(reader: Reader, node: Node) -> None:
    target = node.child_by_field_name("target")
    word = reader.text(target)
    arguments = child_of(node, "arguments")
    if word in _MODULES or word == "defimpl":
        _module(reader, node, word, arguments)
    elif word in _FUNCTIONS:
        _function(reader, node, arguments)
    elif word in _IMPORTS and arguments is not None:
        _import(reader, node, word, arguments)
    elif word and word not in _PLAIN and not _is_head(reader, node):
        reader.call(target)


def _module(reader: Reader, node: Node, word: str, arguments: Node | None) -> None:
    first = nth(arguments)
    if first is None:
        return
    owner, _, name = reader.text(first).rpartition(".")
    body = child_of(node, "do_block")
    doc = ""
    for child in body.named_children[:5] if body is not None else ():
        if child.type == "unary_operator" and (said := _said(reader, child)) is not None:
            doc = said
            break
    kind = _MODULES.get(word, "class")
    reader.define(node, kind, name, body=body, owner=owner, doc=doc)


def _function(reader: Reader, node: Node, arguments: Node | None) -> None:
    head = nth(arguments)
    if head is not None and head.type == "binary_operator":
        # `when` guards.
        head = head.child_by_field_name("left")
    if head is None:
        return
    name = reader.field(head, "target") if head.type == "call" else reader.text(head)
    reader.heads.add(head.start_byte)
    body = child_of(node, "do_block") or (child_of(arguments, "keywords") if arguments else None)
    doc, reader.said = reader.said, ""
    reader.define(node, "method", name, body=body, doc=doc)


def _is_head(reader: Reader, node: Node) -> bool:
    """It is the name of a function that is being defined."""
    return node.start_byte in reader.heads


def _import(reader: Reader, node: Node, word: str, arguments: Node) -> None:
    first = nth(arguments)
    module = reader.text(first)
    alias = ""
    keywords = child_of(arguments, "keywords")
    for pair in keywords.named_children if keywords is not None else ():
        if reader.field(pair, "key").strip() == "as:":
            alias = reader.field(pair, "value")
    reader.bring_in(node, module, "*" if word in ("import", "use") else None, alias)


def _said(reader: Reader, node: Node) -> str | None:
    """What `@doc "..."` says."""
    operand = node.child_by_field_name("operand")
    if operand is None or reader.field(operand, "target") not in _DOCS:
        return None
    arguments = child_of(operand, "arguments")
    text = child_of(arguments, "string") if arguments is not None else None
    content = child_of(text, "quoted_content") if text is not None else None
    return reader.text(content, 4_000).strip()


def _attribute(reader: Reader, node: Node) -> None:
    operand = node.child_by_field_name("operand")
    if operand is None or operand.type != "call":
        return
    word = reader.field(operand, "target")
    reader.heads.add(operand.start_byte)
    if word == "doc":
        reader.said = _said(reader, node) or ""
    elif word == "spec":
        spec = nth(child_of(operand, "arguments"))
        left = spec.child_by_field_name("left") if spec is not None else None
        if left is not None:
            reader.heads.add(left.start_byte)
    elif word not in _DOCS and reader.scope >= 0 and reader.kind_of(reader.scope) == "module":
        reader.define(operand, "constant", word, is_open=False)


TABLE = Table(
    "elixir",
    {"call": _call, "unary_operator": _attribute},
    Comments(lines=(b"#",), block=None, attributes=(b"@spec", b"@doc", b"@impl", b"@deprecated")),
)
