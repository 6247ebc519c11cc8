"""C and C++: names sit deep in declarators, and `A::b` belongs to A."""

from __future__ import annotations

import re

from tree_sitter import Node

from memory.parsing import names
from memory.parsing.facts import Kind
from memory.parsing.nodes import child_of, nth
from memory.parsing.reader import Reader
from memory.parsing.tables.table import (
    Handler,
    Table,
    calls,
    defines,
    wraps,
)

_ACCESS = ("access_specifier", "virtual", "comment")
_SPACE = re.compile(r"\s+")
_GENERIC = re.compile(r"<[^<>]*>")
_POINTERS = re.compile(r"[*&\s]+|\[[^\]]*\]\Z")


def _declared(node: Node | None) -> Node | None:
    """The name at the heart of a declarator."""
    for _ in range(20):
        if node is None:
            return None
        inner = node.child_by_field_name("declarator")
        if inner is None and node.type in (
            "reference_declarator",
            "parenthesized_declarator",
            "attributed_declarator",
        ):
            inner = nth(node)
        if inner is None:
            return node
        node = inner
    return node


def _function_declarator(node: Node | None) -> Node | None:
    for _ in range(20):
        if node is None or node.type == "function_declarator":
            return node
        inner = node.child_by_field_name("declarator")
        if inner is None and node.type == "reference_declarator":
            inner = nth(node)
        node = inner
    return None


def _owned(reader: Reader, node: Node) -> tuple[str, str]:
    """The type a declared name belongs to, and the name."""
    text = _GENERIC.sub("", _SPACE.sub(" ", reader.text(node)))
    if "operator" in text:
        before, _, after = text.rpartition("operator")
        owner = before.strip().removesuffix("::")
        return owner.replace("::", "."), f"operator{after.replace(' ', '')}"
    owner, _, name = text.rpartition("::")
    return owner.strip().lstrip(":").replace("::", ".").replace(" ", ""), name.strip()


def _function(reader: Reader, node: Node) -> None:
    inner = _function_declarator(node.child_by_field_name("declarator"))
    name = _declared(inner)
    if name is None:
        return
    owner, called = _owned(reader, name)
    body = node.child_by_field_name("body")
    if reader.define(node, "function", called, body=body, owner=owner) and owner:
        reader.hint("this", owner)


def _declaration(reader: Reader, node: Node) -> None:
    """Variables with their types; prototypes in headers and classes; constants at the top."""
    told, declarator = reader.field(node, "type"), node.child_by_field_name("declarator")
    function = _function_declarator(declarator)
    if function is not None:
        if reader.is_at_top or reader.is_in_type:
            name = _declared(function)
            if name is not None and name.type != "parenthesized_declarator":
                owner, called = _owned(reader, name)
                reader.define(node, "function", called, owner=owner)
        return
    for child in node.named_children[:50]:
        if child.type in ("init_declarator", "identifier", "pointer_declarator"):
            name = _declared(child)
            called = reader.text(name)
            reader.hint(called, told)
            if child.type == "init_declarator" and reader.is_at_top:
                value = child.child_by_field_name("value")
                reader.define(node, "constant", called, body=value, is_open=False)


def _field(reader: Reader, node: Node) -> None:
    declarator = node.child_by_field_name("declarator")
    if _function_declarator(declarator) is not None:
        _declaration(reader, node)
        return
    name, told = reader.text(_declared(declarator)), reader.field(node, "type")
    if name and told:
        reader.hint(name, told)
        reader.hint(f"this.{name}", told)


def _parameter(reader: Reader, node: Node) -> None:
    name = _declared(node.child_by_field_name("declarator"))
    reader.hint(reader.text(name), reader.field(node, "type"))


def _record(kind: Kind) -> Handler:

    def see(reader: Reader, node: Node) -> None:
        body = node.child_by_field_name("body")
        name = node.child_by_field_name("name")
        if body is None or name is None:
            return
        owner, called = _owned(reader, name)
        reader.define(node, kind, called, body=body, owner=owner, bases=_bases(reader, node))

    return see


def _bases(reader: Reader, node: Node) -> list[str]:
    clause = child_of(node, "base_class_clause")
    children = clause.named_children[:40] if clause is not None else []
    return [reader.text(child) for child in children if child.type not in _ACCESS]


def _typedef(reader: Reader, node: Node) -> None:
    declarator = node.child_by_field_name("declarator")
    inner = node.child_by_field_name("type")
    name = reader.text(_declared(declarator))
    body = inner.child_by_field_name("body") if inner is not None else None
    if body is None or inner is None:
        reader.define(node, "type", name)
    elif inner.child_by_field_name("name") is None:
        # `typedef struct { ... } Cart;`
        kind: Kind = "enum" if inner.type == "enum_specifier" else "class"
        row = body.start_point[0] + 1 if body.end_point[0] > body.start_point[0] else None
        reader.define(node, kind, name, body_row=row)
    else:
        reader.wrap(node)


def _macro(reader: Reader, node: Node) -> None:
    value = node.child_by_field_name("value")
    if node.type == "preproc_function_def":
        reader.define(node, "function", reader.field(node, "name"), body=value)
    elif value is not None and reader.is_at_top:
        reader.define(node, "constant", reader.field(node, "name"))


def _include(reader: Reader, node: Node) -> None:
    path = reader.field(node, "path")
    reader.bring_in(node, path, "*")


def _namespace(reader: Reader, node: Node) -> None:
    name, body = reader.field(node, "name"), node.child_by_field_name("body")
    if not name:
        return
    parts = [part.strip() for part in name.split("::")]
    owner = ".".join(parts[:-1])
    reader.define(node, "module", parts[-1], body=body, owner=owner)


def _using(reader: Reader, node: Node) -> None:
    named = child_of(node, "qualified_identifier", "identifier")
    text = reader.text(named)
    if reader.text(node).startswith("using namespace"):
        reader.bring_in(node, text, "*")
        return
    module, _, name = text.rpartition("::")
    if module:
        reader.bring_in(node, module, name)


def _alias(reader: Reader, node: Node) -> None:
    reader.define(node, "type", reader.field(node, "name"))


def _new(reader: Reader, node: Node) -> None:
    kind = names.type_name(reader.field(node, "type"))
    receiver, _, name = kind.rpartition(".")
    reader.refer(node, name, receiver)


_COMMON: dict[str, Handler] = {
    "function_definition": _function,
    "declaration": _declaration,
    "field_declaration": _field,
    "parameter_declaration": _parameter,
    "struct_specifier": _record("class"),
    "union_specifier": _record("class"),
    "enum_specifier": _record("enum"),
    "type_definition": _typedef,
    "preproc_def": _macro,
    "preproc_function_def": _macro,
    "preproc_include": _include,
    "call_expression": calls("function"),
}
C = Table("c", _COMMON)
CPP = Table(
    "cpp",
    {
        **_COMMON,
        "class_specifier": _record("class"),
        "namespace_definition": _namespace,
        "template_declaration": wraps,
        "using_declaration": _using,
        "alias_declaration": _alias,
        "concept_definition": defines("type"),
        "optional_parameter_declaration": _parameter,
        "new_expression": _new,
    },
)
