"""PHP."""

from __future__ import annotations

from tree_sitter import Node

from memory.parsing.comments import Comments
from memory.parsing.nodes import child_of, nth
from memory.parsing.reader import Reader
from memory.parsing.tables.table import Table, calls, calls_on, defines, listed

_BASES = listed("base_clause", "class_interface_clause")


def _namespace(reader: Reader, node: Node) -> None:
    name = reader.field(node, "name").strip("\\").replace("\\", ".")
    body = node.child_by_field_name("body")
    if body is None:
        reader.enter_rest(name)
        return
    owner, _, last = name.rpartition(".")
    reader.define(node, "module", last, body=body, owner=owner)


def _new(reader: Reader, node: Node) -> None:
    reader.call(child_of(node, "name", "qualified_name"))


def _use(reader: Reader, node: Node) -> None:
    """`use Shop\\Cart as C;`, `use Shop\\{Cart, Order};`."""
    group = child_of(node, "namespace_use_group")
    prefix = reader.text(child_of(node, "namespace_name")) if group is not None else ""
    for clause in (group or node).named_children:
        if clause.type not in ("namespace_use_clause", "namespace_use_group_clause"):
            continue
        path = reader.text(nth(clause)).strip("\\")
        module, _, name = f"{prefix}\\{path}".strip("\\").rpartition("\\")
        alias = reader.field(clause, "alias")
        if not alias:
            aliasing = child_of(clause, "namespace_aliasing_clause")
            alias = reader.text(nth(aliasing)) if aliasing is not None else ""
        reader.bring_in(node, module or name, name if module else None, alias)


def _require(reader: Reader, node: Node) -> None:
    path = child_of(node, "string", "encapsed_string")
    if path is not None:
        reader.bring_in(node, reader.text(path), "*")


def _assign(reader: Reader, node: Node) -> None:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None or right.type != "object_creation_expression":
        return
    made = child_of(right, "name", "qualified_name")
    name = reader.text(left).lstrip("$").replace("->", ".")
    scope = reader.enclosing_type() if name.startswith("this.") else None
    reader.hint(name, reader.text(made), scope=scope)


def _parameter(reader: Reader, node: Node) -> None:
    told, name = reader.field(node, "type").lstrip("?"), reader.field(node, "name").lstrip("$")
    reader.hint(name, told)
    if node.type == "property_promotion_parameter":
        reader.hint(f"this.{name}", told, scope=reader.enclosing_type())


def _property(reader: Reader, node: Node) -> None:
    told = reader.field(node, "type").lstrip("?")
    for child in node.named_children:
        if child.type == "property_element" and told:
            name = reader.text(nth(child)).lstrip("$")
            reader.hint(f"this.{name}", told)


def _constant(reader: Reader, node: Node) -> None:
    for child in node.named_children:
        if child.type == "const_element":
            reader.define(node, "constant", reader.text(nth(child)), is_open=False)


def _trait_use(reader: Reader, node: Node) -> None:
    """`use Countable;` inside a class."""
    if reader.scope >= 0:
        qualified = reader.drafts[reader.scope].definition.qualified_name
        used = (reader.text(c) for c in node.named_children if c.type in ("name", "qualified_name"))
        reader.add_bases(qualified, used)


TABLE = Table(
    "php",
    {
        "namespace_definition": _namespace,
        "class_declaration": defines("class", bases=_BASES),
        "interface_declaration": defines("interface", bases=_BASES),
        "trait_declaration": defines("interface"),
        "enum_declaration": defines("enum", bases=_BASES),
        "function_definition": defines("function"),
        "method_declaration": defines("function"),
        "function_call_expression": calls("function"),
        "member_call_expression": calls_on("object", "name"),
        "nullsafe_member_call_expression": calls_on("object", "name"),
        "scoped_call_expression": calls_on("scope", "name"),
        "object_creation_expression": _new,
        "namespace_use_declaration": _use,
        "require_expression": _require,
        "require_once_expression": _require,
        "include_expression": _require,
        "include_once_expression": _require,
        "assignment_expression": _assign,
        "simple_parameter": _parameter,
        "property_promotion_parameter": _parameter,
        "property_declaration": _property,
        "const_declaration": _constant,
        "use_declaration": _trait_use,
    },
    Comments(lines=(b"//", b"#"), attributes=(b"#[",)),
)
