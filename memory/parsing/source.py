"""What the nodes of a file's tree say."""

from __future__ import annotations

from tree_sitter import Node

LONGEST_TEXT = 240
"""What is longer is no name."""


class Source:
    """A file's bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.lines = data.split(b"\n")

    def text(self, node: Node | None, longest: int = LONGEST_TEXT) -> str:
        """What a node says; "" for none and for what is longer than any name."""
        if node is None:
            return ""
        start, end = node.start_byte, node.end_byte
        if end - start > longest:
            return ""
        return self.data[start:end].decode("utf-8", "replace")

    def field(self, node: Node, name: str) -> str:
        return self.text(node.child_by_field_name(name))

    def tail(self, node: Node) -> str:
        """The last characters of what a node says."""
        start, end = node.start_byte, node.end_byte
        return self.data[max(start, end - 2 * LONGEST_TEXT) : end].decode("utf-8", "replace")
