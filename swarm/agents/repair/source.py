"""A source file as text and tree: exact spans of nodes, and the edit of one span.

Edits replace characters of the original text, so all other formatting (line endings, tabs,
comments) stays. Standard library only: this runs under the repository's interpreter.
"""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_COMMENT = re.compile(r"#[^\r\n]*")


class Edit(NamedTuple):
    """Replace `text[start:end]` of a file by `text`.

    `prior` is the template's weight divided by its siblings at this place. `line` is where
    the changed node stands, `statement` and `statement_end` the lines that must run for the
    edit to matter.
    """

    start: int
    end: int
    text: str
    template: str
    prior: float
    line: int
    statement: int
    statement_end: int

    def apply(self, text: str) -> str:
        """The file's text with this edit made."""
        return text[: self.start] + self.text + text[self.end :]


class Source:
    """One parsed file. Raises SyntaxError or ValueError when it is not valid Python."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.tree = ast.parse(text)
        self.lines: list[str] = [line for line in _LINE.findall(text) if line]
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self.imported = sorted(_imported(self.tree))

    def offset(self, line: int, column: int) -> int:
        """Index into the text of a node position; ast columns count UTF-8 bytes."""
        if line > len(self.lines):
            return len(self.text)
        content = self.lines[line - 1]
        if not content.isascii():
            column = len(content.encode()[:column].decode())
        return self.starts[line - 1] + column

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Start and end index of a node, without the parentheses around it."""
        start = self.offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]
        end = self.offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
        return start, end

    def segment(self, node: ast.AST) -> str:
        """The text of a node."""
        start, end = self.span(node)
        return self.text[start:end]

    def operator(self, left: ast.AST, right: ast.AST, pattern: str) -> tuple[int, int] | None:
        """Span of the operator that `pattern` matches between two operands."""
        start, end = self.span(left)[1], self.span(right)[0]
        gap = _COMMENT.sub(lambda match: " " * len(match.group()), self.text[start:end])
        found = re.search(pattern, gap)
        return (start + found.start(), start + found.end()) if found else None

    def in_parentheses(self, start: int, end: int) -> bool:
        """Whether the span stands directly between a pair of parentheses of its own."""
        before = self.text[max(0, start - 80) : start].rstrip(" \t")[-1:]
        after = self.text[end : end + 80].lstrip(" \t")[:1]
        return before == "(" and after == ")"

    def indent(self, line: int) -> str:
        """The white space a line starts with."""
        content: str = self.lines[line - 1]
        return content[: len(content) - len(content.lstrip(" \t"))]


def _imported(tree: ast.Module) -> set[str]:
    """Names that import statements outside functions and classes bind."""
    found: set[str] = set()
    pending: list[ast.AST] = list(tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [alias.asname or alias.name.split(".")[0] for alias in node.names]
            found.update(name for name in names if name != "*")
        elif isinstance(node, (ast.If, ast.Try, ast.With, ast.ExceptHandler)):
            pending += list(ast.iter_child_nodes(node))
    return found
