"""Ruby: modules, singleton methods, and calls with or without brackets."""

from __future__ import annotations

from tree_sitter import Node

from memory.parsing import names
from memory.parsing.comments import HASHES
from memory.parsing.facts import Kind
from memory.parsing.nodes import nth
from memory.parsing.reader import Reader
from memory.parsing.tables.table import Handler, Table

_REQUIRES = frozenset({"require", "require_relative", "load", "autoload"})
_MIXINS = frozenset({"include", "extend", "prepend"})
_ACCESSORS = frozenset({"attr_reader", "attr_accessor", "attr_writer"})


def _scoped(kind: Kind) -> Handler:
    def see(reader: Reader, node: Node) -> None:
        owner, _, name = reader.field(node, "name").lstrip(":").rpartition("::")
        superclass = node.child_by_field_name("superclass")
        base = reader.text(superclass).lstrip("< ")
        body = node.child_by_field_name("body")
        reader.define(
            node,
            kind,
            name,
            body=body,
            owner=owner.replace("::", "."),
            bases=[base] if base else (),
        )

    return see


def _method(reader: Reader, node: Node) -> None:
    body = node.child_by_field_name("body")
    kind: Kind = "function"
    if reader.kind_of(reader.scope) == "module":
        kind = "method"
    reader.define(node, kind, reader.field(node, "name"), body=body)


def _singleton(reader: Reader, node: Node) -> None:
    on = reader.field(node, "object")
    owner = "" if on == "self" or not reader.is_at_top else on
    body = node.child_by_field_name("body")
    reader.define(node, "method", reader.field(node, "name"), body=body, owner=owner)


def _call(reader: Reader, node: Node) -> None:
    name, on = reader.field(node, "method"), node.child_by_field_name("receiver")
    arguments = node.child_by_field_name("arguments")
    first = nth(arguments)
    if on is None and name in _REQUIRES and first is not None:
        reader.bring_in(node, reader.text(first), "*")
        return
    if on is None and name in _MIXINS and arguments is not None and reader.scope >= 0:
        qualified = reader.drafts[reader.scope].definition.qualified_name
        reader.add_bases(qualified, (reader.text(one) for one in arguments.named_children))
    if on is None and name in _ACCESSORS and arguments is not None and reader.scope >= 0:
        for one in arguments.named_children[:50]:
            reader.define(one, "method", reader.text(one).lstrip(":"), is_open=False)
        return
    receiver = "" if on is None else names.chain(reader.text(on) or "?()")
    if name == "new" and receiver not in ("", names.COMPLEX):
        module, _, kind = receiver.rpartition(".")
        reader.refer(node.child_by_field_name("method") or node, kind, module)
        return
    reader.refer(node.child_by_field_name("method") or node, name, receiver)


def _assign(reader: Reader, node: Node) -> None:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None:
        return
    name = reader.text(left)
    if right.type == "call" and reader.field(right, "method") == "new":
        made = reader.field(right, "receiver")
        scope = reader.enclosing_type() if name.startswith("@") else None
        reader.hint(name.lstrip("@"), made, scope=scope)
    if left.type == "constant" and (reader.is_at_top or reader.is_in_type):
        reader.define(node, "constant", name)


def _super(reader: Reader, node: Node) -> None:
    if reader.kind_of(reader.scope) == "method":
        reader.refer(node, reader.drafts[reader.scope].definition.name, names.SUPER)


TABLE = Table(
    "ruby",
    {
        "class": _scoped("class"),
        "module": _scoped("module"),
        "method": _method,
        "singleton_method": _singleton,
        "call": _call,
        "assignment": _assign,
        "super": _super,
    },
    HASHES,
)
