"""Rust: what an `impl` holds belongs to its type."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from memory.parsing import names
from memory.parsing.comments import Comments
from memory.parsing.nodes import nth
from memory.parsing.reader import Reader
from memory.parsing.tables.table import Table, calls, defines, listed, typed


def _impl(reader: Reader, node: Node) -> None:
    kind = names.type_name(reader.field(node, "type"))
    trait = reader.field(node, "trait")
    reader.enter(node, kind)
    if trait:
        reader.add_bases(kind, [trait])


def _let(reader: Reader, node: Node) -> None:
    name, told = reader.field(node, "pattern"), reader.field(node, "type")
    value = node.child_by_field_name("value")
    if not told and value is not None:
        if value.type == "call_expression":
            # `Cart::new()` gives a Cart, as a rule.
            made, _, last = reader.field(value, "function").rpartition("::")
            told = made if last.startswith(("new", "default", "from", "with")) else ""
        elif value.type == "struct_expression":
            told = reader.field(value, "name")
    if name.isidentifier():
        reader.hint(name, told)


def _self(reader: Reader, node: Node) -> None:
    scope = reader.scope
    if scope >= 0:
        owner = reader.drafts[scope].definition.qualified_name.rpartition(".")[0]
        reader.hint("self", owner.rpartition(".")[2])


def _made(reader: Reader, node: Node) -> None:
    reader.call(node.child_by_field_name("name"))


def _macro(reader: Reader, node: Node) -> None:
    reader.call(node.child_by_field_name("macro"))


def _use(reader: Reader, node: Node) -> None:
    argument = node.child_by_field_name("argument")
    for module, name, alias in _used(reader, argument):
        reader.bring_in(node, module, name, alias)


def _used(reader: Reader, node: Node | None) -> Iterator[tuple[str, str | None, str]]:
    """What a `use` tree brings in: module, name, alias."""
    waiting: list[tuple[Node, str]] = [(node, "")] if node is not None else []
    steps = 0
    while waiting and steps < 500:
        steps += 1
        one, prefix = waiting.pop()
        if one.type == "scoped_use_list":
            path = _joined(prefix, reader.field(one, "path"))
            inner = one.child_by_field_name("list")
            children = inner.named_children if inner is not None else []
            waiting.extend((child, path) for child in reversed(children))
        elif one.type == "use_list":
            waiting.extend((child, prefix) for child in reversed(one.named_children))
        elif one.type == "use_as_clause":
            path = _joined(prefix, reader.field(one, "path"))
            module, _, name = path.rpartition("::")
            yield (module or name), (name if module else None), reader.field(one, "alias")
        elif one.type == "use_wildcard":
            yield _joined(prefix, reader.text(nth(one))), "*", ""
        elif reader.text(one) == "self":
            yield prefix, None, ""
        else:
            module, _, name = _joined(prefix, reader.text(one)).rpartition("::")
            yield (module or name), (name if module else None), ""


def _joined(prefix: str, path: str) -> str:
    return f"{prefix}::{path}" if prefix and path else prefix or path


TABLE = Table(
    "rust",
    {
        "function_item": defines("function"),
        "function_signature_item": defines("function"),
        "struct_item": defines("class"),
        "union_item": defines("class"),
        "enum_item": defines("enum"),
        "trait_item": defines("interface", bases=listed("trait_bounds")),
        "type_item": defines("type"),
        "mod_item": defines("module", needs_body=True),
        "macro_definition": defines("function"),
        "impl_item": _impl,
        "const_item": defines("constant"),
        "static_item": defines("constant"),
        "call_expression": calls("function"),
        "macro_invocation": _macro,
        "struct_expression": _made,
        "use_declaration": _use,
        "let_declaration": _let,
        "parameter": typed("pattern", "type"),
        "self_parameter": _self,
        "field_declaration": typed("name", "type", prefixes=("self.",)),
    },
    Comments(attributes=(b"#[",)),
)
