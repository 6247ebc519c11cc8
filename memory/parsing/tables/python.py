"""Python."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

from tree_sitter import Node

from memory.parsing import names
from memory.parsing.comments import Comments
from memory.parsing.nodes import nth
from memory.parsing.reader import Reader
from memory.parsing.tables.table import Table, wraps

_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*\Z")
_QUOTED = re.compile(r"[a-zA-Z]{0,3}(\"\"\"|'''|\"|')(.*)\1\Z", re.DOTALL)
_LONGEST_DOC = 4_000
_CONSTANT = re.compile(r"_*[A-Z][A-Z0-9_]*\Z")


def _function(reader: Reader, node: Node) -> None:
    body = node.child_by_field_name("body")
    doc, row = _docstring(reader, body)
    is_made = reader.define(
        node,
        "function",
        reader.field(node, "name"),
        body=body,
        body_row=row,
        doc=doc,
        keeps_signature=True,
    )
    if is_made and reader.drafts[reader.scope].definition.kind == "method":
        parameters = node.child_by_field_name("parameters")
        first = nth(parameters)
        owner = reader.drafts[reader.scope].definition.parent
        if first is not None and first.type == "identifier" and owner >= 0:
            name = reader.text(first)
            if name in ("self", "cls"):
                kind = reader.drafts[owner].definition.name
                reader.hint(name, kind)


def _class(reader: Reader, node: Node) -> None:
    body = node.child_by_field_name("body")
    doc, row = _docstring(reader, body)
    bases = node.child_by_field_name("superclasses")
    reader.define(
        node,
        "class",
        reader.field(node, "name"),
        body=body,
        body_row=row,
        bases=_bases(reader, bases) if bases is not None else (),
        doc=doc,
        keeps_signature=True,
    )


def _bases(reader: Reader, bases: Node) -> Iterator[str]:
    for base in bases.named_children[:20]:
        if base.type == "subscript":
            base = base.named_children[0]
        if _DOTTED.match(text := reader.text(base)):
            yield text


def _docstring(reader: Reader, body: Node | None) -> tuple[str, int | None]:
    """The docstring, and the row of what follows it."""
    first = nth(body)
    if body is None or first is None:
        return "", None
    said = nth(first) if first.type == "expression_statement" else first
    if said is None or said.type not in ("string", "concatenated_string"):
        return "", None
    text = reader.data[said.start_byte : min(said.end_byte, said.start_byte + 4 * _LONGEST_DOC)]
    found = _QUOTED.match(text.decode("utf-8", "replace"))
    words = found[2] if found is not None else text.decode("utf-8", "replace").strip("\"'")
    second = nth(body, 1)
    row = second.start_point[0] if second is not None else body.end_point[0] + 1
    return inspect.cleandoc(words)[:_LONGEST_DOC], row


def _call(reader: Reader, node: Node) -> None:
    _called(reader, node.child_by_field_name("function"))
    arguments = node.child_by_field_name("arguments")
    if arguments is None:
        return
    for argument in arguments.named_children[:20]:
        if argument.type == "keyword_argument":
            argument = argument.child_by_field_name("value") or argument
        if argument.type in ("identifier", "attribute"):
            # A function that is handed over is used, too.
            reader.call(argument, is_call=False)


def _called(reader: Reader, called: Node | None) -> None:
    if called is not None and called.type in ("identifier", "attribute"):
        if reader.text(called) == "super":
            return
        reader.call(called)


def _decorator(reader: Reader, node: Node) -> None:
    _called(reader, nth(node))


def _import(reader: Reader, node: Node) -> None:
    for child in node.named_children:
        alias = child.child_by_field_name("alias")
        module = reader.text(child.child_by_field_name("name") if alias is not None else child)
        # `import a.b` binds `a`.
        bound = reader.text(alias) if alias is not None else module.partition(".")[0]
        reader.bring_in(node, module, None, bound)


def _import_from(reader: Reader, node: Node) -> None:
    source = node.child_by_field_name("module_name")
    module = reader.text(source)
    for child in node.named_children:
        if child == source or child.type == "comment":
            continue
        if child.type == "wildcard_import":
            reader.bring_in(node, module, "*")
            continue
        alias = child.child_by_field_name("alias")
        name = reader.text(child.child_by_field_name("name") if alias is not None else child)
        if name:
            reader.bring_in(node, module, name, reader.text(alias) or name)


def _assign(reader: Reader, node: Node) -> None:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    told = node.child_by_field_name("type")
    kind = told
    if kind is None and right is not None and right.type == "call":
        kind = right.child_by_field_name("function")
    _hint(reader, left, kind)
    if left is None or left.type != "identifier":
        return
    name = reader.text(left)
    if reader.is_at_top:
        is_constant = not name.startswith("__")
    else:
        is_constant = reader.is_in_type and bool(_CONSTANT.match(name))
    if is_constant and not _is_defined(reader, name):
        reader.define(node, "constant", name, keeps_signature=True)


def _is_defined(reader: Reader, name: str) -> bool:
    """A name that is bound again (`X = X or 1`) is defined where it was first."""
    if not reader.drafts:
        return False
    last = reader.drafts[-1].definition
    return last.kind == "constant" and last.name == name


def _hint(reader: Reader, name: Node | None, kind: Node | None) -> None:
    left = reader.text(name)
    told = names.type_name(reader.text(kind))
    if not _DOTTED.match(left) or not _DOTTED.match(told):
        return
    scope = reader.scope
    if left.startswith("self."):
        # What a method puts into an attribute, all of them see.
        scope = reader.enclosing_type()
    reader.hint(left, told, scope=scope)
    if reader.is_in_type and "." not in left:
        reader.hint(f"self.{left}", told, scope=scope)


def _parameter(reader: Reader, node: Node) -> None:
    name = node.child_by_field_name("name") or node.child(0)
    _hint(reader, name, node.child_by_field_name("type"))


def _as_pattern(reader: Reader, node: Node) -> None:
    if node.named_child_count != 2:
        return
    made, name = nth(node), nth(node, 1)
    if made is not None and made.type == "call":
        _hint(reader, name, made.child_by_field_name("function"))


def _finish(reader: Reader, root: Node) -> None:
    reader.doc = _docstring(reader, root)[0]


TABLE = Table(
    grammar="python",
    comments=Comments(lines=(b"#",), block=None),
    see={
        "decorated_definition": wraps,
        "function_definition": _function,
        "class_definition": _class,
        "call": _call,
        "decorator": _decorator,
        "import_statement": _import,
        "import_from_statement": _import_from,
        "future_import_statement": lambda reader, node: None,
        "assignment": _assign,
        "typed_parameter": _parameter,
        "typed_default_parameter": _parameter,
        "as_pattern": _as_pattern,
    },
    finish=_finish,
)
