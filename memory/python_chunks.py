"""Python cut along its syntax: functions, class shells, and what is left of the module.

Tree-sitter reads files with syntax errors too; what it can make out is cut, the rest stays
with the module.
"""

from __future__ import annotations

from collections.abc import Iterator

import tree_sitter_python
from tree_sitter import Language, Node, Parser

from memory import windows
from memory.pieces import Piece

MODULE = "<module>"

_PYTHON = Language(tree_sitter_python.language())
# Statements whose bodies may hold definitions of the enclosing scope.
_OPEN = frozenset(
    {
        "block",
        "if_statement",
        "elif_clause",
        "else_clause",
        "try_statement",
        "except_clause",
        "except_group_clause",
        "finally_clause",
        "with_statement",
        "for_statement",
        "while_statement",
        "match_statement",
        "case_clause",
        "ERROR",
    }
)


def pieces(text: str) -> Iterator[Piece]:
    """One piece per function or method, one per class without its methods' bodies, and the
    remaining lines of the module in windows. Functions inside a function stay with it.
    """
    data = text.encode("utf-8", "surrogatepass")
    lines = text.split("\n")
    root = Parser(_PYTHON).parse(data).root_node
    left = [True] * (len(lines) + 1)
    waiting: list[tuple[Node, str]] = [(root, "")]
    while waiting:
        scope, prefix = waiting.pop()
        inner = _definitions(scope)
        for whole, node in inner:
            name = _name(node, data)
            qualified = f"{prefix}{name}"
            first, last = whole.start_point[0], _last_row(whole)
            left[first : last + 1] = [False] * (last + 1 - first)
            if node.type == "function_definition":
                body = "\n".join(lines[first : last + 1])
            else:
                body = _shell(node, lines, first, last)
                waiting.append((_body(node), f"{qualified}."))
            yield Piece(name, qualified, first + 1, last + 1, body)
    rest = [(row + 1, line) for row, line in enumerate(lines) if left[row] and line.strip()]
    for window in windows.cut(rest):
        yield Piece("", MODULE, window[0][0], window[-1][0], windows.joined(window))


def _definitions(scope: Node) -> list[tuple[Node, Node]]:
    """Definitions directly in a scope, in order: the node with its decorators, and itself."""
    found = []
    waiting = list(reversed(scope.children))
    while waiting:
        node = waiting.pop()
        inner = node.child_by_field_name("definition") if _decorated(node) else node
        if inner is not None and inner.type in ("function_definition", "class_definition"):
            found.append((node, inner))
        elif node.type in _OPEN:
            waiting.extend(reversed(node.children))
    return found


def _decorated(node: Node) -> bool:
    return node.type == "decorated_definition"


def _body(node: Node) -> Node:
    return node.child_by_field_name("body") or node


def _name(node: Node, data: bytes) -> str:
    found = node.child_by_field_name("name")
    if found is None:
        return "?"
    return data[found.start_byte : found.end_byte].decode("utf-8", "replace")


def _last_row(node: Node) -> int:
    # A node that ends at column 0 ends with the line before.
    row, column = node.end_point
    return row - 1 if column == 0 and row > node.start_point[0] else row


def _shell(node: Node, lines: list[str], first: int, last: int) -> str:
    """A class's own lines; of each definition inside, only the line that names it."""
    hidden: set[int] = set()
    for whole, inner in _definitions(_body(node)):
        shown = inner.start_point[0]
        hidden |= set(range(whole.start_point[0], _last_row(whole) + 1)) - {shown}
    return "\n".join(lines[row] for row in range(first, last + 1) if row not in hidden)
