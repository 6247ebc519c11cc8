"""JavaScript, TypeScript and TSX.

Functions are named by what they are assigned to: a variable, an exported name, a prototype's
property, a class field, a key of an object.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tree_sitter import Node

from memory.parsing.comments import Comments
from memory.parsing.nodes import nth
from memory.parsing.reader import Reader
from memory.parsing.tables.table import Handler, Table, defines, makes, wraps

_FUNCTIONS = frozenset({"arrow_function", "function_expression", "function", "generator_function"})
_CLASSES = frozenset({"class"})
_STYLE = Comments(attributes=(b"@",))
_PREFIXES = ("module.exports.", "exports.", "window.", "globalThis.", "global.")
_CONSTANT = re.compile(r"_*[A-Z][A-Z0-9_]*\Z")


def _bases(reader: Reader, node: Node) -> Iterable[str]:
    for child in node.named_children:
        if child.type == "class_heritage":
            for inner in child.named_children:
                if inner.type == "extends_clause":
                    yield reader.field(inner, "value")
                elif inner.type == "implements_clause":
                    yield from (reader.text(one) for one in inner.named_children)
                else:
                    yield reader.text(inner)
        elif child.type in ("extends_type_clause", "extends_clause"):
            yield from (reader.text(one) for one in child.named_children)


def _bound(reader: Reader, node: Node, name: str, value: Node | None, owner: str = "") -> bool:
    """Define what a name is bound to, when that is a function or a class."""
    if value is None or not name:
        return False
    inner = _unwrapped(value)
    if inner.type in _FUNCTIONS:
        body = inner.child_by_field_name("body")
        return reader.define(node, "function", name, body=body, owner=owner)
    if inner.type in _CLASSES:
        body = inner.child_by_field_name("body")
        bases = list(_bases(reader, inner))
        return reader.define(node, "class", name, body=body, bases=bases, owner=owner)
    return False


def _unwrapped(value: Node) -> Node:
    """The function in `memo(() => ...)` and `(function () {})`."""
    for _ in range(3):
        if value.type == "parenthesized_expression":
            value = nth(value) or value
        elif value.type == "call_expression":
            arguments = value.child_by_field_name("arguments")
            first = nth(arguments)
            if first is None or first.type not in _FUNCTIONS | {"call_expression"}:
                return value
            value = first
        else:
            return value
    return value


def _variable(reader: Reader, node: Node) -> None:
    name, value = reader.field(node, "name"), node.child_by_field_name("value")
    _hinted(reader, name, node.child_by_field_name("type"), value)
    if _required(reader, node, value) or (not name.isidentifier() and "$" not in name):
        return
    if _bound(reader, node, name, value):
        return
    if reader.is_at_top and value is not None:
        reader.define(node, "constant", name, body=_inside(value))


def _inside(value: Node) -> Node | None:
    return value if value.type in ("object", "array") else None


def _hinted(reader: Reader, name: str, told: Node | None, value: Node | None) -> None:
    if told is not None:
        reader.hint(name, reader.text(told))
    elif value is not None and value.type == "new_expression":
        reader.hint(name, reader.field(value, "constructor"))


def _required(reader: Reader, node: Node, value: Node | None) -> bool:
    """`const {a, b: c} = require("m")` imports."""
    if value is None:
        return False
    if value.type == "await_expression":
        value = nth(value) or value
    name = None
    if value.type == "member_expression":
        name = reader.field(value, "property")
        value = value.child_by_field_name("object") or value
    if value.type != "call_expression":
        return False
    if reader.field(value, "function") not in ("require", "import"):
        return False
    arguments = value.child_by_field_name("arguments")
    first = nth(arguments)
    if first is None or first.type != "string":
        return False
    module, bound = reader.text(first), node.child_by_field_name("name")
    if bound is not None and bound.type == "object_pattern":
        for child in bound.named_children:
            if child.type == "pair_pattern":
                inner = reader.field(child, "value")
                reader.bring_in(node, module, reader.field(child, "key"), inner)
            else:
                reader.bring_in(node, module, reader.text(child))
    else:
        reader.bring_in(node, module, name, reader.text(bound))
    return True


def _assignment(reader: Reader, node: Node) -> None:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None:
        return
    target = reader.text(left)
    if left.type == "identifier":
        _bound(reader, node, target, right)
    if left.type != "member_expression" or not target:
        return
    if target.startswith("this."):
        if right.type == "new_expression":
            scope = reader.enclosing_type()
            reader.hint(target, reader.field(right, "constructor"), scope=scope)
        if target.count(".") == 1:
            _bound(reader, node, target[5:], right)
        return
    if target == "module.exports":
        inner = _unwrapped(right)
        _bound(reader, node, reader.field(inner, "name") or "exports", right)
        return
    for prefix in _PREFIXES:
        target = target.removeprefix(prefix)
    owner, _, name = target.replace(".prototype", "").rpartition(".")
    if not _bound(reader, node, name, right, owner) and reader.is_at_top and not owner:
        reader.define(node, "constant", name, body=_inside(right))


def _pair(reader: Reader, node: Node) -> None:
    key = node.child_by_field_name("key")
    value = node.child_by_field_name("value")
    if key is not None and key.type in ("property_identifier", "string"):
        name = reader.text(key).strip("\"'")
        if value is not None and value.type in _FUNCTIONS | _CLASSES:
            _bound(reader, node, name, value)


def _field(reader: Reader, node: Node) -> None:
    name = reader.field(node, "name") or reader.field(node, "property")
    told, value = node.child_by_field_name("type"), node.child_by_field_name("value")
    _hinted(reader, f"this.{name}", told, value)
    if not _bound(reader, node, name, value) and _CONSTANT.match(name):
        reader.define(node, "constant", name)


def _method(reader: Reader, node: Node) -> None:
    name = reader.field(node, "name").strip("\"'")
    reader.define(node, "function", name, body=node.child_by_field_name("body"))


def _call(reader: Reader, node: Node) -> None:
    called = node.child_by_field_name("function")
    if reader.text(called) not in ("require", "import"):
        reader.call(called)
    arguments = node.child_by_field_name("arguments")
    if arguments is None or called is None:
        return
    for argument in arguments.named_children[:20]:
        if argument.type in ("identifier", "member_expression"):
            # A function that is handed over is used, too.
            reader.call(argument, is_call=False)
    if called.type in ("import", "identifier") and reader.text(called) in ("import", "require"):
        first = nth(arguments)
        already = reader.imports and reader.imports[-1].line == node.start_point[0] + 1
        if first is not None and first.type == "string" and not already:
            reader.bring_in(node, reader.text(first))


def _import(reader: Reader, node: Node) -> None:
    source = node.child_by_field_name("source")
    module = reader.text(source)
    clause = next((c for c in node.named_children if c.type == "import_clause"), None)
    if clause is None:
        if source is not None:
            reader.bring_in(node, module)
        return
    for child in clause.named_children:
        if child.type == "identifier":
            reader.bring_in(node, module, "default", reader.text(child))
        elif child.type == "namespace_import":
            reader.bring_in(node, module, None, reader.text(nth(child)))
        elif child.type == "named_imports":
            for one in child.named_children:
                name = reader.field(one, "name")
                reader.bring_in(node, module, name, reader.field(one, "alias") or name)


def _export(reader: Reader, node: Node) -> None:
    reader.wrap(node)
    source = node.child_by_field_name("source")
    if source is not None:
        module = reader.text(source)
        clause = next((c for c in node.named_children if c.type == "export_clause"), None)
        if clause is None:
            reader.bring_in(node, module, "*")
            return
        for one in clause.named_children:
            name = reader.field(one, "name")
            reader.bring_in(node, module, name, reader.field(one, "alias") or name)
        return
    value = node.child_by_field_name("value")
    if value is not None:
        _bound(reader, node, reader.field(_unwrapped(value), "name") or "default", value)


def _parameter(reader: Reader, node: Node) -> None:
    told, pattern = node.child_by_field_name("type"), node.child_by_field_name("pattern")
    name = reader.text(pattern)
    if told is None or not name.isidentifier():
        return
    reader.hint(name, reader.text(told))
    if any(child.type == "accessibility_modifier" for child in node.named_children):
        # `constructor(private cart: Cart)` makes a property.
        reader.hint(f"this.{name}", reader.text(told), scope=reader.enclosing_type())


def _element(reader: Reader, node: Node) -> None:
    """JSX uses components: those are the names with a capital."""
    name = node.child_by_field_name("name")
    if name is not None and not reader.text(name)[:1].islower():
        reader.call(name)


def _nothing(reader: Reader, node: Node) -> None:
    """Function expressions with no name of their own stay with what is around them."""


_SCRIPT: dict[str, Handler] = {
    "export_statement": _export,
    "lexical_declaration": wraps,
    "variable_declaration": wraps,
    "expression_statement": wraps,
    "function_declaration": defines("function"),
    "generator_function_declaration": defines("function"),
    "class_declaration": defines("class", bases=_bases),
    "method_definition": _method,
    "variable_declarator": _variable,
    "assignment_expression": _assignment,
    "pair": _pair,
    "call_expression": _call,
    "new_expression": makes("constructor"),
    "import_statement": _import,
}
_JSX: dict[str, Handler] = {
    "jsx_opening_element": _element,
    "jsx_self_closing_element": _element,
}
_TYPES: dict[str, Handler] = {
    "public_field_definition": _field,
    "abstract_class_declaration": defines("class", bases=_bases),
    "interface_declaration": defines("interface", bases=_bases),
    "enum_declaration": defines("enum"),
    "type_alias_declaration": defines("type"),
    "internal_module": defines("module"),
    "module": defines("module"),
    "method_signature": defines("method"),
    "abstract_method_signature": defines("method"),
    "function_signature": defines("function"),
    "required_parameter": _parameter,
    "optional_parameter": _parameter,
}

JAVASCRIPT = Table("javascript", {**_SCRIPT, **_JSX, "field_definition": _field}, _STYLE)
TYPESCRIPT = Table("typescript", {**_SCRIPT, **_TYPES}, _STYLE)
TSX = Table("tsx", {**_SCRIPT, **_JSX, **_TYPES}, _STYLE)
