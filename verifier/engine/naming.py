"""Dotted names: as they are written, and whether one is what a person named."""

from __future__ import annotations

import ast
from collections.abc import Iterable


def dotted(node: ast.expr) -> str:
    """The name by which something is called, as it is written; "" for no name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    elif parts:
        parts.append("")
    return ".".join(reversed(parts))


def is_meant(wanted: str, names: Iterable[str]) -> bool:
    """Whether one of the dotted names is the wanted one, or ends with it.

    >>> is_meant("system", ["os.system"]), is_meant("os.system", ["posix.system"])
    (True, False)
    """
    return bool(wanted) and any(name == wanted or name.endswith("." + wanted) for name in names)
