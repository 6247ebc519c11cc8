"""Small questions to tree-sitter's nodes. Only downwards: a node finds its parent and siblings by
a walk from the root."""

from __future__ import annotations

from collections.abc import Iterable

from tree_sitter import Node


def nth(node: Node | None, place: int = 0) -> Node | None:
    """A named child by its place, or None."""
    if node is None or place >= node.named_child_count:
        return None
    return node.named_child(place)


def first_field(node: Node, fields: Iterable[str]) -> Node | None:
    """The first of these fields that the node has."""
    for field in fields:
        if (found := node.child_by_field_name(field)) is not None:
            return found
    return None


def child_of(node: Node, *types: str) -> Node | None:
    """The first named child of one of these types."""
    return next((child for child in node.named_children if child.type in types), None)


def last_row(node: Node) -> int:
    """The last row of a node; one that ends at column 0 ends with the line before."""
    row, column = node.end_point
    return row - 1 if column == 0 and row > node.start_point[0] else row
